"""What a source of dataset files is, and what it reports while it works.

A source is a frozen dataclass with two methods and no base class. It brings files and judges nothing: whether the bytes
are the right ones is checked in one place, by whoever asked, against the same checksums for every source.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class FetchProgress:
    """How far a source has come with one file: bytes so far, and bytes in all where that is known."""

    source: str
    file: str
    done_bytes: int
    total_bytes: int | None


OnProgress = Callable[[FetchProgress], None]


class SourceError(Exception):
    """A source that could not deliver, and why, in one line; stays inside `data`, where the next one is tried."""


class Source(Protocol):
    """One way to get the files of a dataset."""

    def describe(self) -> str:
        """The name of this source in messages."""
        ...

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        """Put the wanted files (name → unpacked size in bytes) into the folder `into`; yield each name once there.

        Raises:
            SourceError: this source cannot give (all of) them; what was yielded before stays.
            OutputError: the disk is full or may not be written to, which no other source would change.
        """
        ...
