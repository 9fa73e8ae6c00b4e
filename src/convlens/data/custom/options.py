"""What a person can choose about how custom images are read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from convlens.data.custom.groups import compile_pattern
from convlens.errors import UsageError

SMALLEST_SIDE, LARGEST_SIDE = 16, 96


@dataclass(frozen=True)
class ImportOptions:
    """How custom images, those at a user's path, are read and divided.

    Args:
        size: side of the square input in pixels, 16 to 96; None: chosen from the images.
        channels: 1 (grey) or 3 (red, green, blue); None: chosen from the images.
        group_by: which files must not be separated: those for which this text comes out the same. {stem}, {name},
            {parent}, {folder} and {path} stand for parts of a file's path and can be cut, as in "{stem[:5]}".
        test_share: how much is set aside for testing where the images do not say; 0: nothing.
        validation_share: likewise for validation.
        split_seed: another number, another division.

    Raises:
        UsageError: a value that is not allowed.

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
        if self.size is not None and (type(self.size) is not int or not SMALLEST_SIDE <= self.size <= LARGEST_SIDE):
            raise UsageError(
                f"an image size of {self.size!r}: give a whole number of pixels from {SMALLEST_SIDE} to "
                f"{LARGEST_SIDE}, or none to have it chosen from the images."
            )
        if self.channels is not None and (type(self.channels) is not int or self.channels not in (1, 3)):
            raise UsageError(f"{self.channels!r} channels: give 1 (grey) or 3 (colour), or none to have it chosen.")
        for name in ("test_share", "validation_share"):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
                raise UsageError(f"{name} {share!r}: give a number from 0 up to, but not, 1, such as 0.1.")
        if self.test_share + self.validation_share >= 1:
            raise UsageError(
                f"test_share {self.test_share} and validation_share {self.validation_share} leave nothing to train on: "
                "give two that come to less than 1."
            )
        if type(self.split_seed) is not int or self.split_seed < 0:
            raise UsageError(f"split_seed {self.split_seed!r}: give a whole number from 0 on.")
        if self.group_by is not None:
            compile_pattern(self.group_by)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ImportOptions":
        """The way back from `as_dict`; what is missing gets its default.

        Raises:
            UsageError: a value that is unknown or not allowed.
        """
        known = [field.name for field in fields(cls)]
        unknown = [str(key) for key in stored if key not in known]
        if unknown:
            raise UsageError(f"image options do not know {', '.join(unknown)}: they have {', '.join(known)}.")
        return cls(**stored)
