"""The proof that a file prepares pictures of any size as Convlens does."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from convlens.errors import ProofFailed
from convlens.exports.onnx_file.network import as_picture
from convlens.exports.onnx_file.running import run_pictures
from convlens.exports.pictures import make_pictures
from convlens.exports.proof import Answers, Proof, prove
from convlens.preprocessing import Preprocessing, prepare


def prove_pictures(session: Any, preprocessing: Preprocessing, tolerance: float) -> Proof:
    """Compare the answers to pictures of many sizes with those to the same pictures, prepared by Convlens.

    The latter have the network's size, so the file must leave them as they are; `ExportFormat.prove` compares those
    answers with the model's.

    Raises:
        ProofFailed: an answer differs.
    """
    pictures = make_pictures()
    twice = make_pictures([(50, 40), (50, 40)])
    prepared = [as_picture(prepare(preprocessing, picture).pixels) for picture in (*pictures, *twice)]
    expected = run_pictures(session, np.stack(prepared))
    found = [run_pictures(session, picture[None]) for picture in pictures]
    try:
        return prove(expected, _joined([*found, run_pictures(session, np.stack(twice))]), tolerance)
    except ProofFailed as error:
        raise ProofFailed(f"pictures of other sizes than the network's are prepared otherwise: {error}") from error


def _joined(parts: Sequence[Answers]) -> Answers:
    first = parts[0]
    probabilities, unknown = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("probabilities", "unknown")
    )
    return Answers(first.class_names, probabilities, unknown, first.threshold)
