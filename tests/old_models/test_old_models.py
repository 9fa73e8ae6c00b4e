"""Model files of every format version so far: they load, predict what they did, and are written again byte by byte."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from convlens.files import sha256_of_file
from convlens.network import Network
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import TrainedModel, file_format, load_model

FOLDER = Path(__file__).parent
VERSION_1 = FOLDER / "format_version_1.safetensors"
IMAGE = (np.arange(64) * 37 % 256).astype(np.uint8).reshape(1, 1, 8, 8)


def test_the_file_of_version_1_is_the_one_that_was_made_then():
    assert sha256_of_file(VERSION_1) == "e6e0b6c79665192e276aa27dd8eff6bca3209649170b92aee461bc37a8447ef5"


def test_version_1_comes_back_with_all_that_it_says():
    model = load_model(VERSION_1)
    assert model.network == Network.from_text(
        "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, flatten, dense 6, leaky_relu 0.2, dense"
    )
    assert model.class_names == ("cat", "größe", "<b>7</b>")
    assert model.preprocessing == Preprocessing((1, 8, 8), "letterbox", True, Normalisation((0.125,), (0.5,)))
    assert model.facts == {
        "data": "made up",
        "seed": 3,
        "finished": True,
        "test": {"accuracy": 0.5, "correct": 1, "total": 2},
    }
    assert model.weights["1.num_batches_tracked"] == 9
    np.testing.assert_array_equal(
        model.weights["0.weight"][0, 0, 0], np.array([0.011821625, 0.45046368, -0.35584038], np.float32)
    )


def test_version_1_predicts_what_it_did():
    # Worked out with SciPy's correlate2d in float64 when the file was made, not with an engine.
    logits = [0.0403381619, 0.4314510342, 0.5041048631]
    model = load_model(VERSION_1)
    np.testing.assert_allclose(model.logits(IMAGE), [logits], atol=1e-6)
    # e^logits are 1.041163, 1.539490 and 1.655503; their sum is 4.236156.
    prediction = model.predict(IMAGE[0, 0])
    np.testing.assert_allclose(prediction.probabilities, [0.245780, 0.363417, 0.390803], atol=2e-6)
    assert prediction.class_name == "<b>7</b>"
    np.testing.assert_array_equal(prediction.pixels, IMAGE[0])


def test_version_1_is_written_again_byte_by_byte(tmp_path):
    again = load_model(VERSION_1).save(tmp_path / "again")
    assert again.read_bytes() == VERSION_1.read_bytes()


def test_every_version_up_to_this_one_has_its_small_file():
    versions = range(1, file_format.FORMAT_VERSION + 1)
    files = sorted(FOLDER.glob("*.safetensors"))
    assert [path.name for path in files] == [f"format_version_{version}.safetensors" for version in versions]
    assert all(path.stat().st_size < 10_000 for path in files)
    for version, path in zip(versions, files, strict=True):
        assert file_format.decode(path.read_bytes(), path.name)[0]["format_version"] == version
        assert isinstance(load_model(path), TrainedModel)


def test_the_script_makes_nothing_anew():
    before = VERSION_1.read_bytes()
    with pytest.raises(SystemExit, match=r"format_version_1\.safetensors is there already, and an old model is never"):
        runpy.run_path(str(FOLDER / "make.py"), run_name="__main__")
    assert VERSION_1.read_bytes() == before
