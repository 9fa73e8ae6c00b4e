"""Splits images into training, validation and test parts: keeps the source's parts, and creates missing ones."""

import numpy as np

from convlens.data.custom.groups import group_numbers
from convlens.data.custom.options import ImportOptions
from convlens.data.parts import PART_NAMES, TEST, TRAIN, UNDECIDED, VALIDATION
from convlens.data.split import split_grouped, split_stratified
from convlens.errors import DataError, UsageError


def divide(labels: np.ndarray, parts: np.ndarray, groups: np.ndarray | None, options: ImportOptions) -> np.ndarray:
    """Assign every image to a part (0 train, 1 validation, 2 test), int8; −1 in `parts`: the source gives no part.

    Parts from the source are kept. A missing part is drawn from the training images and the images without a
    part, class by class, or by whole groups.

    >>> labels = np.array([0] * 10 + [1] * 10)
    >>> np.bincount(divide(labels, np.full(20, -1, np.int8), None, ImportOptions(test_share=0.2))).tolist()
    [14, 2, 4]
    """
    divided = np.where(parts == UNDECIDED, TRAIN, parts).astype(np.int8)
    pool = (divided == TRAIN).sum()
    wanted = [
        (part, share)
        for part, share in ((TEST, options.test_share), (VALIDATION, options.validation_share))
        if share > 0 and not (parts == part).any()
    ]
    for place, (part, share) in enumerate(wanted):
        rest = np.flatnonzero(divided == TRAIN)
        fraction = share * pool / max(len(rest), 1)
        held_out = _hold_out(
            labels[rest], None if groups is None else groups[rest], fraction, options.split_seed + place
        )
        divided[rest[held_out]] = part
    return divided


def _hold_out(labels: np.ndarray, groups: np.ndarray | None, fraction: float, seed: int) -> np.ndarray:
    if len(labels) == 0 or not 0 < fraction < 1:
        return np.empty(0, np.int64)
    if groups is not None:
        return split_grouped(labels, groups, fraction, seed)[1]
    try:
        return split_stratified(labels, fraction, seed)[1]
    except DataError:  # no class has two images: all are needed for training
        return np.empty(0, np.int64)


def keep_copies_together(
    divided: np.ndarray, parts: np.ndarray, labels: np.ndarray, hashes: np.ndarray
) -> tuple[np.ndarray, int]:
    """Move exact copies of one class into one part, unless the source gives their parts; also return how many moved.

    A copy in both the training and the test images would make the accuracy too high. If one copy is a training image,
    all become training images.

    >>> hashes, labels = np.array([b"a", b"a", b"b"]), np.array([0, 0, 0])
    >>> keep_copies_together(np.array([2, 0, 2], np.int8), np.full(3, -1, np.int8), labels, hashes)
    (array([0, 0, 2], dtype=int8), 1)
    """
    _, hash_numbers = np.unique(hashes, return_inverse=True)
    _, groups = np.unique(hash_numbers * (int(labels.max()) + 1) + labels, return_inverse=True)
    first = np.full(int(groups.max()) + 1, TEST, np.int8)
    np.minimum.at(first, groups, divided)
    together = np.where(parts == UNDECIDED, first[groups], divided).astype(np.int8)
    return together, int((together != divided).sum())


def find_groups(names: list[str], options: ImportOptions, has_names: bool) -> np.ndarray | None:
    """Return the index of each image's group; None if no groups were requested.

    Raises:
        UsageError: the images come from arrays, which have no file names to group by.
    """
    if options.group_by is None:
        return None
    if not has_names:
        raise UsageError(
            f"group_by {options.group_by!r}: images in arrays have no file names to group by. Leave it out, or "
            "give the parts yourself (x_train and x_test)."
        )
    return group_numbers(names, options.group_by)


def describe_division(
    divided: np.ndarray, parts: np.ndarray, labels: np.ndarray, groups: np.ndarray | None,
    class_names: tuple[str, ...], options: ImportOptions,
) -> list[str]:  # fmt: skip
    """Return notes: how many images each part has, how they were split, and which classes cannot be evaluated."""
    counts = [int((divided == part).sum()) for part in (TRAIN, VALIDATION, TEST)]
    told = [name for part, name in enumerate(PART_NAMES) if (parts == part).any()]
    made = [name for part, name in enumerate(PART_NAMES) if counts[part] and name not in told and part != TRAIN]
    sizes = ", ".join(
        f"{count:,} to {verb}" for count, verb in zip(counts, ("train", "validate", "test"), strict=True) if count
    )
    reasons = [f"{' and '.join(told)} as given"] * bool(told)
    if made:
        means = f"by groups of {options.group_by}" if groups is not None else "class by class"
        reasons.append(f"{' and '.join(made)} drawn {means}, seed {options.split_seed}")
    notes = [f"{sizes} ({'; '.join(reasons)})" if reasons else f"{len(divided):,} images, none set aside"]
    trained = np.bincount(labels[divided == TRAIN], minlength=len(class_names))
    judged = np.bincount(labels[divided != TRAIN], minlength=len(class_names))
    alone = [name for name, train, judge in zip(class_names, trained, judged, strict=True) if train and not judge]
    if alone and counts[0] < len(divided):
        shown = ", ".join(alone[:5]) + (f" and {len(alone) - 5:,} more" if len(alone) > 5 else "")
        notes.append(f"too few images to set any aside, so these classes are not evaluated: {shown}")
    straddling = _straddling(divided, groups)
    if straddling:
        notes.append(
            f"{straddling:,} groups of {options.group_by} are in more than one part, as given by the source: "
            "results on them are too optimistic"
        )
    return notes


def _straddling(divided: np.ndarray, groups: np.ndarray | None) -> int:
    if groups is None:
        return 0
    pairs = np.unique(groups * 3 + divided)
    return int((np.bincount(pairs // 3) > 1).sum())
