"""Writes one Python file that prepares pictures for a model, exactly as Convlens does, and needs no Convlens."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from convlens.exports.contents import Contents
from convlens.exports.preparation.bundle import Place, bundle
from convlens.files import write_atomically
from convlens.preprocessing import RULES, Preprocessing
from convlens.words import count_of, times

_RUNTIME = "convlens.exports.preparation.runtime"
_ROOTS = ((_RUNTIME, "PicturePreparation"), (_RUNTIME, "prepare_files"))
_INSTEAD: Mapping[Place, str] = {("convlens.pixels.decoding", "_read_file"): "read_here"}
"""Convlens lets another process of its own decode files that may be costly; a file on its own cannot."""
_HEAD = '''\
"""Prepares pictures for {name}, exactly as Convlens {version} does. It needs NumPy and Pillow, not Convlens.

from {module} import prepare_picture

prepared = prepare_picture("photo.png")
prepared.pixels                     uint8, {shape}: give prepared.pixels[None] to {model_file}
prepared.notes, prepared.unlike     what was changed, and why the picture is unlike the training images

python {file} photo.png                 prints what was changed
python {file} photo.png images.npy      also saves the pixels: uint8, N×{shape}

The code is a copy of Convlens's own, as far as the rules {rules!r} need it. The settings are those of the model with
the SHA-256 {sha256}.
Proof: {pictures} had the same pixels as in Convlens, with NumPy {numpy} and Pillow {pillow}.
"""
'''
_TAIL = """

PREPARATION = PicturePreparation({facts})
prepare_picture = PREPARATION.prepare

if __name__ == "__main__":
    sys.exit(prepare_files(PREPARATION, sys.argv[1:]))
"""


ENDING = "_prepare.py"
"""What the name of such a file ends in."""


def companion_name(path: Path) -> str:
    """Return the name of the file that prepares pictures for an export.

    Python can import it: other signs than ASCII letters and digits become underscores. (Python reads letters like ², ﬁ
    and é in another form than a file name has them.)

    >>> companion_name(Path("models/digits.onnx")), companion_name(Path("7 segments.onnx")), companion_name(Path("a²"))
    ('digits_prepare.py', '_7_segments_prepare.py', 'a__prepare.py')
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", path.stem)
    return f"{'' if name.isidentifier() else '_'}{name}{ENDING}"


def write_companion(contents: Contents, path: Path, model_file: str, pictures: int) -> None:
    """Write the file; `model_file` is the name of the export, `pictures` is how many the proof compares: if one of them
    differs, the file is deleted.
    """
    write_atomically(path, companion_text(contents, path, model_file, pictures))


def companion_text(contents: Contents, path: Path, model_file: str, pictures: int) -> str:
    """Return the text of the file; see `write_companion`."""
    import PIL

    imports, code = source_for(contents.model.preprocessing, _ROOTS)
    facts = contents.as_dict()
    kept = {name: facts[name] for name in ("name", "convlens", "model_sha256", "preprocessing")}
    head = _HEAD.format(
        name=plain(contents.name, "a model"),
        version=facts["convlens"],
        module=path.stem,
        file=path.name,
        model_file=plain(model_file, "the model"),
        shape=times(contents.model.preprocessing.image_shape),
        rules=contents.model.preprocessing.rules,
        sha256=contents.model_sha256,
        pictures=count_of(pictures, "picture"),
        numpy=np.__version__,
        pillow=PIL.__version__,
    )
    return f"{head}\n{imports}\n\n{code}{_TAIL.format(facts=repr(json.dumps(kept, allow_nan=False)))}"


def source_for(preprocessing: Preprocessing, roots: tuple[Place, ...]) -> tuple[str, str]:
    """Return the imports and the definitions that some names of Convlens need to prepare pictures by these rules."""
    return _source_for(preprocessing.rules, preprocessing.image_shape[0], roots)


@cache
def _source_for(rules: str, channels: int, roots: tuple[Place, ...]) -> tuple[str, str]:
    known = {f"preprocessing.rules == {name!r}": name == rules for name in RULES}
    return bundle(roots, {**known, "channels == 1": channels == 1, "is_enforced_here()": False}, _INSTEAD)


def plain(text: str, otherwise: str) -> str:
    """Return a text that can stand in a description as it is, or another one.

    >>> plain("digits", "a model"), plain('"', "a model")
    ('digits', 'a model')
    """
    return text if text.isprintable() and not set(text) & set('"\\') else otherwise
