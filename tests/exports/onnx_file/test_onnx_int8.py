"""ONNX with 8 bits: what is stored, what the proof counts, and what it refuses."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import LabelledImages, Network, TrainedModel
from convlens.data import Dataset
from convlens.engines import Plan, open_engine
from convlens.errors import ProofFailed
from convlens.exports.contents import Contents, check_images
from convlens.exports.onnx_file import OnnxFile
from convlens.exports.onnx_file.network import onnx_model
from convlens.exports.onnx_file.running import open_session
from convlens.exports.options import ExportOptions
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def model(digits_8x8: Dataset) -> TrainedModel:
    """Random kernels, and a dense layer fitted by least squares, in a hundredth of a training's time."""
    body = "conv 8 3x3 pad 1, batchnorm, relu, maxpool 2"
    shape, images, labels = (1, 8, 8), digits_8x8.train.images, digits_8x8.train.labels
    weights = initial_weights(Network(body), shape, 128, seed=3)
    weights["1.running_mean"] += 0.1
    weights["1.running_var"] *= 0.05
    plan = Plan(Network(body), shape, 128, Normalisation())
    engine = open_engine(plan, "auto", "cpu", 1)
    engine.set_weights(weights)
    features = np.column_stack([engine.logits(images), np.ones(len(images))])
    fitted = np.linalg.lstsq(features, 6 * np.eye(10)[labels], rcond=1e-3)[0].T.astype(np.float32)
    weights |= {"5.weight": fitted[:, :-1].copy(), "5.bias": fitted[:, -1].copy()}
    return TrainedModel(Network(f"{body}, dense"), weights, Preprocessing(shape), digits_8x8.train.class_names)


@pytest.fixture(scope="module")
def test_images(digits_8x8: Dataset) -> LabelledImages:
    assert digits_8x8.test is not None
    return digits_8x8.test


@pytest.fixture(scope="module")
def contents(model: TrainedModel, digits_8x8: Dataset) -> Contents:
    typical = digits_8x8.train.images[:200]
    return Contents(model, "digits", check_images(model), None, ExportOptions(int8=True), typical)


def arrays_of(graph: Any) -> dict[str, np.ndarray]:
    return {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}


