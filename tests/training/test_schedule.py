"""Schedules: the one-cycle against PyTorch's own, and its corners by hand."""

import numpy as np
import pytest
import torch

from convlens.training.schedule import learning_rates


@pytest.mark.parametrize("steps", [4, 10, 11, 100, 1407])
@pytest.mark.parametrize("peak", [0.015, 1.0])
def test_one_cycle_is_pytorchs(steps, peak):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=steps, cycle_momentum=False)
    expected = []
    for _ in range(steps):
        expected.append(schedule.get_last_lr()[0])
        optimizer.step()
        if len(expected) < steps:
            schedule.step()
    np.testing.assert_allclose(learning_rates("one-cycle", peak, steps), expected, rtol=1e-9)


def test_one_cycle_starts_peaks_and_ends_where_it_should():
    rates = learning_rates("one-cycle", 1.0, 10)
    # It climbs from 1/25 for 30 % of 10 steps, peaks at step 2, and ends at 1/250,000.
    assert rates[0] == pytest.approx(0.04)
    assert rates.argmax() == 2
    assert rates[2] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.04 / 10_000)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_very_short_trainings_have_usable_rates(steps):
    rates = learning_rates("one-cycle", 0.01, steps)
    assert len(rates) == steps
    assert np.isfinite(rates).all()
    assert (rates > 0).all()
    assert (rates <= 0.01 + 1e-12).all()
