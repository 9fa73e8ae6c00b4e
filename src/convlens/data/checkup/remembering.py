"""Stores a checkup beside the cached images, so that the next start need not compare all pixels again.

The name of a cache changes with every image, so a checkup is valid as long as its cache. Other files in the folder do
not change the name, so they are compared separately.
"""

import json
from contextlib import suppress
from pathlib import Path

import msgspec

from convlens.data.checkup.findings import Checkup
from convlens.errors import OutputError
from convlens.files import write_atomically

FILE_NAME = "checkup.json"
VERSION = 2
"""The version of the checks; raise it when findings or their texts change."""


def recall(folder: Path, notes: tuple[str, ...]) -> Checkup | None:
    """Return the stored checkup of this cache; None if there is none, or the checks or other files changed."""
    try:
        kept = json.loads((folder / FILE_NAME).read_bytes())
        if (kept["version"], kept["notes"]) != (VERSION, list(notes)):
            return None
        return msgspec.convert(kept["checkup"], Checkup)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, msgspec.ValidationError):
        return None


def remember(folder: Path, notes: tuple[str, ...], checkup: Checkup) -> None:
    """Store the checkup; if it cannot be written, the next start checks again."""
    content = {"version": VERSION, "notes": list(notes), "checkup": msgspec.to_builtins(checkup)}
    with suppress(OutputError):
        write_atomically(folder / FILE_NAME, json.dumps(content))
