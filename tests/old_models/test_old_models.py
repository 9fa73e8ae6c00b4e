"""Model files of every format version so far: they load, predict what they did, and are written again byte by byte."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.files import sha256_of_file
from convlens.layers import GELU, BatchNorm2d, Concat, Conv2d, Dense, MaxPool2d, ReLU, Residual, SiLU
from convlens.network import Network
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.preprocessing.appearance import Appearance, Centre, Spread
from convlens.trained_model import TrainedModel, file_format, load_model

FOLDER = Path(__file__).parent
VERSION_1, VERSION_2, VERSION_3 = (FOLDER / f"format_version_{version}.safetensors" for version in (1, 2, 3))
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
    assert model.calibration == Calibration()
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


def test_version_1_is_written_again_as_the_present_version(tmp_path):
    old = load_model(VERSION_1)
    again = load_model(old.save(tmp_path / "again"))
    assert (again.network, again.preprocessing, again.class_names) == (old.network, old.preprocessing, old.class_names)
    assert (again.facts, again.calibration) == (old.facts, Calibration())
    for name, array in old.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    assert file_format.decode((tmp_path / "again").read_bytes(), "again")[0]["format_version"] == 3


def test_the_file_of_version_2_is_the_one_that_was_made_then():
    assert sha256_of_file(VERSION_2) == "851fd421893d26dbd3947247ce89a6ae54bc9b62d7ea4c8d1a63203ab6c78efa"


def test_version_2_comes_back_with_all_that_it_says():
    model = load_model(VERSION_2)
    assert model.calibration == Calibration(1.25, 0.375, 0.01, 0.9375, 0.0078125, 128)
    assert model.preprocessing == Preprocessing(
        (1, 8, 8),
        "glyph",
        True,
        Normalisation((0.125,), (0.5,)),
        Appearance(
            images=640,
            fill=Spread(0.5, 0.625, 0.75, 0.875, 1.0),
            centre=Centre("mass", 0.0, -0.03125, 0.0625, 0.125),
            background=Spread(0.0, 0.0, 1.0, 4.0, 16.0),
            contrast=Spread(64.0, 128.0, 192.0, 255.0, 255.0),
            ink_share=Spread(0.03125, 0.0625, 0.125, 0.25, 0.5),
            stroke=Spread(0.0625, 0.0625, 0.125, 0.125, 0.25),
            softness=Spread(0.0, 0.125, 0.25, 0.375, 0.5),
        ),
    )
    first = load_model(VERSION_1)
    assert (model.network, model.class_names, model.facts) == (first.network, first.class_names, first.facts)
    for name, array in first.weights.items():
        np.testing.assert_array_equal(model.weights[name], array)


def test_version_2_divides_its_logits_by_its_temperature():
    model = load_model(VERSION_2)
    # Version 1's logits divided by 1.25 are 0.0322705, 0.3451608 and 0.4032839; e^ of these 1.032797, 1.412217 and
    # 1.496732, which come to 3.941746.
    probabilities = model.calibration.probabilities(model.logits(IMAGE))
    np.testing.assert_allclose(probabilities, [[0.262015, 0.358272, 0.379713]], atol=2e-6)
    assert model.calibration.answers(probabilities).tolist() == [True]


def test_version_2_says_what_its_rules_are_called_now():
    assert file_format.decode(VERSION_2.read_bytes(), "it")[0]["preprocessing"]["rules"] == "ink"
    assert load_model(VERSION_2).preprocessing.rules == "glyph"


def test_version_2_is_written_again_as_version_3(tmp_path):
    (before, weights), (after, weights_again) = (
        file_format.decode(path.read_bytes(), "it")
        for path in (VERSION_2, load_model(VERSION_2).save(tmp_path / "again"))
    )
    before["preprocessing"]["rules"] = "glyph"
    assert after == before | {"format_version": 3, "sha256": after["sha256"]}
    assert weights_again.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(weights_again[name], array)


def test_the_file_of_version_3_is_the_one_that_was_made_then():
    assert sha256_of_file(VERSION_3) == "9cedf147e8d9ab97df7b8791716aff977919464973f2f008be08e682ef7c96c2"


def test_version_3_comes_back_with_its_blocks():
    model = load_model(VERSION_3)
    assert model.network == Network(
        [
            Conv2d(4, kernel_size=3, padding=1), BatchNorm2d(), ReLU(),
            Residual([Conv2d(6, kernel_size=3, padding=1, groups=2), BatchNorm2d(), SiLU()],
                     shortcut=[Conv2d(6, kernel_size=1)]),
            MaxPool2d(2), Concat([Conv2d(2, kernel_size=1), GELU()], []), Dense(),
        ]
    )  # fmt: skip
    assert {name: array.shape for name, array in model.weights.items() if name[0] not in "01"} == {
        "3.body.0.weight": (6, 2, 3, 3), "3.body.0.bias": (6,),
        "3.body.1.weight": (6,), "3.body.1.bias": (6,),
        "3.body.1.running_mean": (6,), "3.body.1.running_var": (6,), "3.body.1.num_batches_tracked": (),
        "3.shortcut.0.weight": (6, 4, 1, 1), "3.shortcut.0.bias": (6,),
        "5.branches.0.0.weight": (2, 6, 1, 1), "5.branches.0.0.bias": (2,),
        "7.weight": (3, 128), "7.bias": (3,),
    }  # fmt: skip
    np.testing.assert_array_equal(
        model.weights["3.shortcut.0.weight"].ravel()[:3], np.array([-0.47351545, -0.05318705, -0.12814543], np.float32)
    )
    assert model.calibration == Calibration(1.25, 0.375, 0.01, 0.9375, 0.0078125, 128)


def test_version_3_predicts_what_it_did():
    # Worked out with SciPy's correlate2d, erf and expit in float64 when the file was made, not with an engine.
    logits = [-2.0197170, -0.2159318, 0.5310817]
    model = load_model(VERSION_3)
    np.testing.assert_allclose(model.logits(IMAGE), [logits], atol=2e-6)
    # e^(logits / 1.25) are 0.198737, 0.841352 and 1.529384; their sum is 2.569473.
    prediction = model.predict(IMAGE[0, 0], repair=False)
    np.testing.assert_allclose(prediction.probabilities, [0.077345, 0.327441, 0.595213], atol=2e-6)
    assert prediction.class_name == "<b>7</b>"


def test_version_3_is_written_again_byte_by_byte(tmp_path):
    facts, weights = file_format.decode(VERSION_3.read_bytes(), VERSION_3.name)
    assert file_format.encode(facts, weights) == VERSION_3.read_bytes()
    assert "gelu; ), dense" in facts["network"]  # as an empty last branch was written at first; now without the blank
    facts["network"] = facts["network"].replace("gelu; ), dense", "gelu;), dense")
    again = load_model(VERSION_3).save(tmp_path / "again")
    assert again.read_bytes() == file_format.encode(facts, weights)


def test_every_version_up_to_this_one_has_its_small_file():
    versions = range(1, file_format.FORMAT_VERSION + 1)
    files = sorted(FOLDER.glob("*.safetensors"))
    assert [path.name for path in files] == [f"format_version_{version}.safetensors" for version in versions]
    assert all(path.stat().st_size < 10_000 for path in files)
    for version, path in zip(versions, files, strict=True):
        assert file_format.decode(path.read_bytes(), path.name)[0]["format_version"] == version
        assert isinstance(load_model(path), TrainedModel)


def test_the_script_makes_nothing_anew():
    before = VERSION_3.read_bytes()
    with pytest.raises(SystemExit, match=r"format_version_3\.safetensors is there already, and an old model is never"):
        runpy.run_path(str(FOLDER / "make.py"), run_name="__main__")
    assert VERSION_3.read_bytes() == before
