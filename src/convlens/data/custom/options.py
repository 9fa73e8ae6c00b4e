"""Options for reading custom images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from convlens.checking import as_number, as_whole, refuse, whole_or_none
from convlens.data.custom.groups import compile_pattern
from convlens.errors import UsageError
from convlens.words import shorten

SMALLEST_SIDE, LARGEST_SIDE = 16, 96


@dataclass(frozen=True)
class ImportOptions:
    """Options for reading and splitting custom images, which are images at a user's path.

    Args:
        size: side of the square input in pixels, 16 to 96; None: chosen from the images.
        channels: 1 (grey) or 3 (red, green, blue); None: chosen from the images.
        group_by: a pattern that keeps files together: files with the same result go into the same part. The
            fields {stem}, {name}, {parent}, {folder} and {path} are parts of a file's path; "{stem[:5]}" takes a slice.
        test_share: fraction of the images for the test part, if the source has none; 0 makes no test part.
        validation_share: fraction of the images for the validation part, if the source has none; 0 makes none.
        split_seed: random seed for the split.

    Raises:
        UsageError: a value is not allowed.

    >>> ImportOptions.from_dict(ImportOptions(size=32).as_dict())
    ImportOptions(size=32, channels=None, group_by=None, test_share=0.15, validation_share=0.1, split_seed=0)
    """

    size: int | None = None
    channels: int | None = None
    group_by: str | None = None
    test_share: float = 0.15
    validation_share: float = 0.1
    split_seed: int = 0

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {"split_seed": as_whole("split_seed", self.split_seed, 0)}
        if self.size is not None:
            checked["size"] = self._check_size(self.size)
        if self.channels is not None:
            checked["channels"] = whole_or_none(self.channels)
            if checked["channels"] not in (1, 3):
                refuse("channels", self.channels, "1 (grey) or 3 (colour), or none to choose it from the images")
        for name in ("test_share", "validation_share"):
            allowed = "a number of at least 0 and below 1, such as 0.1"
            checked[name] = as_number(name, getattr(self, name), allowed, lambda share: 0 <= share < 1)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.test_share + self.validation_share >= 1:
            raise UsageError(
                f"test_share {self.test_share} and validation_share {self.validation_share} leave nothing to train on: "
                "give two that add up to less than 1."
            )
        if self.group_by is not None:
            if not isinstance(self.group_by, str):
                refuse("group_by", self.group_by, "a string with parts of a file's path, such as '{stem[:5]}'")
            compile_pattern(self.group_by)

    def _check_size(self, size: object) -> int:
        side = whole_or_none(size)
        if side is None or not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            limits = f"from {SMALLEST_SIDE} to {LARGEST_SIDE}"
            refuse("size", size, f"a whole number of pixels {limits}, or none to choose it from the images")
        return side

    def as_dict(self) -> dict[str, Any]:
        """Return the options as values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ImportOptions":
        """Restore options from `as_dict`; missing values get their defaults.

        Raises:
            UsageError: an option is unknown, or its value is not allowed.
        """
        known = [field.name for field in fields(cls)]
        unknown = ", ".join(str(key) for key in stored if key not in known)
        if unknown:
            raise UsageError(f"unknown image options: {shorten(unknown, 200)}; known are {', '.join(known)}.")
        return cls(**stored)
