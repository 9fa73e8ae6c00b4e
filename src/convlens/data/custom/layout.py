"""Reads classes and parts from the names of folders.

photos/CLASS/…/IMAGE                      classes
photos/train|validation|test/CLASS/…/IMAGE    parts, then classes
"""

from collections import Counter

import numpy as np

from convlens.data.custom.classes import number_classes
from convlens.data.custom.listing import Listing
from convlens.data.custom.walking import Found
from convlens.data.parts import TRAIN, UNDECIDED, part_of
from convlens.errors import DataError
from convlens.words import count_of, natural_key, printable, some_of


def read_layout(found: Found, path: str, source: str, in_archive: bool = False) -> Listing:
    """Read classes and parts from the folders found at `path`; `source` is the name of the path in messages.

    In an archive, a single folder around everything is ignored.

    Raises:
        DataError: there are no images, no class folders, or only one class.
    """
    if not found.names:
        raise _no_images(found, source)
    wrapper = _wrapper(found) if in_archive else ""
    counts = Counter(name[len(wrapper) :].partition("/")[0] for name in found.names if "/" in name[len(wrapper) :])
    if not counts:
        table = "give the CSV file in it" if found.others[".csv"] else "give a CSV file with the columns path and label"
        raise DataError(
            f"{source} has {count_of(len(found.names), 'image')} but no class folders. Put the images of each class "
            f"into a folder of that name, such as {source}/cat/1.png, or {table}."
        )
    places, labels, parts, class_names, notes = _read(found, wrapper, _has_parts(found, wrapper, counts))
    if len(class_names) < 2:
        raise _one_class(found, source, class_names)
    return Listing(
        path,
        [found.names[place] for place in places],
        labels,
        parts,
        class_names,
        np.array(found.sizes, np.int64)[places],
        np.array(found.times, np.int64)[places],
        root="" if in_archive else path,
        archive=path if in_archive else "",
        notes=(*found.notes(), *notes),
    )


def _wrapper(found: Found) -> str:
    """Return the path of the outer folders that contain only the next folder."""
    wrapper = ""
    while True:
        tops = {name[len(wrapper) :].partition("/")[0] for name in found.names}
        inner = f"{wrapper}{next(iter(tops))}/"
        if len(tops) > 1 or any("/" not in name[len(inner) :] for name in found.names):
            return wrapper
        wrapper = inner


def _has_parts(found: Found, wrapper: str, counts: Counter[str]) -> bool:
    """Check whether the folders are parts (train, test, …) and not classes with such names (trains, planes, cars)."""
    named = {top for top in counts if part_of(top) is not None}
    trains = {top for top in named if part_of(top) == TRAIN}
    with_folders = {
        name[len(wrapper) :].partition("/")[0] for name in found.names if name[len(wrapper) :].count("/") > 1
    }
    if not trains & with_folders:
        return False
    return len(named) > 1 or len(counts) == 1


def _read(
    found: Found, wrapper: str, by_parts: bool
) -> tuple[list[int], np.ndarray, np.ndarray, tuple[str, ...], list[str]]:
    """Return indices, labels and parts of the images in class folders, the class names, and notes on the others.

    Classes without training images are left out.
    """
    places, classes, parts = list[int](), list[str](), list[int]()
    directly, elsewhere = Counter[str](), Counter[str]()
    for place, name in enumerate(found.names):
        folder, part = "", UNDECIDED
        top, slash, rest = name[len(wrapper) :].partition("/")
        if by_parts and slash:
            known = part_of(top)
            if known is None:
                elsewhere[top] += 1
                continue
            part, folder, (top, slash, _) = known, top, rest.partition("/")
        if not slash:
            directly[folder] += 1
            continue
        places.append(place)
        classes.append(top)
        parts.append(part)
    trained = {name for name, part in zip(classes, parts, strict=True) if part in (TRAIN, UNDECIDED)}
    untrained = sorted(set(classes) - trained, key=natural_key)
    empty = _empty_folders(found, wrapper, by_parts, set(classes))
    notes = [
        *(
            f"{count_of(count, 'image')} in {printable(top)} left out: it is not a part (train, validation, test)"
            for top, count in elsewhere.items()
        ),
        *(
            f"{count_of(count, 'image')} left out: in {printable(folder) or 'the folder'} itself, not in a class folder"
            for folder, count in directly.items()
        ),
        *[f"classes without training images, left out: {some_of(untrained)}"] * bool(untrained),
        *[f"folders without images: {some_of(empty)}"] * bool(empty),
    ]
    kept = [at for at, name in enumerate(classes) if name in trained]
    labels, names = number_classes([classes[at] for at in kept])
    return [places[at] for at in kept], labels, np.array(parts, np.int8)[kept], names, notes


def _empty_folders(found: Found, wrapper: str, by_parts: bool, filled: set[str]) -> list[str]:
    """Return folders at the level of class folders that contain no images."""
    depth = wrapper.count("/") + (2 if by_parts else 1)
    names = [folder.rpartition("/")[2] for folder in found.folders if folder.count("/") + 1 == depth]
    return sorted({name for name in names if name not in filled}, key=natural_key)


def _no_images(found: Found, source: str) -> DataError:
    seen = "; ".join(found.notes())
    return DataError(
        f"{source} has no images{f' ({seen})' if seen else ': it is empty'}. Put images into one folder per class, "
        f"such as {source}/cat/1.png; images are recognised by their ending (.png, .jpg, ...)."
    )


def _one_class(found: Found, source: str, class_names: tuple[str, ...]) -> DataError:
    if not class_names:
        return DataError(f"{source} has no training images in class folders. Put them into {source}/train/CLASS/.")
    only = class_names[0]
    inner = sorted({folder.rpartition("/")[2] for folder in found.folders if folder.count("/") == 1}, key=natural_key)
    advice = "Add a folder for each other class."
    if len(inner) > 1 and not any(part_of(folder) is not None for folder in found.folders):
        advice = f"If {some_of(inner)} are the classes, give {source}/{only}; else add a folder for each other class."
    return DataError(f"{source} has images of only one class, {only}; a classifier needs two. {advice}")
