"""What a person is told of a calibration."""

import pytest

from convlens.calibration import Calibration, describe_answers, describe_calibration, describe_choice


def test_nothing_is_said_of_what_was_never_fitted():
    assert describe_calibration(Calibration()) == {}
    assert describe_choice(Calibration(threshold=0.9)) == ""


@pytest.mark.parametrize(
    ("temperature", "words"),
    [
        (1.31234, "1.31: the network was overconfident"),
        (0.555, "0.555: the network was underconfident"),
        (1.01, "1.01: the network was well calibrated"),
        (0.99, "0.99: the network was well calibrated"),
    ],
)
def test_the_temperature_says_what_the_network_was(temperature, words):
    assert describe_calibration(Calibration(temperature, images=5)) == {"temperature": words}


def test_a_threshold_set_by_hand_says_no_more_than_it_knows():
    assert describe_calibration(Calibration(threshold=0.9)) == {"threshold": "90.00 %: anything below is unknown"}


def test_a_fitted_threshold_says_what_it_answers():
    assert describe_calibration(Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000))["threshold"] == (
        "75.00 %: anything below is unknown; answers 98.50 % of 2,000 validation images, 0.61 % of those wrong "
        "(chosen for at most 1 %)"
    )


@pytest.mark.parametrize(
    ("calibration", "words"),
    [
        (
            Calibration(1.0, 0.9, 0.01, 0.5, 0.0, 40),
            "40 validation images are too few to show at most 1 %: it is above the confidence of every wrong answer",
        ),
        (
            Calibration(1.0, 0.6, 0.01, 1.0, 0.0, 40),
            "40 validation images are too few to show at most 1 %: none of them was wrong",
        ),
        (
            Calibration(1.0, 1.0, 0.01, 0.0, None, 40),
            "chosen for at most 1 %, but the most confident answer of 40 validation images was wrong",
        ),
        (
            Calibration(1.0, 1.0, 0.005, 1.0, 0.1, 40),
            "chosen for at most 0.5 %, but even with a confidence of 1 more answers are wrong",
        ),
    ],
)
def test_a_rate_that_was_not_reached_says_why(calibration, words):
    assert describe_choice(calibration) == words


def test_no_answers_have_no_error():
    assert describe_answers(0.0, None, "of the images") == "answers none of the images"
