"""Chooses the images that a model is evaluated on, and checks that their classes and shape fit the model.

A user's images are read at the size and with the channels of the model's input, by the same code as for training, and
repaired as in predictions; classes are matched by name. A model is never evaluated on its training images: if its
training folder is given, only the images that were set aside for testing are used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_path
from convlens.data import (
    CATALOGUE,
    LARGEST_SIDE,
    SMALLEST_SIDE,
    TEST,
    TRAIN,
    VALIDATION,
    Dataset,
    ImportedImages,
    ImportOptions,
    LabelledImages,
    cache_folder,
    find_entry,
    import_images,
    is_custom_path,
    load_dataset,
    status,
)
from convlens.data.intake import find_parts, read_part
from convlens.deprecations import with_old_arguments
from convlens.errors import ConvlensError, DamagedModel, DataError, UsageError
from convlens.evaluation.repair import repair_images
from convlens.files import expand_user
from convlens.preprocessing import prepare
from convlens.trained_model import TrainedModel
from convlens.words import count_of, printable, times

OnProgress = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class ImagesToJudge:
    """Images labelled with the numbers of the model's classes, and notes on how they were chosen.

    Attributes:
        images: the images to evaluate on.
        notes: how they were chosen and read.
        dataset: the dataset that they are part of; None if they came as arrays.
        imported: the files that they came from; None unless they are custom images.
        places: the index of each image in `imported`.
    """

    images: LabelledImages
    notes: tuple[str, ...] = ()
    dataset: Dataset | None = None
    imported: ImportedImages | None = None
    places: NDArray[np.int64] | None = None

    def name_of(self, index: int) -> str:
        """Return the name of the image at `index` for messages: its file, or the name of the data and the index.

        >>> ImagesToJudge(LabelledImages(np.zeros((2, 1, 8, 8), np.uint8), np.zeros(2, int), ("a",), "pets")).name_of(1)
        'pets 1'
        """
        if self.imported is None or self.places is None:
            return f"{self.images.name} {index}"
        return printable(self.imported.listing.names[int(self.imported.rows[self.places[index]])])


@with_old_arguments
def choose_images(
    model: TrainedModel,
    data: Dataset | LabelledImages | Path | str | Any = None,
    data_dir: Path | str | None = None,
    on_progress: OnProgress | None = None,
    repair: bool = True,
    labels: Any = None,
) -> ImagesToJudge:
    """Return the images that `data` means for this model; see `convlens.evaluate`.

    Raises:
        DataError: there are no images, or their shape or classes do not fit the model.
        UsageError: `data` is None, and the model does not say what it was trained on.
    """
    if labels is not None and (data is None or isinstance(data, Path | str | Dataset | LabelledImages)):
        raise UsageError("labels were given, but no images as an array or a list. Give both: evaluate(model, X, y).")
    data = what_it_learned_from(model) if data is None else data
    if not isinstance(data, Path | str | Dataset | LabelledImages):
        return _images_in_memory(model, data, labels, repair)
    if isinstance(data, Path | str):
        as_path("data", data)
    if isinstance(data, Path | str) and is_custom_path(data):
        return _custom_images(model, data, data_dir, on_progress, repair)
    if isinstance(data, Path | str):
        entry = find_entry(str(data))
        _check_same_classes(model, entry.name, entry.class_names)  # before anything is fetched
        data = load_dataset(entry.name, data_dir=data_dir, on_progress=on_progress)
    images = _test_images(data) if isinstance(data, Dataset) else data
    _check_same_classes(model, images.name, images.class_names)
    _check_shape(model, images)
    return ImagesToJudge(images, dataset=data if isinstance(data, Dataset) else None)


def find_test_images(model: TrainedModel, data_dir: Path | str | None = None) -> LabelledImages | None:
    """Return the test images of the data that a model was trained on, unchanged, for display. Nothing is downloaded.

    None if they are not on this machine, or no longer fit the model.
    """
    try:
        data = what_it_learned_from(model)
        return choose_images(model, data, data_dir, repair=False).images if is_here(data, data_dir) else None
    except (ConvlensError, OSError):
        return None


def find_training_images(model: TrainedModel, data_dir: Path | str | None = None) -> LabelledImages | None:
    """Return the images that a model was trained on, unchanged. Nothing is downloaded.

    None if they are not on this machine, or no longer fit the model.
    """
    try:
        data = what_it_learned_from(model)
        dataset = choose_images(model, data, data_dir, repair=False).dataset if is_here(data, data_dir) else None
    except (ConvlensError, OSError):
        return None
    return None if dataset is None else dataset.train


def is_here(data: Path | str, data_dir: Path | str | None = None) -> bool:
    """Return whether a known dataset, or the data at a path, is available without downloading anything.

    >>> is_here("mnist", "no-such-folder"), is_here(Path("no-such-folder"))
    (False, False)
    """
    if isinstance(data, Path):
        return data.exists()
    return status(find_entry(data), data_dir).state == "present"


def what_it_learned_from(model: TrainedModel) -> str | Path:
    """Return the name of the known dataset, or the path of the images, that a model was trained on.

    Raises:
        UsageError: it was trained on something else.
    """
    source, name = _source(model), model.facts.get("data")
    if source is not None:
        return source[0]
    if not isinstance(name, str) or name not in CATALOGUE:
        raise UsageError(
            f"this model was trained on {name!r:.60}, which is not a known dataset. Name the data to evaluate it on."
        )
    return name


def _source(model: TrainedModel) -> tuple[Path, ImportOptions] | None:
    """Return the path of the model's training images and how they were read; None for other than custom images.

    Raises:
        DamagedModel: the model file holds something else in this place.
    """
    source = model.facts.get("data_source")
    if source is None:
        return None
    try:
        return Path(source["path"]), ImportOptions.from_dict(source["options"])
    except (TypeError, KeyError, AttributeError, UsageError) as error:
        raise DamagedModel(
            f"this model does not say where its training images were: {source!r:.60} is not a path with options. "
            "Name the data to evaluate it on."
        ) from error


def learned_with_options(model: TrainedModel, path: Path | str) -> ImportOptions | None:
    """Return how training read the images at `path`; None if the model does not say that it was trained on them."""
    try:
        source = _source(model)
        here = expand_user(path).resolve()
        return source[1] if source is not None and source[0].resolve() == here else None
    except (DamagedModel, OSError, ValueError, RuntimeError):  # not a path, or a cycle of links
        return None


def _custom_images(
    model: TrainedModel, path: Path | str, data_dir: Path | str | None, on_progress: OnProgress | None, repair: bool
) -> ImagesToJudge:
    learned_with = learned_with_options(model, path)
    options = _at_size_of(model, learned_with or ImportOptions(test_share=0, validation_share=0))

    def check(class_names: tuple[str, ...]) -> None:
        if not set(class_names) & set(model.class_names):
            raise _other_classes(model, printable(Path(path).name or str(path)), class_names)

    imported = import_images(path, options, cache_folder(data_dir), on_progress, check)
    dataset = imported.dataset()
    part, images, which = _part_to_judge(dataset, learned_with is not None)
    notes, places = (*dataset.notes, which), imported.places(part)
    if repair and learned_with is None:
        repaired, places, more = repair_images(imported, part, model.preprocessing, on_progress)
        if repaired is None:
            raise DataError(f"{imported.name}: none of the images can be read any more. Check the folder.")
        images, notes = replace(repaired, name=images.name), (*notes, *more)
    return _with_classes_of(model, ImagesToJudge(images, notes, dataset, imported, places))


def _images_in_memory(model: TrainedModel, data: Any, labels: Any, repair: bool) -> ImagesToJudge:
    """Return images and labels from memory; pictures of other sizes are prepared as in predictions."""
    parts = find_parts(data, labels)
    part = next(name for name in ("test", "validation", "train") if name in parts)
    images, notes = read_part(
        parts[part],
        model.plan.input_shape,
        model.class_names,
        "arrays",
        "the model",
        by_number=True,
        fit=lambda picture: prepare(model.preprocessing, picture, repair).pixels,
    )
    if len(parts) > 1:
        notes = (*notes, f"evaluated on its {count_of(len(images), f'{part} image')} (its own split)")
    return ImagesToJudge(images, notes)


def _at_size_of(model: TrainedModel, options: ImportOptions) -> ImportOptions:
    channels, height, width = model.plan.input_shape
    if height != width or not SMALLEST_SIDE <= height <= LARGEST_SIDE:
        raise DataError(
            f"this model takes images of {channels}×{height}×{width}; files are read as squares of {SMALLEST_SIDE} to "
            f"{LARGEST_SIDE} pixels. Evaluate it in Python, on LabelledImages of its shape."
        )
    return replace(options, size=height, channels=channels)


def _part_to_judge(dataset: Dataset, learned_from_it: bool) -> tuple[int, LabelledImages, str]:
    """Return the index of the part, its images, and why this part was chosen."""
    if learned_from_it:
        images = _test_images(dataset)
        judged = f"the model was trained on these images; evaluated on the {len(images):,} set aside for testing"
        return TEST, images, judged
    if dataset.test is not None:
        return TEST, dataset.test, f"evaluated on its {count_of(len(dataset.test), 'test image')} (its own split)"
    if dataset.validation is not None:
        count = count_of(len(dataset.validation), "validation image")
        judged = f"evaluated on its {count}, since it has no test images"
        return VALIDATION, dataset.validation, judged
    whole = replace(dataset.train, name=dataset.name)
    return TRAIN, whole, f"evaluated on all of its {count_of(len(whole), 'image')}"


def _with_classes_of(model: TrainedModel, found: ImagesToJudge) -> ImagesToJudge:
    """Replace labels by the numbers of the model's classes, matched by name; images of other classes are left out.

    Raises:
        DataError: they have no class in common with the model.
    """
    images, numbers = found.images, {name: number for number, name in enumerate(model.class_names)}
    places = np.array([numbers.get(name, -1) for name in images.class_names])
    labels = places[images.labels]
    kept = labels >= 0
    if not kept.any():
        raise _other_classes(model, images.name, images.class_names)
    if kept.all():
        return replace(found, images=LabelledImages(images.images, labels, model.class_names, images.name))
    strange = tuple(images.class_names[number] for number in np.unique(images.labels[~kept]))
    left_out = int((~kept).sum())
    note = f"{count_of(left_out, 'image')} left out: the model does not know {_listed(strange)}"
    return replace(
        found,
        images=LabelledImages(images.images[kept], labels[kept], model.class_names, images.name),
        notes=(*found.notes, note),
        places=None if found.places is None else found.places[kept],
    )


def _test_images(dataset: Dataset) -> LabelledImages:
    if dataset.test is None:
        raise DataError(f"{dataset.name} has no test images, so there is nothing to evaluate. Give labelled images.")
    return dataset.test


def _check_shape(model: TrainedModel, images: LabelledImages) -> None:
    if images.image_shape != model.plan.input_shape:
        given, expected = times(images.image_shape), times(model.plan.input_shape)
        raise DataError(f"{images.name} has images of {given}; this model takes {expected}.")


def _check_same_classes(model: TrainedModel, data: str, class_names: tuple[str, ...]) -> None:
    """Check that the classes are the model's, in the same order, because labels in arrays are numbers."""
    if class_names != model.class_names:
        raise _other_classes(model, data, class_names)


def _other_classes(model: TrainedModel, data: str, class_names: tuple[str, ...]) -> DataError:
    return DataError(
        f"this model has other classes: {_listed(model.class_names)}, while {data} has "
        f"{_listed(class_names)}. Evaluate it on data with its classes."
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(name if len(name) <= 24 else name[:23] + "…" for name in names[:5])
    classes = "class" if len(names) == 1 else "classes"
    return f"{len(names)} {classes} ({shown}{', …' if len(names) > 5 else ''})"
