"""The fitted temperature and the chosen threshold: literals, SciPy's minimiser, and promises kept on new images."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from convlens.calibration import Calibration, fit_calibration
from convlens.calibration.fitting import choose_threshold, fit_temperature
from convlens.errors import UsageError
from convlens.metrics import Confidences, cross_entropy, softmax


def draw(random: np.random.Generator, count: int, classes: int = 10, temperature: float = 1.0, gap: float = 6.0):
    """Logits whose labels follow from their probabilities at `temperature`, so that nothing is left to be repaired."""
    logits = random.normal(size=(count, classes)) * 1.5
    logits[np.arange(count), random.integers(0, classes, count)] += gap
    shares = softmax(logits).cumsum(axis=1)
    labels = np.minimum((shares < random.random((count, 1))).sum(axis=1), classes - 1)
    return (logits * temperature).astype(np.float32), labels


def cost(logits: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    """What the fit makes least, written down once more: the sum of −log p, and 5 · (b − 1 − log b)."""
    b = 1 / temperature
    return len(labels) * cross_entropy(logits * b, labels) + 5 * (b - 1 - np.log(b))


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_temperature_of_made_up_logits_is_found(temperature, classes):
    logits, labels = draw(np.random.default_rng(classes), 3000, classes, temperature, gap=4 + np.log(classes))
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.12)


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(2, 6), st.floats(0.2, 5))
def test_scipy_finds_the_same_minimum(seed, count, classes, temperature):
    logits, labels = draw(np.random.default_rng(seed), count, classes, temperature, gap=2)
    logits = logits.astype(np.float64)
    found = scipy.optimize.minimize_scalar(
        lambda log_b: cost(logits, labels, np.exp(-log_b)), bounds=(-np.log(20), np.log(20)), options={"xatol": 1e-9}
    )
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(-found.x), rel=1e-4)


def test_two_classes_by_hand():
    # With 900 of 1,000 right at logits 0 and 4 the slope is 1000 · 4 · (1/(1 + e^(−4b)) − 0.9) + 5 · (1 − 1/b); it is
    # 0 near 4b = log 9: b = 0.5493, and the last term, −4.1, moves 4b by 4.1 / (4000 · 0.9 · 0.1) = 0.0114: b = 0.5522.
    logits, labels = np.array([[0.0, 4.0]] * 1000), np.array([0] * 100 + [1] * 900)
    assert 1 / fit_temperature(logits, labels) == pytest.approx(0.5522, abs=2e-4)


def test_logits_that_say_nothing_leave_the_temperature_alone():
    assert fit_temperature(np.zeros((50, 3)), np.zeros(50, np.int64)) == pytest.approx(1)


@pytest.mark.parametrize("count", [1, 10, 10_000])
@pytest.mark.parametrize("margin", [1e-6, 0.01, 10.0, 1e4, 1e38])
def test_all_right_never_means_a_temperature_of_zero(count, margin):
    logits = np.zeros((count, 3), np.float32)
    logits[:, 1] = margin
    found = fit_calibration(logits, np.ones(count, np.int64))
    assert 0.05 <= found.temperature <= 1
    assert np.isfinite(found.probabilities(logits)).all()
    assert (found.coverage, found.error) == (1, 0)


@pytest.mark.parametrize("count", [1, 10, 10_000])
@pytest.mark.parametrize("margin", [0.01, 10.0, 1e4, 1e38])
def test_all_wrong_never_means_an_infinite_temperature(count, margin):
    logits = np.zeros((count, 3), np.float32)
    logits[:, 1] = margin
    found = fit_calibration(logits, np.zeros(count, np.int64))
    assert 1 <= found.temperature <= 20
    assert np.isfinite(found.probabilities(logits)).all()


def test_one_image_hardly_moves_the_temperature():
    right, wrong = (fit_temperature(np.array([[0.0, 3.0]]), np.array([label])) for label in (1, 0))
    assert 0.9 < right < 1 < wrong < 2


def test_the_order_and_a_common_shift_of_the_logits_change_nothing():
    logits, labels = draw(np.random.default_rng(5), 500, temperature=1.4)
    order = np.random.default_rng(6).permutation(500)
    first, second = fit_calibration(logits, labels), fit_calibration(logits[order] + 64, labels[order])
    assert first.temperature == pytest.approx(second.temperature, rel=1e-5)
    assert first.threshold == pytest.approx(second.threshold, rel=1e-4)
    assert first.coverage == second.coverage


def test_blocks_change_nothing(monkeypatch):
    logits, labels = draw(np.random.default_rng(7), 101, temperature=1.4)
    whole = fit_calibration(logits, labels)
    monkeypatch.setattr("convlens.calibration.fitting._BLOCK", 70)
    blocks = fit_calibration(logits, labels)
    assert blocks.temperature == pytest.approx(whole.temperature, rel=1e-9)
    assert blocks.threshold == pytest.approx(whole.threshold, rel=1e-9)


def test_the_calibration_error_of_new_images_becomes_small():
    random = np.random.default_rng(8)
    found = fit_calibration(*draw(random, 5000, temperature=2.5))
    logits, labels = draw(random, 20_000, temperature=2.5)
    assert Confidences.of(softmax(logits), labels).calibration_error() > 0.05
    assert Confidences.of(found.probabilities(logits), labels).calibration_error() < 0.01


def choose(best: list[float], right: str, error_rate: float) -> float:
    return choose_threshold(np.array(best), np.array([letter == "r" for letter in right]), error_rate)


@pytest.mark.parametrize(
    ("right", "error_rate", "threshold"),
    [
        ("rrwr", 0.4, 0.6),  # (1 + 1) / (4 + 1)
        ("rrwr", 0.39, 0.8),  # (0 + 1) / (2 + 1)
        ("rrwr", 0.01, 0.8),  # cannot be shown: more probable than every mistake
        ("rrrr", 0.01, 0.6),
        ("rwww", 0.01, 0.9),
        ("rwww", 0.6, 0.9),  # 1/2, 2/3, 3/4, 4/5
        ("rrrw", 0.3, 0.7),  # 1/4, and 2/5 with the mistake
        ("wrrr", 0.4, 0.6),  # (1 + 1) / (4 + 1), however sure the mistake
    ],
)
def test_thresholds_worked_out_by_hand(right, error_rate, threshold):
    assert choose([0.9, 0.8, 0.7, 0.6], right, error_rate) == threshold


def test_the_threshold_does_not_depend_on_the_order():
    assert choose([0.7, 0.9, 0.6, 0.8], "wrrr", 0.35) == 0.8


def test_equal_probabilities_are_answered_together_or_not_at_all():
    assert choose([0.9, 0.8, 0.8, 0.7], "rrww", 0.01) == 0.9
    assert choose([0.9, 0.8, 0.8, 0.7], "rwrr", 0.4) == 0.7  # (1 + 1) / (4 + 1)
    assert choose([0.8, 0.8], "rr", 0.01) == 0.8


def test_where_the_surest_is_a_mistake_nothing_is_answered():
    best = np.array([0.9, 0.8])
    threshold = choose([0.9, 0.8], "wr", 0.01)
    assert threshold == np.nextafter(0.9, 1)
    assert not (best >= threshold).any()
    assert choose([1.0, 0.8], "wr", 0.01) == 1  # nothing is above 1, so the mistake stays


def test_nothing_answered_has_no_error():
    found = fit_calibration(np.array([[3.0, 0.0], [0.0, 1.0]]), np.array([1, 1]))
    assert (found.coverage, found.error, found.images) == (0, None, 2)
    assert found.threshold is not None
    assert found.threshold > found.probabilities(np.array([[3.0, 0.0]])).max()


def test_one_per_cent_takes_ninety_nine_answers():
    best = np.linspace(0.99, 0.51, 99)
    right = np.ones(99, bool)
    right[-1] = False
    assert choose_threshold(best, right, 0.01) == best[-2]  # too few: above the mistake
    assert choose_threshold(np.append(best, 0.5), np.append(right, True), 0.02) == 0.5  # (1 + 1) / (100 + 1)


@given(st.lists(st.tuples(st.integers(1, 10), st.booleans()), min_size=1, max_size=60), st.floats(0.001, 0.6))
def test_what_is_answered_keeps_the_rate_or_is_all_right(answers, error_rate):
    best, right = np.array([step / 11 for step, _ in answers]), np.array([good for _, good in answers])
    threshold = choose_threshold(best, right, error_rate)
    answered = best >= threshold
    wrong = int((answered & ~right).sum())
    shown = (wrong + 1) / (answered.sum() + 1) <= error_rate
    assert shown or wrong == 0
    for lower in best[best < threshold]:  # and no smaller one would do
        more = best >= lower
        assert (int((more & ~right).sum()) + 1) / (more.sum() + 1) > error_rate
        assert shown or (more & ~right).any()


def test_of_new_images_the_stated_share_is_wrong_on_average():
    random = np.random.default_rng(9)
    logits, labels = draw(random, 20_000, gap=5)
    wrong = []
    for _ in range(100):
        found = fit_calibration(*draw(random, 400, gap=5), error_rate=0.05)
        assert found.threshold is not None
        wrong.append(Confidences.of(found.probabilities(logits), labels).answered_at(found.threshold).error)
    assert 0.03 < np.mean(wrong) < 0.053
    assert np.max(wrong) < 0.12


def test_coverage_and_error_are_those_of_the_validation_images():
    logits, labels = draw(np.random.default_rng(10), 800, gap=5, temperature=1.5)
    found = fit_calibration(logits, labels, error_rate=0.02)
    assert found.threshold is not None
    left = Confidences.of(found.probabilities(logits), labels).answered_at(found.threshold)
    assert (found.coverage, found.error, found.images) == (left.coverage, left.error, 800)
    assert 0.1 < left.coverage < 0.95
    assert left.error <= 0.02
    assert found.error_rate == 0.02
    assert found.rate_shown
    assert Calibration.from_dict(found.as_dict()) == found


@pytest.mark.parametrize("classes", [2, 3, 1000])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_few_images_and_many_classes(count, classes):
    random = np.random.default_rng(count)
    logits, labels = random.normal(size=(count, classes)).astype(np.float32), random.integers(0, classes, count)
    found = fit_calibration(logits, labels)
    assert 0.05 <= found.temperature <= 20
    assert found.threshold is not None
    assert 1 / classes < found.threshold <= 1
    assert found.error in (0, None)


NAN = np.array([[0.0, np.nan]])


@pytest.mark.parametrize(
    ("logits", "labels", "error_rate", "message"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), 0.01, r"^there are no images to fit a temperature on\. Hold out some"),
        (np.zeros((3, 1)), np.zeros(3, int), 0.01, r"^logits of the shape \(3, 1\): give images × classes, with at"),
        (np.zeros(3), np.zeros(3, int), 0.01, r"^logits of the shape \(3,\)"),
        (np.zeros((3, 2)), np.zeros(2, int), 0.01, r"^2 labels and 3 rows of logits: give one label for every row"),
        (NAN, np.zeros(1, int), 0.01, "^some logits are NaN or infinite"),
        (np.full((2, 2), np.inf), np.zeros(2, int), 0.01, "^some logits are"),
        (np.zeros((2, 2)), np.array([0, 2]), 0.01, "^a label is 2: with 2 classes it must be from 0 to 1"),
        (np.zeros((2, 2)), np.array([0, -1]), 0.01, "^a label is -1: with 2 classes it must be from 0 to 1"),
        (np.zeros((2, 2)), np.zeros(2, int), 0, r"^an error rate of 0: it must be between 0 and 1, for example 0\.01"),
        (np.zeros((2, 2)), np.zeros(2, int), 1, "^an error rate of 1: it must be"),
        (np.zeros((2, 2)), np.zeros(2, int), float("nan"), "^an error rate of nan: it must be"),
    ],
    ids=[
        "no images", "one class", "one row", "labels missing", "NaN", "infinity", "label too great", "label below 0",
        "rate 0", "rate 1", "rate NaN",
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused(logits, labels, error_rate, message):
    with pytest.raises(UsageError, match=message):
        fit_calibration(logits, labels, error_rate)
