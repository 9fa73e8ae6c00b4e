"""Exports a program for PyTorch (`.pt2`), with normalisation and softmax inside; `torch.export.load` reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from convlens.engines.choice import require_torch
from convlens.exports.contents import Contents
from convlens.exports.format import ExportFormat
from convlens.exports.options import ExportOptions
from convlens.exports.proof import Answers, Proof, Run
from convlens.trained_model import TrainedModel

FACTS = "convlens.json"
"""The name of the extra file in the archive with all but the weights."""


class TorchFile(ExportFormat):
    """A program that `torch.export` traced from the network."""

    name: ClassVar[str] = "torch"
    suffix: ClassVar[str] = ".pt2"
    help: ClassVar[str] = "a program for PyTorch, which torch.export.load reads"

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        super().check(model, options)
        require_torch("this export")

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        import torch

        facts = contents.as_dict(proof) | {"check_images": contents.check_images.tolist()}
        facts["check_logits"] = contents.check_logits.tolist()
        torch.export.save(_traced(contents), path, extra_files={FACTS: json.dumps(facts, allow_nan=False)})

    def open(self, path: Path) -> Run:
        import torch

        extra = {FACTS: ""}
        program = torch.export.load(path, extra_files=extra).module()
        facts = json.loads(extra[FACTS])

        def run(images: NDArray[np.uint8]) -> Answers:
            probabilities, _, unknown = program(torch.from_numpy(np.ascontiguousarray(images)))
            threshold = facts["calibration"]["threshold"]
            return Answers(tuple(facts["class_names"]), probabilities.numpy(), unknown.numpy(), threshold)

        return run

    def versions(self) -> Mapping[str, str]:
        import torch

        return {"torch": torch.__version__}


_TRACED: WeakKeyDictionary[Contents, Any] = WeakKeyDictionary()


def _traced(contents: Contents) -> Any:
    """Return the exported program. Tracing takes longest, and a file is written twice: before and after its proof."""
    import torch

    if contents not in _TRACED:
        images = torch.zeros((2, *contents.model.plan.input_shape), dtype=torch.uint8)
        batch = torch.export.Dim("images", min=1)
        _TRACED[contents] = torch.export.export(_program(contents.model), (images,), dynamic_shapes=({0: batch},))
    return _TRACED[contents]


def _program(model: TrainedModel) -> Any:
    """Return the module to trace: uint8 images, N×C×H×W → probabilities, logits, unknown."""
    import torch

    class Program(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = model.to_torch()
            scaling = model.preprocessing.normalisation
            self.register_buffer("mean", torch.tensor(scaling.mean).reshape(-1, 1, 1))
            self.register_buffer("std", torch.tensor(scaling.std).reshape(-1, 1, 1))

        def forward(self, images: Any) -> tuple[Any, Any, Any]:
            logits = self.network((images.float() / 255 - self.mean) / self.std)
            probabilities = torch.softmax(logits / model.calibration.temperature, dim=1)
            return probabilities, logits, probabilities.amax(dim=1) < (model.calibration.threshold or 0.0)

    return Program().eval().requires_grad_(False)
