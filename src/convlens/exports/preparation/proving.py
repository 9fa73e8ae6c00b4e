"""The proof that a file prepares pictures exactly as Convlens does: it is run without Convlens on many pictures."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convlens.errors import ProofFailed
from convlens.exports.preparation.proof_pictures import Source
from convlens.exports.programs import LONGEST
from convlens.exports.proof import NotFinished
from convlens.preprocessing import Preprocessing, prepare
from convlens.words import count_of, printable

_CODE = """
import sys
for name in ("convlens", "msgspec"):
    sys.modules[name] = None  # an import of it fails
sys.path[:] = sys.argv[2:]
import io, json, runpy
import numpy as np
space = runpy.run_path(sys.argv[1], run_name="prepares_pictures")
prepare = space["prepare_picture"] if "prepare_picture" in space else space["MODEL"].prepare_picture
given = np.load(io.BytesIO(sys.stdin.buffer.read()))
sources = [given[name].tobytes() if name.endswith("file") else given[name] for name in given.files]
found = [prepare(source) for source in sources]
pixels = io.BytesIO()
np.save(pixels, np.stack([one.pixels for one in found]))
texts = json.dumps([[list(one.notes), list(one.unlike)] for one in found])
sys.stdout.buffer.write(len(pixels.getvalue()).to_bytes(8, "little") + pixels.getvalue() + texts.encode())
"""


def prove_preparation(file: Path, preprocessing: Preprocessing, pictures: Mapping[str, Source]) -> int:
    """Prepare pictures with a file and with Convlens. Returns their number.

    Raises:
        ProofFailed: a pixel, a note or a reason differs, or the file cannot be run.
    """
    compare(preprocessing, pictures, *run_without_convlens(file, list(pictures.values())))
    return len(pictures)


def compare(
    preprocessing: Preprocessing,
    pictures: Mapping[str, Source],
    pixels: NDArray[np.uint8],
    texts: Sequence[Sequence[Sequence[str]]],
) -> None:
    """Compare what a file returned, with notes and reasons, with what Convlens makes of the same pictures.

    Raises:
        ProofFailed: something differs.
    """
    if len(pixels) != len(pictures) or len(texts) != len(pictures):
        raise ProofFailed(f"it prepared {len(pixels)} of {count_of(len(pictures), 'picture')}")
    wrong = []
    for place, (name, source) in enumerate(pictures.items()):
        expected = prepare(preprocessing, source)
        same = pixels.dtype == np.uint8 and np.array_equal(pixels[place], expected.pixels)
        if not same or texts[place] != [list(expected.notes), list(expected.unlike)]:
            wrong.append(f"{name} ({'other words' if same else 'other pixels'})")
    if wrong:
        raise ProofFailed(
            f"it prepares {len(wrong)} of {count_of(len(pictures), 'picture')} otherwise than Convlens, "
            f"such as {wrong[0]}"
        )


def run_without_convlens(
    file: Path, sources: Sequence[Source]
) -> tuple[NDArray[np.uint8], Sequence[Sequence[Sequence[str]]]]:
    """Let a file prepare pictures in a process that cannot import Convlens. Returns the pixels, notes and reasons.

    Raises:
        ProofFailed: it cannot be run.
    """
    if not sys.executable:
        raise ProofFailed("it cannot be run, because this program is not run by a Python of its own")
    given = io.BytesIO()
    arrays = {
        f"{place}{' file' if isinstance(source, bytes) else ''}": np.frombuffer(source, np.uint8)
        if isinstance(source, bytes)
        else source
        for place, source in enumerate(sources)
    }
    np.savez(given, allow_pickle=False, **arrays)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        ran = subprocess.run(
            [sys.executable, "-c", _CODE, str(file), *sys.path],
            input=given.getvalue(), capture_output=True, check=False, timeout=LONGEST,
            env={**os.environ, **threads, "PYTHONSAFEPATH": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        late = f"it does not prepare {count_of(len(sources), 'picture')} in {LONGEST} s"
        raise NotFinished(late, len(sources)) from None
    if ran.returncode:
        last = (ran.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        raise ProofFailed(f"it cannot be run without Convlens ({printable(last)[:200]})")
    length = int.from_bytes(ran.stdout[:8], "little")
    pixels = np.load(io.BytesIO(ran.stdout[8 : 8 + length]), allow_pickle=False)
    return pixels, json.loads(ran.stdout[8 + length :])
