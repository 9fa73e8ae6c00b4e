"""Runs an ONNX file with ONNX Runtime, as its users do."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.exports.onnx_file.network import INPUT, OUTPUTS, as_picture
from convlens.exports.proof import Answers, Run
from convlens.machine import usual_threads
from convlens.trained_model.outside_onnx import METADATA

_IMAGES_AT_ONCE = 250
"""Few enough for the memory; a whole batch would keep all maps of all images."""


def open_session(model: Path | bytes, threads: int | None = None) -> Any:
    """Return an `onnxruntime.InferenceSession` on the processor, with all optimisations."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usual_threads() if threads is None else threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    content = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def read_metadata(session: Any) -> dict[str, Any]:
    """Return what travels with the graph: class names, preprocessing, calibration, check images, proof."""
    return json.loads(session.get_modelmeta().custom_metadata_map[METADATA])


def run_session(session: Any) -> Run:
    """Return a function that answers images of the network's shape with this session."""
    is_picture = read_metadata(session)["input"] == "picture"

    def run(images: NDArray[np.uint8]) -> Answers:
        return run_pictures(session, as_picture(images) if is_picture else images)

    return run


def run_pictures(session: Any, pictures: NDArray[np.uint8]) -> Answers:
    """Answer what the session takes, some at a time."""
    facts = read_metadata(session)
    parts = range(0, max(1, len(pictures)), _IMAGES_AT_ONCE)
    results = [session.run(OUTPUTS, {INPUT: pictures[start : start + _IMAGES_AT_ONCE]}) for start in parts]
    probabilities, _, unknown = (np.concatenate(part) for part in zip(*results, strict=True))
    return Answers(tuple(facts["class_names"]), probabilities, unknown, facts["calibration"]["threshold"])
