"""Trained models: saved and loaded, given to PyTorch, asked for predictions, shown in a notebook."""

import dataclasses
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

import convlens
from convlens.calibration import Calibration
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import TrainedModel, load_model

GRAPH = (
    "conv 4 3x3 pad 1, residual(conv 8 3x3 stride 2 pad 1, batchnorm, gelu, conv 8 3x3 pad 1 groups 4, "
    "shortcut conv 8 1x1 stride 2), silu, concat(conv 4 1x1; residual(conv 8 3x3 pad 1, relu, maxpool 1); ), "
    "globalavgpool, dense 6, residual(dense 6, tanh), dense"
)
TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


def make_model(
    text=TUTORIAL, shape=(1, 28, 28), names=tuple("0123456789"), rules: Any = "letterbox", **facts
) -> TrainedModel:
    network = Network.from_text(text)
    normalisation = Normalisation((0.1,) * shape[0], (0.4,) * shape[0])
    return TrainedModel(
        network,
        initial_weights(network, shape, len(names), seed=4),
        Preprocessing(shape, rules, True if shape[0] == 1 else None, normalisation),
        names,
        facts,
    )


@pytest.mark.parametrize(
    "model",
    [
        make_model(data="mnist", seconds=1.5),
        make_model("conv 4 3x5 stride 2, batchnorm, leaky_relu 0.2, globalavgpool, dense", (3, 9, 12), ("a", "ü <b>")),
        make_model(GRAPH, (3, 8, 8), ("a", "b")),
    ],
    ids=["tutorial", "colour and batch normalisation", "blocks"],
)
def test_a_saved_model_comes_back_the_same(model, tmp_path, random_images):
    loaded = load_model(model.save(tmp_path / "model.safetensors"))
    assert (loaded.network, loaded.class_names, loaded.preprocessing, loaded.facts) == (
        model.network,
        model.class_names,
        model.preprocessing,
        model.facts,
    )
    assert list(loaded.weights) == list(model.weights)  # in the network's order, whatever that of the file
    for name, array in model.weights.items():
        assert loaded.weights[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded.weights[name], array)
    images, _ = random_images(3, model.plan.input_shape, 2)
    np.testing.assert_array_equal(loaded.logits(images), model.logits(images))


def test_a_calibration_travels_with_the_model(tmp_path):
    calibration = Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000)
    model = dataclasses.replace(make_model("dense", (1, 8, 8), ("a", "b")), calibration=calibration)
    assert load_model(model.save(tmp_path / "model.safetensors")).calibration == calibration
    assert make_model().calibration == Calibration()
    with safetensors.safe_open(tmp_path / "model.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["convlens"])["calibration"] == {
            "temperature": 1.25,
            "threshold": 0.75,
            "error_rate": 0.01,
            "coverage": 0.985,
            "error": 0.0061,
            "images": 2000,
        }


def test_a_summary_says_how_sure_the_model_may_be():
    model = make_model("dense", (1, 8, 8), ("a", "b"))
    assert not {"temperature", "threshold"} & set(model.summary())
    fitted = dataclasses.replace(model, calibration=Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000))
    rows = fitted.summary()
    assert rows["temperature"] == "1.25: the network was overconfident"
    assert rows["threshold"] == (
        "75.00 %: anything below is unknown; answers 98.50 % of 2,000 validation images, 0.61 % of those wrong "
        "(chosen for at most 1 %)"
    )
    assert "anything below is unknown" in fitted._repr_html_()


def test_the_same_model_gives_the_same_bytes():
    assert make_model().to_bytes() == make_model().to_bytes()


def test_a_run_folder_and_latest_are_places_of_a_model(tmp_path, monkeypatch):
    model = make_model()
    run = tmp_path / "runs" / "first"
    run.mkdir(parents=True)
    model.save(run / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "latest").symlink_to("first", target_is_directory=True)
    assert load_model(run).network == load_model("latest").network == model.network
    (tmp_path / "runs" / "latest").unlink()
    (tmp_path / "runs" / "latest").write_text("first\n")  # what a file system without links gets
    assert load_model("latest").network == model.network


