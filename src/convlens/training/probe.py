"""Test which flips and rotations preserve the labels of some data, before using them as augmentation.

A mirrored 7 does not look like another digit, but a mirrored b looks like a d. The probe trains a small network on the
original images and another one with the change, each for a third of a second, and tests both on held-out images. It
does this three times. If the change makes one class look like another, the second network's recall of that class falls.
Testing the first network on changed images would be misleading: it has never seen a shoe that points to the right and
may predict a bag, although mirrored shoes are fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.engines import (
    AugmentationSettings,
    Engine,
    LossSettings,
    OptimizerSettings,
    Plan,
    draw_changes,
    open_engine,
)
from convlens.errors import NetworkError
from convlens.metrics import confusion_matrix
from convlens.network import TUTORIAL, initial_weights, read_network
from convlens.preprocessing import Normalisation
from convlens.training.schedule import learning_rates

MOST_PIXELS = 8000 * 28 * 28
"""The most pixels that one small network is trained on; about a third of a second on two cores."""
MOST_HELD_OUT = 4000
FEWEST_IMAGES = 10
"""The fewest held-out images per class; with fewer, the recall of the class is too uncertain."""
MOST_LOST = 0.05
"""How much recall a class may lose."""
MOST_LOST_IN_ALL = 0.012
"""How much accuracy may be lost: a change that only makes learning a little harder loses less in so short a time."""
RUNS = 3
"""The number of networks of each kind, with different images and weights, since a single result is unreliable."""
_PLAIN = "as they are"
_SEEN = 30_000
"""How many images a small network sees in all its epochs, of which there are at most 30."""
_BATCH = 128
_REDUCED_SIDE = 32
_PEAK_RATE = 0.02

CHANGES: dict[str, AugmentationSettings] = {
    "mirrored left to right": AugmentationSettings(flip_horizontal=True),
    "mirrored upside down": AugmentationSettings(flip_vertical=True),
    "turned to any side": AugmentationSettings(rotation=180.0),
}


@dataclass(frozen=True)
class ProbeVerdict:
    """Whether a change is safe as augmentation; `reason` explains why.

    >>> print(ProbeVerdict("mirrored left to right", False, "recall of b falls from 99 to 52 %, confused with d"))
    mirrored left to right: no (recall of b falls from 99 to 52 %, confused with d)
    """

    change: str
    safe: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.change}: {'yes' if self.safe else 'no'} ({self.reason})"


def probe_changes(
    train: LabelledImages, held_out: LabelledImages | None, seed: int, threads: int | None = None, device: str = "auto"
) -> list[ProbeVerdict]:
    """Test each of `CHANGES` and return which are safe; if the data are not sufficient for a test, none is."""
    reason = _why_not(train, held_out)
    if reason or held_out is None:
        return [ProbeVerdict(change, False, reason) for change in CHANGES]
    most = max(300, MOST_PIXELS // int(np.prod(reduce_images(train.subset([0])).image_shape)))
    found = {change: np.zeros((len(train.class_names),) * 2, np.int64) for change in (_PLAIN, *CHANGES)}
    for run in range(RUNS):
        random = np.random.default_rng([seed, 6, run])
        some, judged = (reduce_images(_some(*chosen, random)) for chosen in ((train, most), (held_out, MOST_HELD_OUT)))
        for change, confusion in found.items():
            engine = _learn(some, CHANGES.get(change), seed + run, threads, device)
            confusion += _confusion(engine, judged)
    return [_judge(change, found[_PLAIN], found[change], train.class_names) for change in CHANGES]


def with_safe_changes(settings: AugmentationSettings, verdicts: Sequence[ProbeVerdict]) -> AugmentationSettings:
    """Return the augmentation with the safe changes added.

    >>> with_safe_changes(AugmentationSettings(), [ProbeVerdict("turned to any side", True, "")]).rotation
    180.0
    """
    for verdict in verdicts:
        if verdict.safe:
            change = CHANGES[verdict.change]
            settings = replace(
                settings,
                rotation=max(settings.rotation, change.rotation),
                flip_horizontal=settings.flip_horizontal or change.flip_horizontal,
                flip_vertical=settings.flip_vertical or change.flip_vertical,
            )
    return settings


def _why_not(train: LabelledImages, held_out: LabelledImages | None) -> str:
    """Return why the changes cannot be tested; empty if they can."""
    if held_out is None:
        return "no images are held out to test it"
    counts = np.bincount(held_out.labels, minlength=len(train.class_names))
    if counts.min() < FEWEST_IMAGES:
        name = train.class_names[int(counts.argmin())]
        return f"only {counts.min()} held-out images of {name}; the test needs {FEWEST_IMAGES}"
    try:
        read_network(TUTORIAL).resolve(train.image_shape, len(train.class_names))
    except NetworkError:
        return "the images are too small to test it"
    return ""


def _some(images: LabelledImages, most: int, random: np.random.Generator) -> LabelledImages:
    """Return at most `most` of the images, drawn at random."""
    if len(images) <= most:
        return images
    return images.subset(np.sort(random.choice(len(images), most, replace=False)))


def reduce_images(images: LabelledImages) -> LabelledImages:
    """Reduce large images by averaging to a shorter side of 32 to 63 pixels, which is enough for the probe.

    >>> large = LabelledImages(np.zeros((2, 3, 96, 100), np.uint8), np.array([0, 1]), ("cat", "dog"))
    >>> reduce_images(large).image_shape
    (3, 32, 33)
    """
    factor = min(images.image_shape[1:]) // _REDUCED_SIDE
    if factor < 2:
        return images
    height, width = (size // factor for size in images.image_shape[1:])
    cut = images.images[:, :, : height * factor, : width * factor]
    blocks = cut.reshape(*cut.shape[:2], height, factor, width, factor)
    return LabelledImages(
        np.rint(blocks.mean(axis=(3, 5))).astype(np.uint8), images.labels, images.class_names, images.name
    )


def _learn(
    images: LabelledImages, change: AugmentationSettings | None, seed: int, threads: int | None, device: str
) -> Engine:
    """Train the tutorial's network for a short time."""
    channels, classes = images.image_shape[0], len(images.class_names)
    normalisation = Normalisation((0.0,) * channels, (1.0,) * channels)
    plan = Plan(read_network(TUTORIAL), images.image_shape, classes, normalisation)
    engine = open_engine(plan, device=device, threads=threads)
    engine.set_weights(initial_weights(plan.network, plan.input_shape, classes, seed))
    trainer = engine.trainer(
        images.images, images.labels, OptimizerSettings(beta2=0.97), LossSettings(label_smoothing=0.03), seed
    )
    epochs = min(max(2, _SEEN // len(images)), 30)
    steps = -(-len(images) // _BATCH)
    rates = learning_rates("one-cycle", _PEAK_RATE, steps * epochs)
    for epoch in range(epochs):
        order = np.random.default_rng([seed, 7, epoch]).permutation(len(images))
        changes = draw_changes(change, seed, epoch, range(len(images)), plan.input_shape) if change else None
        trainer.run(order, _BATCH, rates[epoch * steps : (epoch + 1) * steps], changes)
    return engine


def _confusion(engine: Engine, judged: LabelledImages) -> NDArray[np.int64]:
    predicted = engine.logits(judged.images).argmax(1)
    return confusion_matrix(judged.labels, predicted, len(judged.class_names))


def _judge(change: str, plain: NDArray[np.int64], changed: NDArray[np.int64], names: Sequence[str]) -> ProbeVerdict:
    """Compare the confusion matrices (rows: true classes) of training without and with the change."""
    counts = np.maximum(plain.sum(1), 1)
    before, after = np.diag(plain) / counts, np.diag(changed) / counts
    worst = int((before - after).argmax())
    lost, lost_in_all = float(before[worst] - after[worst]), float(np.trace(plain) - np.trace(changed)) / plain.sum()
    if lost <= MOST_LOST and lost_in_all <= MOST_LOST_IN_ALL:
        return ProbeVerdict(change, True, f"no class loses more than {max(lost, 0) * 100:.1f} % of recall")
    more = changed[worst] - plain[worst]
    more[worst] = -1
    reason = f"recall of {names[worst]} falls from {before[worst] * 100:.0f} to {after[worst] * 100:.0f} %"
    if lost <= MOST_LOST:
        reason = f"accuracy falls by {lost_in_all * 100:.1f} %, most for {names[worst]}"
    return ProbeVerdict(change, False, f"{reason}, confused with {names[int(more.argmax())]}")
