"""What a model stores of how its training images look: the way through JSON, and what is refused."""

import json

import msgspec
import numpy as np
import pytest

from convlens.errors import UsageError
from convlens.preprocessing import Appearance, Centre, Preprocessing, Spread, fit_preprocessing

SOME = Spread(0.0, 0.1, 0.2, 0.3, 0.4)
LOOKS = Appearance(7, SOME, Centre("box", 0.0, -0.1, 0.02, 0.03), SOME, SOME, SOME, SOME, SOME)
STORED = msgspec.to_builtins(LOOKS)


def test_through_json_and_back():
    preprocessing = Preprocessing((1, 32, 48), "glyph", None, appearance=LOOKS)
    assert Preprocessing.from_dict(json.loads(json.dumps(preprocessing.as_dict()))) == preprocessing
    fitted = fit_preprocessing(np.random.default_rng(0).integers(0, 256, (9, 1, 20, 20)).astype(np.uint8), "glyph")
    assert fitted.appearance is not None
    assert Preprocessing.from_dict(json.loads(json.dumps(fitted.as_dict()))) == fitted


def test_what_is_stored_is_plain():
    assert STORED == {
        "images": 7,
        "fill": [0.0, 0.1, 0.2, 0.3, 0.4],
        "background": [0.0, 0.1, 0.2, 0.3, 0.4],
        "contrast": [0.0, 0.1, 0.2, 0.3, 0.4],
        "ink_share": [0.0, 0.1, 0.2, 0.3, 0.4],
        "stroke": [0.0, 0.1, 0.2, 0.3, 0.4],
        "softness": [0.0, 0.1, 0.2, 0.3, 0.4],
        "centre": {"by": "box", "down": 0.0, "right": -0.1, "distance": 0.02, "farthest": 0.03},
    }


def test_models_of_version_1_know_nothing_of_it():
    version_1 = Preprocessing().as_dict()
    del version_1["appearance"]
    assert Preprocessing.from_dict(version_1) == Preprocessing()
    assert Preprocessing.from_dict(version_1).appearance is None


def test_a_spread_knows_what_it_holds():
    assert SOME.width == 0.2
    assert SOME.holds(0.4)
    assert not SOME.holds(0.41)
    assert SOME.holds(-0.05, tolerance=0.1)


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fill": [0.1, 0.2, NAN, 0.3, 0.4]}, "a spread of .* give five finite numbers, from the lowest"),
        ({"fill": [0.1, 0.2, 0.3, 0.4, INFINITE]}, "give five finite numbers"),
        ({"fill": [0.4, 0.3, 0.2, 0.1, 0.0]}, "from the lowest to the highest"),
        ({"fill": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]}, "length"),
        ({"fill": [0.1, 0.2]}, r"Expected `array` of at least length 5, got 2 - at `\$\.appearance\.fill`"),
        ({"stroke": "thick"}, r"Expected `array`, got `str` - at `\$\.appearance\.stroke`"),
        ({"stroke": [True] * 5}, r"Expected `float`, got `bool` - at `\$\.appearance\.stroke"),
        ({"stroke": [10**400] * 5}, r"Number out of range - at `\$\.appearance\.stroke"),
        ({"images": 0}, "an appearance of 0 images: give a whole number from 1"),
        ({"images": 2.5}, r"Expected `int`, got `float` - at `\$\.appearance\.images`"),
        ({"images": True}, r"Expected `int`, got `bool` - at `\$\.appearance\.images`"),
        ({"centre": 3}, r"Expected `object`, got `int` - at `\$\.appearance\.centre`"),
        ({"centre": {**STORED["centre"], "by": "feel"}}, "a centre by 'feel': give mass or box"),
        ({"centre": {**STORED["centre"], "by": None}}, r"Expected `str`, got `null` - at `\$\.appearance\.centre\.by`"),
        ({"centre": {**STORED["centre"], "down": NAN}}, "a centre at .* give finite numbers"),
        ({"centre": {**STORED["centre"], "distance": -1}}, "distances that are not negative"),
        ({"mood": 1}, r"Object contains unknown field `mood` - at `\$\.appearance`"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        Preprocessing.from_dict({**Preprocessing().as_dict(), "appearance": {**STORED, **change}})


def test_nothing_of_it_may_be_missing():
    with pytest.raises(UsageError, match=r"Object missing required field `images` - at `\$\.appearance`"):
        Preprocessing.from_dict({**Preprocessing().as_dict(), "appearance": {}})
    with pytest.raises(UsageError, match=r"Expected `object \| null`, got `array` - at `\$\.appearance`"):
        Preprocessing.from_dict({**Preprocessing().as_dict(), "appearance": []})
