"""What a model stores of its preprocessing: the arithmetic, the way through JSON, and what is refused."""

import json

import numpy as np
import pytest

from convlens.errors import UsageError
from convlens.preprocessing import Normalisation, Preprocessing, fit_preprocessing

COLOUR = Preprocessing((3, 32, 48), "letterbox", None, Normalisation((0.5, 0.4, 0.3), (0.2, 0.2, 0.25)))


def test_normalisation_by_hand():
    pixels = np.array([[[[0, 51]], [[255, 102]]]], np.uint8)  # 1 image of 2 channels of 1×2
    network_input = Normalisation((0.0, 0.5), (1.0, 0.25)).apply(pixels)
    assert network_input.dtype == np.float32
    np.testing.assert_allclose(network_input, [[[[0, 0.2]], [[2, -0.4]]]], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("preprocessing", [Preprocessing(), COLOUR, Preprocessing((1, 8, 9), "letterbox", False)])
def test_through_json_and_back(preprocessing):
    assert Preprocessing.from_dict(json.loads(json.dumps(preprocessing.as_dict()))) == preprocessing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": "imagenet"}, "rules 'imagenet': digit, garment, glyph, letterbox are known; choose one of them"),
        ({"rules": 3}, r"Expected `str`, got `int` - at `\$\.rules`"),
        ({"image_shape": [28, 28]}, r"Expected `array` of length 3, got 2 - at `\$\.image_shape`"),
        ({"image_shape": [2, 28, 28]}, "with 1 or 3 channels"),
        ({"image_shape": [1, 28.0, 28]}, r"Expected `int`, got `float` - at `\$\.image_shape\[1\]`"),
        ({"image_shape": [1, 0, 28]}, "an image shape of"),
        ({"image_shape": 28}, r"Expected `array`, got `int` - at `\$\.image_shape`"),
        ({"rules": "glyph", "image_shape": [3, 8, 8]}, "the rules 'glyph' make grey images, not 3×8×8: use letterbox"),
        ({"image_shape": [1, 28, 32]}, "the rules 'digit' make square grey images, not 1×28×32: use letterbox"),
        ({"light_on_dark": 1}, r"Expected `bool \| null`, got `int` - at `\$\.light_on_dark`"),
        ({"normalisation": {"mean": [0, 0], "std": [1, 1]}}, "2 normalised channels for images of 1: give one mean"),
        ({"normalisation": {"mean": [0], "std": []}}, "1 means and 0 deviations: give one of each for every channel"),
        ({"normalisation": {"mean": [0], "std": [0]}}, "all must be finite, and std greater than 0"),
        ({"normalisation": {"mean": [float("nan")], "std": [1]}}, "all must be finite"),
        ({"normalisation": {"mean": "0", "std": [1]}}, r"Expected `array`, got `str` - at `\$\.normalisation\.mean`"),
        (
            {"normalisation": {"mean": [True], "std": [1]}},
            "Expected `float`, got `bool` - at .*mean",
        ),
        ({"normalisation": 1}, r"Expected `object`, got `int` - at `\$\.normalisation`"),
        ({"blur": 2}, r"the preprocessing is not what a model stores: Object contains unknown field `blur`\."),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        Preprocessing.from_dict(Preprocessing().as_dict() | change)


def test_nothing_may_be_missing():
    with pytest.raises(UsageError, match="Object missing required field `image_shape`"):
        Preprocessing.from_dict({"rules": "digit", "light_on_dark": True})


@pytest.mark.parametrize(("former", "name"), [("mnist", "digit"), ("fashion-mnist", "garment"), ("ink", "glyph")])
def test_former_names_of_rules_load_silently_and_are_deprecated_where_somebody_writes_them(former, name):
    assert Preprocessing.from_dict(Preprocessing().as_dict() | {"rules": former}).rules == name
    with pytest.warns(DeprecationWarning, match=f"the preprocessing rules '{former}' are called '{name}' now"):
        assert Preprocessing(rules=former).rules == name
    with pytest.warns(DeprecationWarning, match=f"'{former}' are called '{name}' now"):
        assert fit_preprocessing(np.zeros((2, 1, 8, 8), np.uint8), former).rules == name
