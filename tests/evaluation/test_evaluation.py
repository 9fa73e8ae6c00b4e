"""Evaluations: every number worked out by hand for seven images."""

import dataclasses
import json
import math

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.evaluation import Evaluation
from convlens.metrics import Answered

NAMES = ("cat", "dog", "emu")


def judged(labels: list[int], predicted: list[int], names: tuple[str, ...] = NAMES) -> Evaluation:
    """An evaluation whose predicted class has e times the probability of each other one."""
    return Evaluation("pets", names, np.array(labels), np.eye(len(names), dtype=np.float32)[predicted])


SEVEN = judged([0, 0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 0, 0, 2])


def test_accuracy_and_its_interval_are_those_worked_out_by_hand():
    assert (SEVEN.correct, SEVEN.total, SEVEN.accuracy) == (4, 7, pytest.approx(4 / 7))
    # Wilson with p = 4/7, n = 7, z = 1.959964: the centre is (p + z²/14) / (1 + z²/7) = 0.546119, half the width
    # √(p(1 − p)/7 + z²/196) · z / (1 + z²/7) = 0.295661.
    assert SEVEN.interval == pytest.approx((0.250458, 0.841780), abs=1e-6)


def test_the_confusion_matrix_has_a_row_for_every_true_class():
    assert SEVEN.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 1]]


def test_classes_are_those_worked_out_by_hand():
    cat, dog, emu = SEVEN.classes
    assert (cat.precision, cat.recall, cat.f1, cat.support) == (2 / 4, 2 / 3, pytest.approx(4 / 7), 3)
    assert (dog.precision, dog.recall, dog.f1, dog.support) == (1 / 2, 1 / 2, 1 / 2, 2)
    assert (emu.precision, emu.recall, emu.f1, emu.support) == (1, 1 / 2, pytest.approx(2 / 3), 2)


def test_the_loss_is_the_one_worked_out_by_hand():
    # A right answer costs −log(e / (e + 2)) = 0.551445, a wrong one −log(1 / (e + 2)) = 1.551445.
    assert SEVEN.loss == pytest.approx((4 * 0.551445 + 3 * 1.551445) / 7, abs=1e-6)


def test_the_most_frequent_mistakes_come_first_and_equals_in_the_order_of_classes():
    assert SEVEN.most_confused(9) == [("cat", "dog", 1), ("dog", "cat", 1), ("emu", "cat", 1)]
    assert SEVEN.most_confused(2) == [("cat", "dog", 1), ("dog", "cat", 1)]
    often = judged([0, 1, 2, 2, 2, 2], [1, 1, 0, 0, 2, 1])
    assert often.most_confused(5) == [("emu", "cat", 2), ("cat", "dog", 1), ("emu", "dog", 1)]
    assert SEVEN.most_confused(0) == []


def test_the_hardest_errors_are_the_most_confident_ones():
    logits = np.array([[3, 0, 0], [0, 2, 0], [0, 5, 0], [0, 0, 1], [0, 2, 0]], np.float32)
    found = Evaluation("pets", NAMES, np.array([0, 0, 2, 0, 2]), logits)  # the first is right
    assert found.hardest_errors().tolist() == [2, 1, 4, 3]
    assert found.hardest_errors(2).tolist() == [2, 1]
    assert SEVEN.hardest_errors().tolist() == [2, 4, 5]


def test_the_probabilities_of_one_image_are_after_temperature():
    found = Evaluation("pets", NAMES, np.array([0, 1]), np.array([[2, 0, 0], [0, 0, 4]], np.float32), Calibration(2.0))
    # The logits become 1, 0, 0 and 0, 0, 2: e / (e + 2) and e² / (e² + 2).
    np.testing.assert_allclose(found.probabilities_of(0), [0.576117, 0.211942, 0.211942], atol=1e-6)
    np.testing.assert_allclose(found.probabilities_of(1), [0.106507, 0.106507, 0.786986], atol=1e-6)
    np.testing.assert_array_equal(found.probabilities[1], found.probabilities_of(1))


def test_no_mistakes_are_an_empty_list():
    right = judged([0, 1, 2], [0, 1, 2])
    assert right.most_confused(3) == []
    assert (right.accuracy, right.interval[1]) == (1, 1)


def test_of_equal_logits_the_first_class_is_predicted():
    equal = Evaluation("pets", NAMES, np.array([0, 1]), np.array([[5, 5, 5], [1, 2, 2]], np.float32))
    assert equal.predicted.tolist() == [0, 1]


def test_a_class_never_predicted_has_no_precision_and_one_never_present_no_recall():
    found = json.loads(json.dumps(judged([0, 0, 1], [0, 2, 0]).as_dict(), allow_nan=False))
    assert shares(found["classes"]["dog"]) == {"precision": None, "recall": 0, "f1": 0, "support": 1}
    assert shares(found["classes"]["emu"]) == {"precision": 0, "recall": None, "f1": 0, "support": 0}
    neither = judged([0], [0]).as_dict()["classes"]["dog"]
    assert shares(neither) == {"precision": None, "recall": None, "f1": None, "support": 0}
    # nothing is known of what never was: the interval is everything
    assert neither["recall_interval_95"] == neither["precision_interval_95"] == neither["f1_interval_95"] == [0, 1]


