"""The parts of a dataset: training, validation and test images."""

TRAIN, VALIDATION, TEST, UNDECIDED = 0, 1, 2, -1
PART_NAMES = ("train", "validation", "test")
_WORDS = {
    "train": TRAIN, "training": TRAIN,
    "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "dev": VALIDATION,
    "test": TEST, "testing": TEST,
}  # fmt: skip


def part_of(word: str) -> int | None:
    """Return the part that a word names: 0 train, 1 validation, 2 test; None for other words.

    >>> part_of("Val"), part_of("cats")
    (1, None)
    """
    return _WORDS.get(word.strip().casefold())
