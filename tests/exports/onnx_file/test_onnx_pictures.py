"""ONNX for pictures of any size: the preparation is Convlens's, pixel for pixel, and the proof finds what differs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convlens
from convlens import LabelledImages, Network, TrainedModel
from convlens.calibration import Calibration
from convlens.errors import ProofFailed, UsageError
from convlens.exports.contents import Contents, check_images
from convlens.exports.onnx_file import OnnxFile, picture
from convlens.exports.onnx_file.graph import Graph
from convlens.exports.onnx_file.running import open_session, read_metadata
from convlens.exports.options import ExportOptions
from convlens.exports.pictures import make_pictures
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing, prepare

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

COLOUR, GREY = (3, 24, 33), (1, 28, 20)


def preprocessing_of(shape: tuple[int, int, int]) -> Preprocessing:
    channels = shape[0]
    return Preprocessing(shape, "letterbox", None, Normalisation((0.45,) * channels, (0.25,) * channels))


def preparation(shape: tuple[int, int, int]) -> Callable[[np.ndarray], np.ndarray]:
    """The graph of the preparation alone, as a function: N×H×W×3 → N×C×H×W."""
    graph = Graph(onnx)
    pixels = picture.add_letterbox(graph, graph.take("images", np.uint8, ["N", "H", "W", 3]), preprocessing_of(shape))
    graph.give("pixels", pixels, np.float32, ["N", *shape])
    session = open_session(graph.finish("preparation", {}).SerializeToString(), threads=1)
    return lambda pictures: session.run(None, {"images": pictures})[0]


PREPARATIONS = {shape: preparation(shape) for shape in (COLOUR, GREY)}


def make_model(shape: tuple[int, int, int] = COLOUR, **changes: Any) -> TrainedModel:
    network = Network("conv 4 3x3 pad 1 stride 2, relu, conv 4 3x3 stride 2, relu, dense")
    weights = initial_weights(network, shape, 3, seed=2)
    calibration = Calibration(temperature=0.05, threshold=0.5)
    return TrainedModel(
        network, weights, changes.get("preprocessing", preprocessing_of(shape)), ("a", "b", "c"), {}, calibration
    )


@pytest.mark.parametrize("shape", [COLOUR, GREY])
def test_every_pixel_of_the_pictures_of_the_proof(shape: tuple[int, int, int]):
    for one in make_pictures():
        found = PREPARATIONS[shape](one[None])[0]
        expected = prepare(preprocessing_of(shape), one).pixels
        assert np.array_equal(found, expected), one.shape


@settings(max_examples=40)
@given(
    st.integers(1, 160), st.integers(1, 160), st.integers(1, 3), st.integers(0, 2**32), st.sampled_from([COLOUR, GREY])
)
def test_every_pixel_of_any_size(height: int, width: int, count: int, seed: int, shape: tuple[int, int, int]):
    pictures = np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), np.uint8)
    expected = [prepare(preprocessing_of(shape), one).pixels for one in pictures]
    assert np.array_equal(PREPARATIONS[shape](pictures), expected)


def test_pixels_by_hand():
    # Eight columns become four. Around the first, at distances of 1/4, 1/4 and 3/4 of the filter's half width, the
    # weights are 0.7790, 0.7790 and 0.0644: 255·0.0644/1.6225 = 10.1. The second has two of 0.7790 and
    # two of 0.0644: 255·1.558/1.6869 = 235.5. The rest of the frame is the border's median.
    row = np.array([0, 0, 255, 255, 0, 0, 0, 0], np.uint8)
    found = preparation((1, 2, 4))(np.repeat(row[None, None, :, None], 3, axis=3))
    assert found.tolist() == [[[[10, 236, 10, 0], [0, 0, 0, 0]]]]
    # Luma is (19595·R + 38470·G + 7471·B + 32768) / 65536: 76.2, 149.7 and 29.1 for the pure colours.
    colours = (255 * np.eye(3, dtype=np.uint8))[None, None]
    assert preparation((1, 1, 3))(colours).tolist() == [[[[76, 150, 29]]]]


def test_the_order_of_the_passes_is_that_of_the_installed_pillow(monkeypatch):
    # 160×35 loses more than twice as many rows as columns. The other order is off by one level at some pixels.
    noise, begins_with_columns = make_pictures([(160, 35)])[0], picture.pillow_may_begin_with_columns()
    assert begins_with_columns == (int(PIL.__version__.split(".")[0]) >= 13)
    expected = prepare(preprocessing_of(COLOUR), noise).pixels
    assert np.array_equal(PREPARATIONS[COLOUR](noise[None])[0], expected)
    monkeypatch.setattr(picture, "pillow_may_begin_with_columns", lambda: not begins_with_columns)
    differences = np.abs(preparation(COLOUR)(noise[None])[0] - expected)
    assert (differences.max(), 0 < (differences > 0).mean() < 0.5) == (1, True)


def make_images(shape: tuple[int, int, int]) -> LabelledImages:
    random = np.random.default_rng(1)
    return LabelledImages(random.integers(0, 256, (30, *shape), np.uint8), random.integers(0, 3, 30), ("a", "b", "c"))


@pytest.mark.parametrize(("shape", "int8"), [(COLOUR, False), (GREY, False), (COLOUR, True)])
def test_a_file_answers_like_predict(shape: tuple[int, int, int], int8: bool, tmp_path, monkeypatch):
    model, images = make_model(shape), make_images(shape)
    monkeypatch.setattr("convlens.exports.quantised_proof.MOST_DIFFERENT", 1.0)  # a network of noise is unsure
    monkeypatch.setattr("convlens.exports.quantised_proof.MOST_LOST", 1.0)
    written = convlens.export(model, tmp_path / "a.onnx", data=images, input="picture", int8=int8)
    assert (written.proof.details["pictures"], written.proof.details["difference_of_pictures"]) == (24, 0.0)
    session = open_session(written.path, threads=1)
    assert [(one.name, one.shape) for one in session.get_inputs()] == [("images", ["N", "H", "W", 3])]
    assert read_metadata(session)["input"] == "picture"
    tolerance = 0.5 if int8 else 1e-5
    for one in make_pictures([(60, 70), (300, 80), (9, 9)]):
        probabilities, _, unknown = session.run(None, {"images": one[None]})
        expected = model.predict(one, repair=True)
        np.testing.assert_allclose(probabilities[0], expected.probabilities, atol=tolerance)
        assert int8 or bool(unknown[0]) == expected.unknown


FAULTS = {
    "another filter": ("_HAMMING", (0.5, 0.5)),
    "blue for red": ("_LUMA", picture._LUMA[::-1].copy()),
    "another border": ("_BORDER", 8),
    "coarse coefficients": ("_STEPS", 2.0**7),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_proof_finds(fault: str, tmp_path, monkeypatch):
    model, kind, path = make_model(GREY), OnnxFile(), tmp_path / "a.onnx"
    contents = Contents(model, "a", check_images(model), None, ExportOptions(input="picture"))
    name, value = FAULTS[fault]
    monkeypatch.setattr(picture, name, value)
    kind.write(contents, path, None)
    with pytest.raises(ProofFailed, match=r"^pictures of other sizes than the network's are prepared otherwise: "):
        kind.prove(contents, path, make_images(GREY))


def test_rules_that_a_graph_cannot_hold(tmp_path):
    for preprocessing, reason in (
        (Preprocessing((1, 28, 28), "digit"), "by the rules 'digit', which remove shadows, frames and lines, and no"),
        (Preprocessing((1, 9, 9), "glyph"), "by the rules 'glyph', which remove shadows"),
        (Preprocessing((1, 9, 9), "garment"), "by the rules 'garment', which remove shadows"),
        (
            Preprocessing((1, 9, 9), "letterbox", True),
            "the images of this model are grey and light on dark, so pictures",
        ),
        (Preprocessing((1, 9, 9), "letterbox", False), "the images of this model are grey and dark on light, so"),
    ):
        model = make_model(preprocessing.image_shape, preprocessing=preprocessing)
        with pytest.raises(UsageError) as raised:
            convlens.export(model, tmp_path / "a.onnx", prove=0, input="picture")
        assert str(raised.value).startswith("input is 'picture', but ")
        assert reason in str(raised.value)
        assert raised.value.argument == "input"
        assert convlens.export(model, tmp_path / "b.onnx", prove=0, overwrite=True).proof.images == 2
