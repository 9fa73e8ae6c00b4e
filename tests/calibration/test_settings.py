"""What is stored of a calibration: its values, what is refused, and what it does to logits."""

import json

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.errors import UsageError

FITTED = Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000)


def test_a_temperature_divides_the_logits():
    # e^(0.6/2) = 1.349859 beside 1
    given = Calibration(temperature=2.0).probabilities(np.array([[0.6, 0.0]], np.float32))
    np.testing.assert_allclose(given, [[0.574443, 0.425557]], atol=1e-6)
    assert given.dtype == np.float64


def test_without_a_temperature_the_probabilities_are_the_networks_own():
    np.testing.assert_allclose(Calibration().probabilities(np.log([[1.0, 2.0, 5.0]])), [[0.125, 0.25, 0.625]])


def test_huge_logits_at_the_lowest_temperature_stay_numbers():
    given = Calibration(temperature=0.001).probabilities(np.array([[3e38, -3e38]], np.float32))
    assert given.tolist() == [[1, 0]]


def test_an_answer_needs_at_least_the_threshold():
    probabilities = np.array([[0.75, 0.25], [0.7499, 0.2501], [0.1, 0.9]])
    assert FITTED.answers(probabilities).tolist() == [True, False, True]
    assert Calibration().answers(probabilities).all()


def test_json_and_back():
    assert Calibration.from_dict(json.loads(json.dumps(FITTED.as_dict()))) == FITTED
    assert Calibration.from_dict(json.loads(json.dumps(Calibration().as_dict()))) == Calibration()


def test_whole_numbers_become_floating_point_ones():
    whole = Calibration(2, 1, 0, 1, 0, 3)
    assert [type(value) for value in whole.as_dict().values()] == [float] * 5 + [int]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0}, r"^a temperature of 0: it must be a number from 0\.001 to 1000\.$"),
        ({"temperature": -1.5}, r"a temperature of -1\.5: it must be"),
        ({"temperature": float("nan")}, "a temperature of nan"),
        ({"temperature": float("inf")}, "a temperature of inf"),
        ({"temperature": 10**400}, "a temperature of 10000"),
        ({"temperature": True}, "a temperature of True"),
        ({"temperature": "1"}, "a temperature of '1'"),
        ({"temperature": None}, "a temperature of None"),
        ({"threshold": 2}, "^a threshold of 2: it must be a number from 0 to 1, or be left out"),
        ({"threshold": float("nan")}, "a threshold of nan"),
        ({"threshold": [0.5]}, r"a threshold of \[0\.5\]"),
        ({"error_rate": -0.01}, r"an error rate of -0\.01"),
        ({"coverage": 1.01}, r"a coverage of 1\.01"),
        ({"error": "0"}, "an error of '0'"),
        ({"images": -1}, "^-1 validation images: it must be a whole number from 0"),
        ({"images": 2.0}, r"2\.0 validation images"),
        ({"images": True}, "True validation images"),
    ],
)
def test_values_that_are_not_allowed_are_named(changes, message):
    with pytest.raises(UsageError, match=message):
        Calibration(**changes)
    with pytest.raises(UsageError, match=message):
        Calibration.from_dict({**FITTED.as_dict(), **changes})


@pytest.mark.parametrize(
    "stored", [{}, {"temperature": 1.0}, {**FITTED.as_dict(), "mood": "good"}, [1.0], None, "1.0", 3]
)
def test_stored_values_must_be_all_there_and_no_others(stored):
    with pytest.raises(UsageError, match=r"^calibration has .*: give temperature, threshold, error_rate, coverage, "):
        Calibration.from_dict(stored)


@pytest.mark.parametrize(
    ("error_rate", "coverage", "error", "images", "shown"),
    [
        (0.01, 0.99, 0.0, 100, True),  # (0 + 1) / (99 + 1)
        (0.01, 0.98, 0.0, 100, False),  # 1 / 99
        (0.01, 1.0, 1 / 199, 199, True),  # 2 / 200
        (0.01, 1.0, 1 / 198, 198, False),  # 2 / 199
        (0.01, 0.0, None, 100, False),
        (None, 1.0, 0.0, 1000, False),
        (0.5, None, None, 0, False),
    ],
)
def test_whether_the_images_were_enough_to_show_the_rate(error_rate, coverage, error, images, shown):
    assert Calibration(1.0, 0.5, error_rate, coverage, error, images).rate_shown is shown
