"""What a checkup found, kept beside the cached images, so that the next start need not look at every pixel again.

A cache has a name that changes with every file, so what was found in it holds as long as it does. Only what lies around
in the folder without being an image is not in that name; it is compared.
"""

import json
from contextlib import suppress
from pathlib import Path

import msgspec

from convlens.data.checkup.findings import Checkup
from convlens.errors import OutputError
from convlens.files import write_atomically

FILE_NAME = "checkup.json"
VERSION = 1
"""Of the checks: another version finds other things, or says them otherwise."""


def recall(folder: Path, notes: tuple[str, ...]) -> Checkup | None:
    """The checkup of the images in this cache; None where there is none, or one of other checks or surroundings."""
    try:
        kept = json.loads((folder / FILE_NAME).read_bytes())
        if (kept["version"], kept["notes"]) != (VERSION, list(notes)):
            return None
        return msgspec.convert(kept["checkup"], Checkup)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, msgspec.ValidationError):
        return None


def remember(folder: Path, notes: tuple[str, ...], checkup: Checkup) -> None:
    """Keep it; where nothing can be written, the next start looks again."""
    content = {"version": VERSION, "notes": list(notes), "checkup": msgspec.to_builtins(checkup)}
    with suppress(OutputError):
        write_atomically(folder / FILE_NAME, json.dumps(content))
