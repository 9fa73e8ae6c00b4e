"""What the page gets of a model: all that it needs, nothing that JSON cannot hold, no more bytes than stated."""

import base64
import json
import sys
import zlib
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import LabelledImages, Network, TrainedModel, UsageError
from convlens.calibration import Calibration
from convlens.exports import page_model, page_weights
from convlens.exports.page_model import fingerprint
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


def make(text, shape=(1, 28, 28), classes=10, facts=None, calibration=None, draw=initial_weights):
    network = Network.from_text(text)
    scaling = Normalisation((0.25,) * shape[0], (0.5,) * shape[0])
    names = tuple(str(number) for number in range(classes))
    weights = draw(network, shape, classes, seed=0)
    preprocessing = Preprocessing(shape, "letterbox", None, scaling)
    return TrainedModel(network, weights, preprocessing, names, facts or {}, calibration or Calibration())


def zeros(network, shape, classes, seed):
    """Weights that take no time to draw."""
    del seed
    return {name: np.zeros(size, np.float32) for name, size in network.parameter_shapes(shape, classes).items()}


def decode(text, kind: Any = "<f4") -> Any:
    return np.frombuffer(base64.b64decode(text), kind)


def make_samples(model, count=3):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, *model.plan.input_shape), np.uint8)
    return LabelledImages(images, np.arange(count) % len(model.class_names), model.class_names, "samples")


def test_the_tutorials_network():
    payload = page_model(make(TUTORIAL), name="digits")
    assert list(payload) == [
        *("format", "name", "network", "input_shape", "class_names", "layers", "weights", "normalisation"),
        *("calibration", "preprocessing", "facts", "check", "samples"),
    ]
    assert (payload["format"], payload["name"], payload["network"]) == (2, "digits", TUTORIAL)
    assert (payload["input_shape"], payload["class_names"]) == ([1, 28, 28], list("0123456789"))
    assert payload["layers"][3] == {
        "index": 3,
        "path": "3",
        "kind": "conv",
        "text": "conv 16 3x3 pad 1",
        "inputs": [2],
        "depth": 0,
        "branch": "",
        "input_shape": [8, 14, 14],
        "output_shape": [16, 14, 14],
        "kernel": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "dilation": [1, 1],
        "groups": 1,
        "size_formula": "⌊(14 + 2·1 − 3)/1⌋ + 1 = 14",
        "parameters": 1168,
        "parameters_formula": "16·(8·3·3 + 1) = 1,168",
        "multiply_adds": 225_792,
        "receptive_field": [8, 8],
    }
    assert [layer["kind"] for layer in payload["layers"]] == [
        *("conv", "relu", "maxpool", "conv", "relu", "maxpool", "flatten", "dense"),
    ]
    assert payload["layers"][7]["text"] == "dense 10"
    assert payload["normalisation"] == {"mean": [0.25], "std": [0.5]}
    assert payload["samples"] is None


def test_what_only_some_layers_have():
    conv, pool = "conv 2 3x2 stride 2x1 pad 1x0 dilation 1x2", "avgpool 2x3 stride 1"
    text = f"{conv}, batchnorm, leaky_relu 0.2, {pool}, dropout 0.5, dense"
    layers = page_model(make(text))["layers"]
    assert (layers[0]["kernel"], layers[0]["stride"], layers[0]["padding"], layers[0]["dilation"]) == (
        *([3, 2], [2, 1], [1, 0], [1, 2]),
    )
    assert layers[1]["epsilon"] == 1e-5
    assert layers[2]["slope"] == 0.2
    assert (layers[3]["kernel"], layers[3]["stride"], layers[3]["dilation"]) == ([2, 3], [1, 1], [1, 1])
    assert "kernel" not in layers[4]


def test_branches_come_as_layers_with_their_inputs():
    text = "conv 4 1x1, residual(conv 4 3x3 pad 1 groups 2, relu), concat(conv 2 1x1; ), globalavgpool, dense"
    payload = page_model(make(text))
    found = [(one["path"], one["kind"], one["inputs"], one["depth"], one["branch"]) for one in payload["layers"]]
    assert found == [
        ("0", "conv", [-1], 0, ""),
        ("1.body.0", "conv", [0], 1, "body"),
        ("1.body.1", "relu", [1], 1, "body"),
        ("1", "add", [2, 0], 0, ""),
        ("2.branches.0.0", "conv", [3], 1, "branch 0"),
        ("2", "concat", [4, 3], 0, ""),
        ("3", "globalavgpool", [5], 0, ""),
        ("4", "flatten", [6], 0, ""),
        ("5", "dense", [7], 0, ""),
    ]
    assert payload["layers"][1]["groups"] == 2
    assert payload["weights"]["1.body.0.weight"]["shape"] == [4, 2, 3, 3]
    assert payload["layers"][5]["output_shape"] == [6, 28, 28]