def test_places_without_a_model_say_what_to_give(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(convlens.ModelFileError, match=r"no latest run.*Run `convlens train`, or give a model file"):
        load_model("latest")
    with pytest.raises(
        convlens.ModelFileError, match=r"nowhere: no such file or folder\. Give a model file, a run folder"
    ):
        load_model("nowhere")
    with pytest.raises(convlens.ModelFileError, match=r"this folder contains no model\.safetensors"):
        load_model(tmp_path)


def test_any_program_can_read_the_weights_and_the_metadata(tmp_path):
    path = make_model().save(tmp_path / "model.safetensors")
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    module.load_state_dict(safetensors.torch.load_file(path))
    with safetensors.safe_open(path, "numpy") as file:
        stored = json.loads(file.metadata()["convlens"])
    assert stored["format_version"] == 3
    assert stored["network"] == TUTORIAL
    assert stored["class_names"] == list("0123456789")


@pytest.mark.parametrize(
    "text",
    [
        TUTORIAL,
        "conv 3 3x3, batchnorm, relu, dropout 0.5, avgpool 2, dense 9, batchnorm, tanh, dense",
        GRAPH,
    ],
)
def test_to_torch_gives_a_plain_module_with_the_same_logits(text, random_images):
    model = make_model(text)
    module = model.to_torch()
    assert [(name, tuple(value.shape)) for name, value in module.state_dict().items()] == [
        (name, array.shape) for name, array in model.weights.items()
    ]
    images, _ = random_images(8, (1, 28, 28), 10)
    inputs = torch.from_numpy(model.preprocessing.normalisation.apply(images))
    with torch.no_grad():
        np.testing.assert_allclose(module(inputs).numpy(), model.logits(images), atol=1e-5)
    assert not module.training


def test_a_module_of_blocks_works_where_convlens_is_not(tmp_path, random_images):
    model = make_model(GRAPH)
    images, _ = random_images(2, (1, 28, 28), 10)
    torch.save(model.to_torch(), tmp_path / "module.pt")
    np.save(tmp_path / "inputs.npy", model.preprocessing.normalisation.apply(images))
    program = """
import sys
sys.modules["convlens"] = None  # an import of it fails
import numpy, torch
module = torch.load("module.pt", weights_only=False)
numpy.save("logits.npy", module(torch.from_numpy(numpy.load("inputs.npy"))).detach().numpy())
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), model.logits(images), atol=1e-5)


def test_predictions_name_classes_and_add_up_to_one():
    model = make_model()
    white = np.full((40, 30), 255, np.uint8)
    prediction = model.predict(white)
    assert prediction.class_name in model.class_names
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.probability == prediction.probabilities.max()
    assert prediction.top(2)[0] == (prediction.class_name, prediction.probability)
    assert prediction.pixels.shape == (1, 28, 28)
    assert sum(prediction.as_dict()["probabilities"].values()) == pytest.approx(1)
    assert repr(prediction).startswith(f"Prediction('{prediction.class_name}', probability=0.")


def test_predictions_are_after_temperature_and_know_the_threshold():
    image = np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)
    plain = make_model()
    warm = dataclasses.replace(plain, calibration=Calibration(temperature=10.0, threshold=0.9))
    before, after = plain.predict(image, repair=False), warm.predict(image, repair=False)
    logits = plain.logits(before.pixels[np.newaxis])
    np.testing.assert_allclose(after.probabilities, warm.calibration.probabilities(logits)[0], rtol=1e-6)
    assert after.class_name == before.class_name
    assert after.probability < before.probability
    assert (before.unknown, after.unknown) == (False, True)


def test_repair_and_what_the_model_stores_reach_the_one_path(monkeypatch):
    given: list[tuple[Any, ...]] = []
    model = make_model("dense", (1, 8, 8), ("a", "b"))
    monkeypatch.setattr(
        "convlens.trained_model.model.predict_given", lambda predictor, _, *rest: given.append((predictor, *rest))
    )
    model.predict(np.zeros((8, 8)))
    model.predict([np.zeros((8, 8))], repair=False, on_error="skip")
    (predictor, *rest), (_, *more) = given
    assert (rest, more) == ([None, None], [False, "skip"])
    assert (predictor.engine, predictor.preprocessing) == (model.engine, model.preprocessing)
    assert (predictor.class_names, predictor.calibration) == (model.class_names, model.calibration)


def test_a_list_of_images_gives_a_list_of_predictions():
    model = make_model()
    first, second = np.zeros((28, 28), np.uint8), np.full((9, 9), 200, np.uint8)
    both = model.predict([first, second])
    assert [one.class_name for one in both] == [model.predict(first).class_name, model.predict(second).class_name]
    assert model.predict([]) == []


def test_predicting_what_is_no_image_names_the_file(tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    with pytest.raises(convlens.ImageError, match=r"notes\.png"):
        make_model().predict(tmp_path / "notes.png")


def test_a_notebook_shows_a_summary_and_escapes_names():
    shown = make_model("dense", (1, 8, 8), ("<script>", "b"), data="x", seconds=2.0)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "130" in shown  # 64 · 2 weights and 2 biases


def test_a_summary_counts_only_what_is_learned():
    model = make_model("conv 4 3x3, batchnorm, dense", (1, 8, 8), ("a", "b"))
    # 4·9 + 4, batch normalisation 4 + 4, dense 4·6·6·2 + 2.
    assert model.parameters == 40 + 8 + 290
    assert repr(model).endswith("input 1×8×8, 2 classes, 338 parameters)")
