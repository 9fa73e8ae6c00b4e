"""Checks whether an accuracy can be trusted: test images among the training images, series of files that the split
separated, too few images.

Each check says what it compared, even if it found nothing. Otherwise a reader could not tell whether there are no
copies or nobody checked.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from convlens.data import (
    TEST,
    TRAIN,
    VALIDATION,
    Dataset,
    ImportedImages,
    LabelledImages,
    cache_folder,
    hash_images,
    import_images,
    load_dataset,
)
from convlens.data.checkup import check_images
from convlens.errors import ConvlensError
from convlens.evaluation.evaluation import Evaluation
from convlens.evaluation.images import ImagesToJudge, is_here, learned_with_options, what_it_learned_from
from convlens.trained_model import TrainedModel, notice_of_stop
from convlens.words import agreeing, count_of, printable, some_of

TrustVerdict = Literal["good", "unknown", "warning", "bad"]

FEW_IMAGES = 30
"""With fewer test images, the recall of a class is imprecise: 27 of 30 has an interval of 74 to 97 %."""
WIDE = 0.02
"""An accuracy whose interval has at least this half-width gets a warning."""


@dataclass(frozen=True)
class TrustCheck:
    """One question about the numbers and its answer.

    Attributes:
        kind: a name for programs, such as "copies".
        verdict: "good", "unknown" (it could not be checked), "warning" or "bad".
        sentence: what was found, and what to do, in one or two sentences.
        count: how many images or classes are affected.
        images: the indices of the affected images.
    """

    kind: str
    verdict: TrustVerdict
    sentence: str
    count: int = 0
    images: tuple[int, ...] = ()

    def as_dict(self, name_of: Callable[[int], str]) -> dict[str, Any]:
        """Return plain values for JSON; images by their names."""
        return {**asdict(self), "images": [name_of(index) for index in self.images]}


def check_trust(
    model: TrainedModel, chosen: ImagesToJudge, evaluation: Evaluation, data_dir: Path | str | None = None
) -> tuple[TrustCheck, ...]:
    """Run all checks, the most important first. Nothing is downloaded for them."""
    learned_from = training_images(model, chosen, data_dir)
    learned_images = None if learned_from is None else learned_from.images
    checks = [check_copies(chosen, learned_images), check_amount(evaluation)]
    if sentence := notice_of_stop(model.facts):
        checks.append(TrustCheck("unfinished", "warning", sentence))
    imported = chosen.imported
    if imported is not None and learned_with_options(model, imported.source) is not None:
        checks += check_files(chosen)
    return tuple(checks)


def training_images(
    model: TrainedModel, chosen: ImagesToJudge, data_dir: Path | str | None = None
) -> ImagesToJudge | None:
    """Return the training and validation images of the model, if they are available without downloading; else None."""
    if chosen.dataset is not None and _is_own_training(model, chosen):
        dataset, imported = chosen.dataset, chosen.imported
    else:
        dataset, imported = _load_training(model, data_dir)
    if dataset is None or dataset.train.image_shape != model.plan.input_shape:
        return None
    if dataset.train.class_names != model.class_names:
        return None
    parts = [part for part in (dataset.train, dataset.validation) if part is not None]
    images = parts[0]
    if len(parts) > 1:
        pixels, labels = np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts])
        images = LabelledImages(pixels, labels, dataset.train.class_names, dataset.name)
    places = None if imported is None else np.concatenate([imported.places(part) for part in (TRAIN, VALIDATION)])
    return ImagesToJudge(images, (), dataset, imported, places)


def _is_own_training(model: TrainedModel, chosen: ImagesToJudge) -> bool:
    if chosen.imported is not None:
        return learned_with_options(model, chosen.imported.source) is not None
    return chosen.dataset is not None and model.facts.get("data") == chosen.dataset.name


def _load_training(model: TrainedModel, data_dir: Path | str | None) -> tuple[Dataset | None, ImportedImages | None]:
    """Return the dataset that the model was trained on, if it is on this machine and can still be read."""
    try:
        source = what_it_learned_from(model)
        if not is_here(source, data_dir):
            return None, None
        if isinstance(source, str):
            return load_dataset(source, data_dir=data_dir), None
        imported = import_images(source, learned_with_options(model, source), cache_folder(data_dir))
        return imported.dataset(), imported
    except (ConvlensError, OSError):
        return None, None


def check_copies(chosen: ImagesToJudge, learned_from: LabelledImages | None) -> TrustCheck:
    """Find evaluated images that are identical to a training image, pixel for pixel.

    Images of a single colour are left out, because they are all identical.
    """
    judged = chosen.images
    if learned_from is None:
        sentence = (
            "These images could not be compared with the training images, which are missing or not named in the model."
        )
        return TrustCheck("copies", "unknown", sentence)
    learned = hash_images(learned_from.images)
    found = np.isin(hash_images(judged.images), learned)
    if chosen.imported is not None and chosen.places is not None:  # repaired images differ from the training images
        found |= np.isin(hash_images(chosen.imported.images[chosen.places]), learned)
    flat = judged.images.reshape(len(judged), -1)
    copies = tuple(index for index in np.flatnonzero(found).tolist() if flat[index].min() != flat[index].max())
    if not copies:
        none = "The image is not" if len(judged) == 1 else f"None of the {len(judged):,} images is"
        sentence = f"{none} among the {len(learned_from):,} training images."
        return TrustCheck("copies", "good", sentence)
    share = len(copies) / len(judged)
    are, names = agreeing(len(copies), "is"), some_of([chosen.name_of(index) for index in copies])
    sentence = (
        f"{len(copies):,} of the {count_of(len(judged), 'image')} {are} also among the training images, pixel for "
        f"pixel ({names}). The model may have memorised them: remove them from one of the sets and train again."
    )
    return TrustCheck("copies", "bad" if share > 0.01 else "warning", sentence, len(copies), copies)


def check_amount(evaluation: Evaluation) -> TrustCheck:
    """Check whether there are enough images, in total and of each class."""
    low, high = evaluation.interval
    half = (high - low) / 2
    names = evaluation.class_names
    absent = [name for name, row in zip(names, evaluation.classes, strict=True) if row.support == 0]
    few = [name for name, row in zip(names, evaluation.classes, strict=True) if 0 < row.support < FEW_IMAGES]
    judged = count_of(evaluation.total, "image")
    sentences = [f"{judged} measure the accuracy to within {half * 100:.2g} percentage points."]
    if half > WIDE:
        images, ends = count_of(evaluation.total, "image"), f"{low * 100:.1f} to {high * 100:.1f} %"
        sentences = [f"With only {images}, the accuracy may be anywhere from {ends}. Evaluate on more images."]
    if few:
        sentences.append(
            f"{_classes(few)} fewer than {FEW_IMAGES} images, so "
            f"{'its results are' if len(few) == 1 else 'their results are'} imprecise."
        )
    if absent:
        sentences.append(f"{_classes(absent)} no images here and {'is' if len(absent) == 1 else 'are'} not evaluated.")
    verdict: TrustVerdict = "warning" if half > WIDE or few or absent else "good"
    return TrustCheck("amount", verdict, " ".join(sentences), len(few) + len(absent))


def check_files(chosen: ImagesToJudge) -> list[TrustCheck]:
    """For a model's own folder: check for near copies across the parts, and for series of files that were separated."""
    imported = chosen.imported
    assert imported is not None
    checks = [
        TrustCheck("near_copies", "warning", f"{finding.title}. {finding.advice}", finding.count)
        for finding in check_images(imported).findings
        if finding.kind == "near_copies_across_parts"
    ]
    if not checks:
        checks.append(TrustCheck("near_copies", "good", "No near copies across training, validation and test images."))
    return [*checks, _check_series(chosen, imported)]