def test_weights_are_little_endian_float32():
    model = make("conv 2 3x3, batchnorm, relu, dense")
    weights = page_model(model)["weights"]
    assert list(weights) == [
        "0.weight",
        "0.bias",
        *(f"1.{name}" for name in ("weight", "bias", "running_mean", "running_var")),
        "4.weight",
        "4.bias",
    ]
    for name, tensor in weights.items():
        assert tensor["shape"] == list(model.weights[name].shape)
        np.testing.assert_array_equal(decode(tensor["data"]).reshape(tensor["shape"]), model.weights[name])
    assert page_weights({"a.bias": np.array([1], ">f4")})["a.bias"]["data"] == "AACAPw=="


def test_the_fingerprint_knows_every_bit():
    weights = make("conv 2 3x3, dense").weights
    before = fingerprint(weights)
    weights["0.weight"].view(np.uint32).reshape(-1)[5] ^= 1
    assert fingerprint(weights) != before


def test_counters_of_batches_are_left_out():
    weights = {"1.bias": np.array([3.0, 4.0], np.float32), "1.num_batches_tracked": np.array(7, np.int64)}
    assert list(page_weights(weights)) == ["1.bias"]
    two = {**weights, "2.bias": np.array([5.0], ">f4")}
    assert fingerprint(two) == zlib.crc32(np.array([3, 4, 5], "<f4").tobytes())


def test_pictures_for_the_check_are_four_and_two_of_noise():
    model = make("dense", (1, 40, 40))
    check = page_model(model, make_samples(model, 6))["check"]
    *pictures, dense, sparse = decode(check["images"], np.uint8).reshape(-1, 1, 40, 40)
    assert len(pictures) == 4
    np.testing.assert_array_equal(dense, np.random.default_rng(0).integers(0, 256, (2, 1, 40, 40), np.uint8)[0])
    assert (dense == 0).mean() < 0.02
    assert 0.6 < (sparse == 0).mean() < 0.72
    places = [len(layer["places"]) for layer in check["layers"]]
    assert set(places[:-1]) <= {24, 25}  # 24 places, and that of the largest value
    assert places[-1] == 10


def test_check_vectors_are_what_the_engine_says():
    model = make(TUTORIAL)
    samples = make_samples(model, 6)
    for payload, images, count in (
        (page_model(model, samples), samples.images[:4], 6),
        (page_model(model, samples, samples.images[5:]), samples.images[5:], 3),
        (page_model(model), samples.images[:0], 2),
    ):
        check = payload["check"]
        assert check["count"] == count
        pictures = decode(check["images"], np.uint8).reshape(count, 1, 28, 28)
        np.testing.assert_array_equal(pictures[: len(images)], images)
        outputs = model.engine.activations(pictures)
        assert len(check["layers"]) == len(outputs) == 9
        for layer, output in zip(check["layers"], outputs, strict=True):
            flat = output.reshape(count, -1)
            assert layer["places"] == sorted(set(layer["places"]))
            assert len(layer["places"]) >= min(24, flat.shape[1])
            np.testing.assert_array_equal(decode(layer["values"]).reshape(count, -1), flat[:, layer["places"]])
            assert layer["largest"] == np.abs(flat).max()
            # the largest value is among the places
            assert np.abs(decode(layer["values"])).max() == np.float32(layer["largest"])
        np.testing.assert_allclose(
            decode(check["logits"]).reshape(count, 10), model.logits(pictures), rtol=1e-5, atol=1e-5
        )


def test_the_same_model_gives_the_same_payload():
    one, other = (json.dumps(page_model(make(TUTORIAL))) for _ in range(2))
    assert one == other


