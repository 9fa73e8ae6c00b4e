"""The arithmetic of the accuracy benchmark; its trainings are not run here."""

from argparse import Namespace
from typing import Any

import numpy as np
import pytest

from convlens.training import choose_settings
from recipe_accuracy import changed_settings, describe, hold_out


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


def test_options_change_single_settings_of_the_recipe():
    options = Namespace(recipe="fast", learning_rate=0.01, epochs=None, beta2=0.9, label_smoothing=0.1, engine="torch")
    settings = choose_settings("fast", **changed_settings(options))
    assert (settings.learning_rate, settings.epochs, settings.engine) == (0.01, 2, "torch")
    assert (settings.optimizer.beta1, settings.optimizer.beta2, settings.loss.label_smoothing) == (0.9, 0.9, 0.1)
    unchanged = Namespace(recipe="fast", learning_rate=None, epochs=None, beta2=None, label_smoothing=None, engine=None)
    assert choose_settings("fast", **changed_settings(unchanged)) == choose_settings("fast")
