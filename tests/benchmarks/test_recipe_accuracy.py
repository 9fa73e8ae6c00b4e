"""The arithmetic of the accuracy benchmark; its trainings are not run here."""

from typing import Any

import numpy as np
import pytest

from recipe_accuracy import describe, hold_out


def test_describe_is_numpys():
    values = [0.9871, 0.9884, 0.9893]
    mean, deviation, worst, best = describe(values)
    assert mean == f"{np.mean(values) * 100:.3f} ± {np.std(values, ddof=1) / 3**0.5 * 100:.3f} %"
    assert deviation == f"{np.std(values, ddof=1) * 100:.3f} %"
    assert (worst, best) == ("98.71 %", "98.93 %")


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_held_out_images_come_from_the_training_images_alone(digits_8x8, share):
    tuned: Any = hold_out(digits_8x8, share)
    assert len(tuned.train) + len(tuned.test) == 1500
    assert len(tuned.test) == pytest.approx(1500 * share, abs=10)
    again: Any = hold_out(digits_8x8, share)
    np.testing.assert_array_equal(again.test.images, tuned.test.images)