def _check_series(chosen: ImagesToJudge, imported: ImportedImages) -> TrustCheck:
    """Check whether the split separated files of one series, told by their names or by `group_by`."""
    parts, pattern, given = imported.parts[imported.rows], imported.options.group_by, imported.parts_are_given
    series, words = imported.series(), "by their names" if pattern is None else f"by {pattern}"
    if series is None or chosen.places is None:
        return TrustCheck("groups", "good", "The file names show no series that the split could have separated.")
    learned = np.isin(series, np.unique(series[parts != TEST]))
    torn = np.flatnonzero(learned[chosen.places] & (parts[chosen.places] == TEST))
    if not len(torn):
        kept = "By their names, no series of files is on both sides of the split."
        return TrustCheck("groups", "good", f"The split kept files together {words}." if pattern else kept)
    example = chosen.name_of(int(torn[0]))
    advice = (
        "Put each series into one part as a whole."
        if given
        else 'Keep them together: convlens train … --group-by "{stem[:5]}", with as many letters as identify a series.'
    )
    how = "" if given or pattern else "; the split was by file"
    of_all = f"{len(torn):,} of the {count_of(len(chosen.images), 'image')}"
    sentence = (
        f"{words[:1].upper()}{words[1:]}, {of_all} belong to series whose other files were used for training, such as "
        f"that of {example}{how}. If a series shows the same object, the accuracy is too high. {advice}"
    )
    return TrustCheck("groups", "warning", sentence, len(torn), tuple(torn.tolist()))


def _classes(names: list[str]) -> str:
    return f"Class {printable(names[0])} has" if len(names) == 1 else f"{len(names):,} classes ({some_of(names)}) have"