def test_the_proof_counts_answers(model, test_images, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("convlens.exports.exporting.find_training_images", lambda *_: test_images)
    written = convlens.export(model, tmp_path / "d.onnx", data=test_images, int8=True)
    session = open_session(written.path, threads=1)
    logits = session.run(["logits"], {"images": test_images.images})[0]
    before = model.logits(test_images.images).argmax(axis=1)
    proof = written.proof.as_dict()
    assert (proof["images"], proof["held_out"]) == (297 + 6, 297)
    assert proof["same_answers"] == (logits.argmax(axis=1) == before).sum() >= 290
    assert proof["accuracy_before"] == (before == test_images.labels).mean() > 0.8
    assert proof["accuracy_after"] == (logits.argmax(axis=1) == test_images.labels).mean()
    assert 0 < proof["details"]["difference_of_float32"] < 1e-5 < proof["largest_difference"] < 0.2
    assert json.loads(session.get_modelmeta().custom_metadata_map["convlens"])["proof"] == proof
    assert len(np.unique(logits)) > 2000  # not steps of 8 bits
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_weights_are_bytes_with_a_scale_for_each_channel(contents, model):
    stored = arrays_of(onnx_model(contents).graph)
    kernels = [name for name, array in stored.items() if array.dtype == np.int8 and array.ndim == 4]
    assert len(kernels) == 1
    bytes_, scales = stored[kernels[0]], stored[kernels[0].replace("_quantized", "_scale")]
    assert bytes_.shape == (8, 1, 3, 3)
    assert scales.shape == (8,)
    assert np.abs(bytes_.astype(int)).max(axis=(1, 2, 3)).tolist() == [64] * 8
    weights = model.weights
    factor = weights["1.weight"] / np.sqrt(weights["1.running_var"] + 1e-5)  # of the batch normalisation
    expected = weights["0.weight"] * factor[:, None, None, None]
    differences = np.abs(bytes_ * scales[:, None, None, None] - expected).max(axis=(1, 2, 3))
    assert (differences <= 0.501 * scales).all()
    assert stored["5.weight_quantized"].dtype == np.int8
    assert not any(array.dtype == np.float32 and array.size > 20 for array in stored.values())


def test_only_standard_operators_and_all_metadata(contents, model):
    quantised = onnx_model(contents)
    assert [(one.domain, one.version) for one in quantised.opset_import] == [("", 17)]
    assert {node.domain for node in quantised.graph.node} <= {"", "ai.onnx"}
    assert (quantised.ir_version, quantised.producer_name) == (8, "convlens")
    assert [one.key for one in quantised.metadata_props] == ["convlens"]
    assert [one.name for one in quantised.graph.output] == ["probabilities", "logits", "unknown"]
    assert onnx_model(contents).SerializeToString() == quantised.SerializeToString()


def test_blocks_and_all_activations():
    text = (
        "conv 6 3x3 pad 1, gelu, residual(conv 6 3x3 pad 1, batchnorm, silu), leaky_relu, "
        "concat(conv 4 1x1, sigmoid; avgpool 3 stride 1 pad 1, tanh), conv 6 3x3 groups 2, globalavgpool, dense"
    )
    weights = initial_weights(Network(text), (3, 9, 9), 4, seed=1)
    preprocessing = Preprocessing((3, 9, 9), "letterbox", None, Normalisation((0.5,) * 3, (0.2,) * 3))
    model = TrainedModel(Network(text), weights, preprocessing, tuple("abcd"))
    images = np.random.default_rng(0).integers(0, 256, (60, 3, 9, 9), np.uint8)
    contents = Contents(model, "m", check_images(model), None, ExportOptions(int8=True), images[:30])
    content = onnx_model(contents).SerializeToString()
    found = open_session(content, threads=1).run(["logits"], {"images": images})[0]
    expected = model.logits(images)
    assert np.abs(found - expected).max() < 0.3 * np.ptp(expected, axis=0).min()
    assert np.abs(found - expected).max() > 1e-5


def flip_a_bit(graph: Any) -> None:
    tensor = next(one for one in graph.initializer if one.name == "5.weight_quantized")
    array = onnx.numpy_helper.to_array(tensor).copy()
    array.view(np.uint8).reshape(-1)[3] ^= 1 << 2
    tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))


def test_one_flipped_bit_is_found(contents, test_images, tmp_path):
    kind, path = OnnxFile(), tmp_path / "d.onnx"
    kind.write(contents, path, None)
    kind.prove(contents, path, test_images)
    kind.prove(contents, path, None)
    broken = onnx.load(path)
    flip_a_bit(broken.graph)
    onnx.save(broken, path)
    with pytest.raises(ProofFailed, match=r"^the graph in the file is not the one that quantisation gives$"):
        kind.prove(contents, path, test_images)


def test_a_wrong_graph_before_quantisation_is_found(contents, test_images, tmp_path, monkeypatch):
    path = tmp_path / "d.onnx"
    monkeypatch.setattr("convlens.exports.onnx_file.network._normalised", lambda *given: given[-1])
    OnnxFile().write(contents, path, None)
    with pytest.raises(ProofFailed, match="differs by"):
        OnnxFile().prove(contents, path, test_images)


def test_a_file_that_lost_too_much_is_not_kept(model, test_images, tmp_path, monkeypatch):
    black = LabelledImages(test_images.images * 0, test_images.labels, test_images.class_names)
    monkeypatch.setattr("convlens.exports.exporting.find_training_images", lambda *_: black)
    with pytest.raises(ProofFailed) as raised:
        convlens.export(model, tmp_path / "d.onnx", data=test_images, int8=True)
    assert str(raised.value).startswith(
        f"{tmp_path / 'd.onnx'} was deleted, because it does not answer like the model: "
    )
    assert str(raised.value).endswith("answers differ; at most 5.0 % may. Leave out int8.")
    assert list(Path(tmp_path).glob("*.onnx")) == []
