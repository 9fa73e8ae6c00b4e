"""Defines the interface of sources of dataset files, and the progress that they report.

A source is a frozen dataclass with two methods and no base class. It only delivers files; the caller verifies them,
against the same checksums for all sources.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class FetchProgress:
    """The progress with one file: bytes so far, and total bytes if known."""

    source: str
    file: str
    done_bytes: int
    total_bytes: int | None


OnProgress = Callable[[FetchProgress], None]


class SourceError(Exception):
    """A source failed; the message says why in one line. It never leaves `data`, which then tries the next source."""


class Source(Protocol):
    """One way to get the files of a dataset."""

    def describe(self) -> str:
        """Return the name of this source in messages."""
        ...

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        """Write the wanted files (name → unpacked size in bytes) to the folder `into`; yield each finished name.

        Raises:
            SourceError: not all files can be delivered; the files that were yielded before are kept.
            OutputError: the disk is full or cannot be written, which would affect every source.
        """
        ...