def test_everything_is_json_and_facts_are_chosen():
    facts = {
        "data": "mnist",
        "seed": 3,
        "test": {"accuracy": 0.9, "correct": 9, "total": 10},
        "settings": {"secret": 1},
    }
    model = make("dense", facts=facts, calibration=Calibration(1.5, 0.75))
    payload = page_model(model, make_samples(model))
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload
    assert payload["facts"] == {"data": "mnist", "seed": 3, "test": facts["test"]}
    assert payload["calibration"] == {"temperature": 1.5, "threshold": 0.75}
    assert payload["preprocessing"] == model.preprocessing.as_dict()


@pytest.mark.slow
def test_the_tutorials_model_with_sixty_samples_is_small(user_data_folder):
    digits = convlens.load_dataset("mnist", data_dir=user_data_folder)
    model = convlens.train(digits, epochs=1)
    assert digits.test is not None
    samples = convlens.exports.choose_samples(model, digits.test)
    payload = page_model(model, samples)
    assert payload["samples"]["count"] == 60
    assert len(json.dumps(payload, separators=(",", ":"))) < 160_000


def test_a_model_whose_numbers_overflow_is_refused():
    model = make("conv 2 3x3, relu, dense", (1, 8, 8), 2)
    weights = {**model.weights, "3.weight": np.full_like(model.weights["3.weight"], 3e38)}
    model = TrainedModel(model.network, weights, model.preprocessing, model.class_names)
    with pytest.raises(
        UsageError, match=r"^the layer 'dense 2' of this model has numbers that are not finite, which a page cannot"
    ):
        page_model(model)


def test_a_model_that_is_too_large_is_refused():
    text = "dense 2000, relu, dense 10500, relu, dense"
    with pytest.raises(
        UsageError, match=r"22,685,510 parameters; a page can show up to 20,000,000. Train a smaller network"
    ):
        page_model(make(text, draw=zeros))
    with pytest.raises(UsageError, match=r"give 87,570,128 numbers for one picture; a page can show up to 50,000,000"):
        page_model(make("conv 64 1x1, relu, conv 4 1x1, globalavgpool", (3, 814, 815), 4))


@pytest.mark.parametrize(("limit", "most"), [("MOST_PARAMETERS", 650), ("MOST_VALUES", 64 + 10)])
def test_a_model_of_just_the_largest_size_is_shown(monkeypatch, limit, most):
    model = make("dense", (1, 8, 8))  # 64·10 weights and 10 biases; 64 flat numbers and 10 answers
    module = sys.modules["convlens.exports.page_model"]
    monkeypatch.setattr(module, limit, most)
    assert page_model(model)["class_names"] == list("0123456789")
    monkeypatch.setattr(module, limit, most - 1)
    with pytest.raises(UsageError, match=rf"\b{most} .*; a page can show up to {most - 1}\."):
        page_model(model)


def test_why_a_training_stopped_is_said():
    facts = {"seed": 3, "finished": False, "steps": 120, "planned_steps": 9380}
    sentence = "Training was stopped at step 120 of 9,380; this is the model at that point."
    assert page_model(make("dense", facts=facts))["facts"] == {"seed": 3, "stopped": sentence}
    assert "stopped" not in page_model(make("dense", facts={"seed": 3}))["facts"]


def test_samples_that_do_not_fit_are_refused():
    model = make("dense")
    other = LabelledImages(np.zeros((1, 1, 8, 8), np.uint8), np.array([0]), model.class_names)
    with pytest.raises(UsageError, match="the samples are pictures of 1×8×8; this model takes 1×28×28"):
        page_model(model, other)
    with pytest.raises(UsageError, match="the check images are uint8 of 1×8×8; this model takes uint8 of 1×28×28"):
        page_model(model, check_images=other.images)
    with pytest.raises(
        UsageError, match=r"the check images are float32 of 1×28×28; this model takes uint8 of 1×28×28\."
    ):
        page_model(model, check_images=np.zeros((1, 1, 28, 28), np.float32))  # pyright: ignore[reportArgumentType]
    five = make("dense", classes=5)
    with pytest.raises(
        UsageError, match=r"10 \(0, 1, 2, 3, 4, \.\.\.\), not 5 \(0, 1, 2, 3, 4\)\. Give samples of its"
    ):
        page_model(five, make_samples(model))
    names = LabelledImages(np.zeros((1, 1, 28, 28), np.uint8), np.array([0]), ("cat", "dog"))
    with pytest.raises(
        UsageError, match=r"other classes than the model: 2 \(cat, dog\), not 10 \(0, 1, 2, 3, 4, \.\.\.\)"
    ):
        page_model(model, names)
