"""The program in a file that prepares pictures, behind the copy of Convlens's preparation.

It is copied, too, so it prints, and needs only NumPy, Pillow and what it imports of Convlens.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convlens.pixels import ImageSource
from convlens.preprocessing import Appearance, Centre, Normalisation, Prepared, Preprocessing, Spread, prepare
from convlens.words import printable


def read_preprocessing(stored: Mapping[str, Any]) -> Preprocessing:
    """Return the preprocessing from JSON values.

    >>> read_preprocessing(Preprocessing().as_dict()) == Preprocessing()
    True
    """
    looks = stored["appearance"]
    if looks is not None:
        spreads = {name: Spread(*numbers) for name, numbers in looks.items() if isinstance(numbers, list)}
        looks = Appearance(**{**looks, **spreads, "centre": Centre(**looks["centre"])})
    channels, height, width = stored["image_shape"]
    scaling = Normalisation(tuple(stored["normalisation"]["mean"]), tuple(stored["normalisation"]["std"]))
    return Preprocessing((channels, height, width), stored["rules"], stored["light_on_dark"], scaling, looks)


class PicturePreparation:
    """The preparation of one model; `facts` is JSON with its settings."""

    def __init__(self, facts: str) -> None:
        self.facts = json.loads(facts)
        self.preprocessing = read_preprocessing(self.facts["preprocessing"])

    def prepare(self, source: ImageSource) -> Prepared:
        """Turn a picture into the network's input: a path, the bytes of a file, a Pillow image or an array.

        The result has `pixels` (uint8, C×H×W); `notes`, what was changed; `unlike`, reasons why the picture is unlike
        the training images; and `steps`, the pictures on the way.
        """
        return prepare(self.preprocessing, source)


def say(line: str, error: bool = False) -> None:
    """Print a line; what the terminal cannot show becomes a question mark."""
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), file=stream)


def describe(name: str, prepared: Prepared) -> str:
    """Say in one line what was changed in a picture."""
    unlike = [f"unlike the training images: {'; '.join(prepared.unlike)}"] if prepared.unlike else []
    return f"{printable(name)}: {'; '.join([*prepared.notes, *unlike]) or 'unchanged'}"


def prepare_files(preparation: PicturePreparation, arguments: Sequence[str]) -> int:
    """Prepare picture files, and say what was changed; save them in a .npy file if one is named last.

    Returns the exit code.
    """
    out = Path(arguments[-1]) if arguments and arguments[-1].endswith(".npy") else None
    names = arguments[:-1] if out else arguments
    if not names:
        say("Give picture files, and a .npy file at the end to save their pixels in.", error=True)
        return 2
    if out and out.exists():
        say(f"{printable(str(out))} exists already. Give another name.", error=True)
        return 2
    images, failed = [], False
    for name in names:
        try:
            prepared = preparation.prepare(name)
        except (ValueError, ImportError) as error:
            say(explain(name, error), error=True)
            failed = True
        else:
            images.append(prepared.pixels)
            say(describe(name, prepared))
    if out and not failed:
        try:
            np.save(out, np.stack(images))
        except OSError as error:
            say(f"{printable(str(out))} cannot be written: {error.strerror or error}", error=True)
            failed = True
    return 1 if failed else 0


def explain(name: str, error: Exception) -> str:
    """Return one line that says what is wrong with a file."""
    if isinstance(error, ImportError):
        return f"{printable(name)} cannot be read without Pillow: pip install pillow"
    shown = printable(name)
    return str(error) if str(error).startswith(shown) else f"{shown}: {error}"