def shares(of_a_class: dict[str, object]) -> dict[str, object]:
    """Without the intervals."""
    return {name: value for name, value in of_a_class.items() if not name.endswith("interval_95")}


def test_the_dict_has_every_number():
    found = json.loads(json.dumps(SEVEN.as_dict()))
    assert (found["data"], found["total"], found["correct"]) == ("pets", 7, 4)
    assert found["accuracy"] == 4 / 7
    assert found["interval_95"] == list(SEVEN.interval)
    assert found["loss"] == SEVEN.loss
    cat = found["classes"]["cat"]
    assert shares(cat) == {"precision": 0.5, "recall": 2 / 3, "f1": SEVEN.classes[0].f1, "support": 3}
    # Wilson for 2 of 4, and for 2 of 3; of F1: J is 2 of 5, from 0.117622 to 0.769276, and F1 = 2J / (1 + J).
    assert cat["precision_interval_95"] == pytest.approx([0.150039, 0.849961], abs=1e-6)
    assert cat["recall_interval_95"] == pytest.approx([0.207660, 0.938508], abs=1e-6)
    assert cat["f1_interval_95"] == pytest.approx([0.210484, 0.869594], abs=1e-6)
    assert found["confusion"] == [[2, 1, 0], [1, 1, 0], [1, 0, 1]]


def test_repr_says_share_and_interval():
    assert repr(judged([0, 1] * 600, [0, 0] * 600)) == (
        "Evaluation('pets': 50.00 % of 1,200 images right, 95 % interval 47.18 % to 52.82 %)"
    )


# A right answer's logits are (1, 0, 0): its class has e / (e + 2) = 0.576117, each other one 0.211942. At half the
# temperature it has e² / (e² + 2) = 0.786986, each other one 0.106507.
SHARPENED = dataclasses.replace(SEVEN, calibration=Calibration(0.5, 0.7, 0.01, 1.0, 0.0, 100))


def test_the_calibration_errors_are_those_worked_out_by_hand():
    # All seven are in one bin, and 4/7 = 0.571429 of them right.
    assert SEVEN.calibration_error == pytest.approx(0.576117 - 4 / 7, abs=1e-6)
    assert SEVEN.calibration_error_before == SEVEN.calibration_error
    assert SHARPENED.calibration_error == pytest.approx(0.786986 - 4 / 7, abs=1e-6)
    assert SHARPENED.calibration_error_before == SEVEN.calibration_error
    # A bin for each of them: four right, three wrong.
    assert SHARPENED.equal_mass_calibration_error == pytest.approx((4 * 0.213014 + 3 * 0.786986) / 7, abs=1e-6)


def test_likelihood_and_brier_score_are_after_temperature():
    # −log 0.786986 = 0.239545 and −log 0.106507 = 2.239545
    assert SHARPENED.negative_log_likelihood == pytest.approx((4 * 0.239545 + 3 * 2.239545) / 7, abs=1e-6)
    assert SHARPENED.loss == SEVEN.loss == pytest.approx(SEVEN.negative_log_likelihood)
    # right: 0.213014² + 2 · 0.106507²; wrong: 0.786986² + 0.893493² + 0.106507²
    right, wrong = 0.045375 + 2 * 0.011344, 0.619347 + 0.798330 + 0.011344
    assert SHARPENED.brier == pytest.approx((4 * right + 3 * wrong) / 7, abs=2e-6)


def test_temperature_moves_no_prediction():
    np.testing.assert_array_equal(SHARPENED.predicted, SEVEN.predicted)
    np.testing.assert_array_equal(SHARPENED.probabilities.argmax(1), SEVEN.predicted)


def test_what_is_left_at_the_threshold():
    assert SHARPENED.answered == Answered(7, 7, 3)
    assert dataclasses.replace(SEVEN, calibration=Calibration(threshold=0.7)).answered == Answered(7, 0, 0)
    assert SEVEN.answered is None


def test_the_dict_has_what_can_be_believed():
    found = json.loads(json.dumps(dataclasses.replace(SHARPENED, notes=("one left out",)).as_dict(), allow_nan=False))
    assert found["at_threshold"] == {
        "threshold": 0.7, "error_rate": 0.01, "answered": 7, "wrong": 3, "coverage": 1, "error": 3 / 7,
    }  # fmt: skip
    assert found["temperature"] == 0.5
    assert found["expected_calibration_error"] == SHARPENED.calibration_error
    assert found["expected_calibration_error_before_temperature"] == SEVEN.calibration_error
    assert found["expected_calibration_error_equal_mass"] == SHARPENED.equal_mass_calibration_error
    assert found["negative_log_likelihood"] == SHARPENED.negative_log_likelihood
    assert found["brier_score"] == SHARPENED.brier
    assert found["notes"] == ["one left out"]
    assert SEVEN.as_dict()["at_threshold"] is None
    assert SEVEN.as_dict()["notes"] == []


def test_no_answers_have_no_error():
    nothing = dataclasses.replace(SEVEN, calibration=Calibration(threshold=1.0))
    assert nothing.as_dict()["at_threshold"]["error"] is None
    assert nothing.as_dict()["at_threshold"]["coverage"] == 0
    assert nothing.answered is not None
    assert math.isnan(nothing.answered.error)
