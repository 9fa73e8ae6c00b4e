"""The recipe `best`: high accuracy on images that are *not* made like the training images, in about a minute.

Network, number of epochs and augmentation depend on the size, channels, classes and number of the images. They were
chosen on held-out training images; `docs/lab-notebook.md` has the experiments.
"""

from dataclasses import dataclass

from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings
from convlens.network import layer_table, read_network
from convlens.training.settings import TrainingSettings

GLYPHS = AugmentationSettings(
    shift=0.08,
    rotation=12.0,
    scale=0.15,
    aspect=0.1,
    shear=0.2,
    elastic=0.015,
    thickness=0.5,
    blur=0.8,
    contrast=0.5,
    brightness=0.3,
    noise=0.12,
    cover=0.3,
)
"""For glyphs: digits, letters and signs on an even background."""
PHOTO = AugmentationSettings(
    shift=0.1,
    rotation=10.0,
    scale=0.2,
    aspect=0.1,
    shear=0.1,
    blur=0.6,
    contrast=0.3,
    brightness=0.15,
    colour=0.5,
    noise=0.05,
    cover=0.3,
)
"""For photographs."""
MANY_PHOTOS = AugmentationSettings(contrast=0.1, brightness=0.05, noise=0.01)
"""For many photographs: they already vary enough, and a minute is too short to learn from stronger changes."""


@dataclass(frozen=True)
class DataFacts:
    """The facts about a dataset that determine the settings of `best`."""

    image_shape: tuple[int, int, int]
    classes: int
    images: int
    glyphs: bool


MNIST_FACTS = DataFacts((1, 28, 28), 10, 60_000, glyphs=True)
_BUDGET = 2.5e12
"""Multiply-adds of all forward passes: about 50 seconds of training on two cores."""
_MOST_SEEN = 1_000_000
"""Images in all epochs together; training a small dataset for longer brings little."""
_FEWEST_STEPS = 1500
_MOST_EPOCHS = 100
_MANY = 20_000
_LARGEST_MAP = 48
"""Above this side length, the first convolution has stride 2; otherwise the maps after it would cost too much."""
_SLOWER = 1.7
"""How much more time a multiply-add takes in such a network, including reading, checking and the probe."""


def choose_best(facts: DataFacts) -> TrainingSettings:
    """Return the settings of `best` for a dataset.

    >>> choose_best(MNIST_FACTS).epochs
    9
    >>> choose_best(DataFacts((3, 64, 64), 2, 500, glyphs=False)).batch_size
    16
    """
    network = choose_network(facts)
    batch = 64 if facts.images >= 4000 else 32 if facts.images >= 1000 else 16
    cost = layer_table(read_network(network), facts.image_shape, facts.classes).multiply_adds
    if min(facts.image_shape[1:]) > _LARGEST_MAP:
        cost = int(cost * _SLOWER)
    affordable = int(_BUDGET / (cost * facts.images))
    worth_while = max(_MOST_SEEN // facts.images, _FEWEST_STEPS * batch // facts.images, 8)
    return TrainingSettings(
        recipe="best",
        network=network,
        epochs=max(1, min(affordable, worth_while, _MOST_EPOCHS)),
        batch_size=batch,
        learning_rate=0.005 if facts.glyphs else 0.003,
        schedule="one-cycle",
        optimizer=OptimizerSettings(beta2=0.97)
        if facts.glyphs
        else OptimizerSettings("adamw", beta2=0.97, weight_decay=0.1),
        loss=LossSettings(label_smoothing=0.03),
        augmentation=GLYPHS if facts.glyphs else MANY_PHOTOS if facts.images >= _MANY else PHOTO,
        final_strength=0.2,
        probe=True,
        validation=0.05 if facts.images >= _MANY else 0.1,
        error_rate=0.005,
    )


def choose_network(facts: DataFacts) -> str:
    """Return a network for a dataset: stages of convolution, ReLU and pooling, until the side is below 4 pixels.

    Each stage halves the side and has more channels. Photographs get two convolutions in the third stage, since
    textures need more layers than strokes, and batch normalisation from the second stage on. It follows the pooling,
    where there are only a quarter of the values to normalise, and precedes ReLU.

    >>> choose_network(MNIST_FACTS).count("conv")
    3
    >>> choose_network(DataFacts((3, 32, 32), 10, 50_000, glyphs=False)).count("batchnorm")
    3
    """
    side = min(facts.image_shape[1:])
    stages: list[str] = []
    kernel = "5x5 pad 2" if facts.glyphs else "3x3 pad 1"
    widths = (24, 48, 96) if facts.glyphs else (24, 40, 80)
    if side > _LARGEST_MAP:
        kernel, side = "5x5 stride 2 pad 2", -(-side // 2)
    while side >= 4 or not stages:
        channels = widths[min(len(stages), 2)]
        stages.append(_stage(len(stages), f"conv {channels} {kernel}", facts.glyphs, pooled=side >= 2))
        kernel, side = "3x3 pad 1", side // 2
    dropout = "dropout 0.3, " if facts.images < _MANY else ""
    return ", ".join(stages) + f", {dropout}dense"


def _stage(number: int, convolution: str, ink: bool, pooled: bool) -> str:
    pooling = ", maxpool 2" if pooled else ""
    if ink or number == 0:
        return f"{convolution}, relu{pooling}"
    once_more = f"{convolution}, relu, " if number == 2 else ""
    return f"{once_more}{convolution}{pooling}, batchnorm, relu"
