"""Convlens: train small-image CNN classifiers on the machine you have, look inside every number, ship the result.

    import convlens

    digits = convlens.load_dataset("mnist")
    model = convlens.train(digits, recipe="fast")
    print(convlens.evaluate(model, digits))
    print(model.predict("seven.png"))
    model.save("digits.safetensors")

Names are imported on first use, so that `import convlens` is fast and imports neither torch nor matplotlib.
"""

import importlib
from typing import TYPE_CHECKING, Any

from convlens.errors import (
    ConvlensError,
    DamagedData,
    DamagedModel,
    DataError,
    DatasetUnavailable,
    FutureModel,
    HubError,
    ImageError,
    LossNotFinite,
    MissingDependency,
    ModelFileError,
    NetworkError,
    OutputError,
    ProofFailed,
    UsageError,
)
from convlens.habits import missing
from convlens.layers import kind_called, kinds

if TYPE_CHECKING:
    from convlens import by_hand as by_hand
    from convlens.data import Dataset, ImportOptions, LabelledImages, load_dataset
    from convlens.engines import AugmentationSettings
    from convlens.evaluation import Evaluation, evaluate
    from convlens.exports import export, export_html, push_to_hub
    from convlens.layers.kinds import *  # noqa: F403  every kind of layer
    from convlens.network import Network
    from convlens.prediction import Prediction, Predictions
    from convlens.report import write_report
    from convlens.trained_model import TrainedModel, load_model
    from convlens.training import TrainingSettings, resume_training, train

__version__ = "0.6.0"

__all__ = [
    "AugmentationSettings",
    "ConvlensError",
    "DamagedData",
    "DamagedModel",
    "DataError",
    "Dataset",
    "DatasetUnavailable",
    "Evaluation",
    "FutureModel",
    "HubError",
    "ImageError",
    "ImportOptions",
    "LabelledImages",
    "LossNotFinite",
    "MissingDependency",
    "ModelFileError",
    "Network",
    "NetworkError",
    "OutputError",
    "Prediction",
    "Predictions",
    "ProofFailed",
    "TrainedModel",
    "TrainingSettings",
    "UsageError",
    "by_hand",
    "evaluate",
    "export",
    "export_html",
    "load_dataset",
    "load_model",
    "push_to_hub",
    "resume_training",
    "train",
    "write_report",
]
__all__ += kinds.__all__

_HOMES = {
    "convlens.data": ("Dataset", "ImportOptions", "LabelledImages", "load_dataset"),
    "convlens.engines": ("AugmentationSettings",),
    "convlens.evaluation": ("Evaluation", "evaluate"),
    "convlens.exports": ("export", "export_html", "push_to_hub"),
    "convlens.prediction": ("Prediction", "Predictions"),
    "convlens.trained_model": ("TrainedModel", "load_model"),
    "convlens.training": ("TrainingSettings", "resume_training", "train"),
    "convlens.report": ("write_report",),
    "convlens.network": ("Network",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_HOME_OF |= dict.fromkeys(kinds.__all__, "convlens.layers.kinds")


def __getattr__(name: str) -> Any:
    if name == "by_hand":
        return importlib.import_module("convlens.by_hand")
    if name not in _HOME_OF:
        raise AttributeError(missing("convlens", name, _layer_called(name)))
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def _layer_called(name: str) -> str | None:
    """Return what to write for another library's name of a layer."""
    here = kind_called(name)
    return None if here is None else f"write convlens.{here}"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
