"""Every public function and class, with odd values for one argument at a time: it works, or a ConvlensError says why.

TypeError is for a wrong signature alone, which Python itself raises; here every call has the right one.
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import by_hand
from convlens.errors import ConvlensError
from convlens.layers import BLOCKS, KINDS
from convlens.network import initial_weights
from convlens.preprocessing import Preprocessing

ODD: dict[str, Any] = {
    "None": None,
    "empty text": "",
    "text": "tpyo",
    "long text": "x" * 5000,
    "zero byte": "a\0b",
    "minus one": -1,
    "nan": float("nan"),
    "infinity": float("inf"),
    "huge": 10**400,
    "object": object(),
    "list": [],
    "dict": {},
    "bytes": b"",
    "type": int,
    "array": np.zeros((2, 0)),
    "nested": [[1], [2, 3]],
}
FEW = {
    said: ODD[said] for said in ("empty text", "minus one", "huge", "object", "list", "dict", "long text", "zero byte")
}
"""For calls that take long where they work."""
RESULTS = ("Prediction", "Predictions", "Evaluation")
"""What Convlens makes and nobody else: their fields are what they are given."""
BY_HAND_RESULTS = {name for name in by_hand.__all__ if inspect.isclass(getattr(by_hand, name))}


def make_images() -> convlens.LabelledImages:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 1, 8, 8), np.uint8)
    return convlens.LabelledImages(pixels, np.arange(8) % 2, ("cat", "dog"), "pets")


def make_model() -> convlens.TrainedModel:
    network = convlens.Network("dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    return convlens.TrainedModel(network, weights, Preprocessing((1, 8, 8)), ("cat", "dog"))


IMAGE, MATRIX, KERNEL = np.ones((1, 4, 4)), np.ones((4, 4)), np.ones((2, 2))
WEIGHTS = {"1.weight": np.ones((2, 16)), "1.bias": np.zeros(2)}
VECTORS = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}
POOLING = {"image": MATRIX, "kernel_size": 2, "stride": 2, "padding": 0, "ceil_mode": False}
SLIDING = {"stride": 1, "padding": 0, "dilation": 1}
CALLS: dict[str, dict[str, Any]] = {
    "Network": {"layers": "dense"},
    "AugmentationSettings": {"shift": 0.1, "rotation": 10, "flip_vertical": True, "noise": 0.1},
    "TrainingSettings": dict.fromkeys(inspect.signature(convlens.TrainingSettings).parameters),
    "ImportOptions": {
        "size": 32,
        "channels": 1,
        "group_by": "{stem}",
        "test_share": 0.1,
        "validation_share": 0.1,
        "split_seed": 0,
    },
    "LabelledImages": {
        "images": np.zeros((2, 1, 8, 8), np.uint8),
        "labels": np.array([0, 1]),
        "class_names": ("a", "b"),
        "name": "pets",
    },
    "load_dataset": {"name_or_path": "no-such-folder", "data_dir": "data", "on_progress": None, "options": None},
    "load_model": {"model": "no-such-file"},
    "resume_training": {"folder": "no-such-folder", "data": None, "data_dir": None},
    "Conv2d": {"channels": 8, "kernel_size": 3, "stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    "MaxPool2d": {"kernel_size": 2, "stride": 2, "padding": 0},
    "AvgPool2d": {"kernel_size": 2, "stride": 2, "padding": 0},
    "Dense": {"features": 3},
    "Dropout": {"probability": 0.5},
    "LeakyReLU": {"slope": 0.5},
    "Residual": {"body": [convlens.ReLU()], "shortcut": []},
    "by_hand.activate": {"values": [1.0], "name": "relu"},
    "by_hand.kernel_named": {"name": "blur"},
    "by_hand.rotate": {"matrix": MATRIX},
    "by_hand.conv2d": {"image": IMAGE, "kernels": [[KERNEL]], "bias": 0, **SLIDING, "activation": "relu", "groups": 1},
    "by_hand.count_coverage": {"size": 4, "kernel_size": 2, **SLIDING},
    "by_hand.kernel_weight_gradient": {
        "image": IMAGE,
        "output_gradient": np.ones((1, 3, 3)),
        "weight": (0, 0, 0, 0),
        "kernel_size": 2,
        **SLIDING,
    },
    "by_hand.output_size": {"size": 8, "kernel_size": 2, **SLIDING},
    "by_hand.pooled_size": {"size": 8, "kernel_size": 2, "stride": 2, "padding": 0, "ceil_mode": True},
    "by_hand.run_network": {"network": "dense", "weights": WEIGHTS, "image": IMAGE},
    "by_hand.trace_layer": {"network": "dense", "weights": WEIGHTS, "image": IMAGE, "layer": 1},
    "by_hand.trace_dense": {"values": np.ones(2), "rows": np.ones((3, 2)), "bias": np.ones(3)},
    "by_hand.trace_add": {"values": [np.ones(2), np.ones(2)], "layers": [0, 1]},
    "by_hand.trace_concatenate": {"values": [np.ones(2), np.ones(2)], "layers": [0, 1]},
}
"""A call that works, by name; functions that take the same share an entry."""
CALLS["TrainingSettings"] = {
    name: value
    for name, value in vars(convlens.TrainingSettings(threads=1)).items()
    if name in CALLS["TrainingSettings"]
}
CALLS |= {name: {} for name in convlens.__all__ if name in {kind.__name__ for kind in KINDS.values()} - set(CALLS)}
for _name in by_hand.__all__:
    _word = f"by_hand.{_name}"
    _plain = f"by_hand.{_name.removeprefix('trace_')}"
    if "pool2d" in _name:
        CALLS[_word] = POOLING
    elif "correlate2d" in _name or "convolve2d" in _name:
        CALLS[_word] = {"matrix": MATRIX, "kernel": KERNEL, **SLIDING, "padding_mode": "zeros"}
    elif _word not in CALLS and ("correlate" in _name or "convolve" in _name):
        CALLS[_word] = VECTORS
    elif _word not in CALLS and _plain in CALLS:
        CALLS[_word] = CALLS[_plain]
for _name in ("dropped", "output_size_formula"):
    CALLS[f"by_hand.{_name}"] = CALLS["by_hand.output_size"]


def public_names() -> Iterator[str]:
    for name in convlens.__all__:
        value = getattr(convlens, name)
        if callable(value) and not (inspect.isclass(value) and issubclass(value, ConvlensError)):
            yield name
    yield from (f"by_hand.{name}" for name in by_hand.__all__ if callable(getattr(by_hand, name)))


def find(name: str) -> Callable[..., Any]:
    return getattr(by_hand, name.removeprefix("by_hand.")) if name.startswith("by_hand.") else getattr(convlens, name)


def try_odd_values(call: Callable[..., Any], arguments: dict[str, Any], *, odd: dict[str, Any] = ODD) -> list[str]:
    """What neither worked nor raised a ConvlensError with a message."""
    found = []
    for name in arguments:
        for said, value in odd.items():
            try:
                call(**{**arguments, name: value})
            except ConvlensError as error:
                if len(str(error)) < 20:
                    found.append(f"{name}={said}: {error}")
            except Exception as error:
                found.append(f"{name}={said}: {type(error).__name__}: {str(error)[:100]}")
    return found


def test_every_public_name_is_tried() -> None:
    elsewhere = {"train", "evaluate", "export", "export_html", "write_report", "TrainedModel", "Dataset", "Concat"}
    elsewhere |= {"push_to_hub"}  # tests/exports/hub/test_pushing.py
    results = {*RESULTS, *(f"by_hand.{name}" for name in BY_HAND_RESULTS)}
    assert set(public_names()) == {*CALLS, *elsewhere, *results}


@pytest.mark.parametrize("name", CALLS)
def test_odd_values_work_or_are_refused(name: str) -> None:
    call = find(name)
    if name not in ("load_dataset", "load_model", "resume_training"):
        call(**CALLS[name])
    assert try_odd_values(call, CALLS[name]) == []


def test_odd_branches() -> None:
    assert try_odd_values(lambda branch: convlens.Concat([convlens.ReLU()], branch), {"branch": []}) == []


@pytest.mark.parametrize("part", ["train", "test", "validation", "notes", "name"])
def test_odd_parts_of_a_dataset(part: str) -> None:
    images = make_images()
    arguments = {"name": "pets", "train": images, "test": images, "preprocessing_rules": "auto", "validation": images}
    call = lambda **given: convlens.Dataset(**{**arguments, **given})  # noqa: E731
    assert try_odd_values(call, {part: arguments.get(part, ())}) == []


@pytest.mark.parametrize("name", [name for name in inspect.signature(convlens.train).parameters if name != "data"])
def test_odd_arguments_of_a_training(name: str) -> None:
    images = make_images()
    call = lambda **given: convlens.train(  # noqa: E731
        images, **{"network": "dense", "epochs": 1, "threads": 1, **given}
    )
    assert try_odd_values(call, {name: None}, odd=FEW) == []


def test_odd_arguments_of_a_model() -> None:
    model = make_model()
    arguments = {
        "network": model.network,
        "weights": model.weights,
        "preprocessing": model.preprocessing,
        "class_names": model.class_names,
        "facts": {},
        "calibration": model.calibration,
    }
    assert try_odd_values(convlens.TrainedModel, arguments) == []


def test_odd_arguments_of_an_evaluation() -> None:
    arguments = {"model": make_model(), "data": make_images(), "engine": None, "data_dir": None, "on_progress": None}
    assert try_odd_values(convlens.evaluate, {**arguments, "repair": True}) == []


def test_odd_arguments_of_a_page(tmp_path: Path) -> None:
    arguments = {"model": make_model(), "path": tmp_path / "a.html", "samples": make_images(), "name": "pets"}
    assert try_odd_values(convlens.export_html, arguments, odd=FEW) == []


def test_odd_arguments_of_an_export(tmp_path: Path) -> None:
    arguments = {
        "model": make_model(),
        "path": tmp_path / "a.onnx",
        "format": "onnx",
        "data": make_images(),
        "prove": 2,
        "int8": False,
        "input": "tensor",
        "prepare": False,
        "license": None,
        "samples": None,
        "name": "pets",
        "overwrite": True,
        "data_dir": None,
        "on_progress": None,
    }
    assert set(arguments) == set(inspect.signature(convlens.export).parameters)
    convlens.export(**arguments)
    assert try_odd_values(convlens.export, arguments) == []


def test_odd_arguments_of_a_report(tmp_path: Path) -> None:
    arguments = {"models": make_model(), "data": make_images(), "out": tmp_path / "a.html", "on_progress": None}
    for name in arguments:
        found = try_odd_values(
            lambda given, name=name: convlens.write_report(**{**arguments, name: given}), {"given": 0}, odd=FEW
        )
        assert found == []


def test_kinds_and_blocks_are_all_there() -> None:
    assert {kind.__name__ for kind in (*KINDS.values(), *BLOCKS.values())} <= set(convlens.__all__)
