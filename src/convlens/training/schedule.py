"""Compute the learning rate of every step before the first one.

An array of all rates needs no state, unlike a scheduler object: it can be passed to an engine in chunks, plotted, and
used from any step on after a stop.
"""

import numpy as np
from numpy.typing import NDArray

WARM_UP = 0.3
"""The share of the steps in which the one-cycle schedule rises to its peak."""
START_DIVISOR = 25.0
"""One-cycle starts at peak / 25 ..."""
END_DIVISOR = 1e4
"""... and ends at start / 10,000. These three are the defaults of PyTorch's OneCycleLR."""


def learning_rates(schedule: str, peak: float, steps: int) -> NDArray[np.float64]:
    """Return the learning rates of a training, an array of `steps` values.

    Args:
        schedule: `constant`, or `one-cycle` (Smith 2018, https://arxiv.org/abs/1803.09820): along a cosine up to the
            peak, and along another one down to almost 0.
        peak: the constant or the highest learning rate.
        steps: the number of steps of the training.

    >>> learning_rates("constant", 0.001, 3)
    array([0.001, 0.001, 0.001])
    >>> learning_rates("one-cycle", 1.0, 10).round(3)
    array([0.04 , 0.52 , 1.   , 0.95 , 0.812, 0.611, 0.389, 0.188, 0.05 , 0.   ])
    """
    if schedule == "constant":
        return np.full(steps, peak)
    start = peak / START_DIVISOR
    # The peak is at step WARM_UP · steps − 1, counted from 0, as in PyTorch.
    turn = WARM_UP * steps - 1
    position = np.arange(steps, dtype=np.float64)
    climb = _cosine(start, peak, position / turn) if turn > 0 else np.full(steps, peak)
    fall = _cosine(peak, start / END_DIVISOR, (position - turn) / max(steps - 1 - turn, 1e-9))
    return np.where(position <= turn, climb, fall)


def cooled_down(rates: NDArray[np.float64], start: int, steps: int) -> NDArray[np.float64]:
    """Return the rates of a training that has to end early, `steps` steps after step `start`.

    If a schedule is simply cut off, the learning rate is still high at the end and the weights have not settled. So
    from `start` on, the rates are multiplied by a factor that falls linearly from 1 to 1 / `steps`.

    >>> cooled_down(np.full(100, 0.8), 2, 4)
    array([0.8, 0.8, 0.8, 0.6, 0.4, 0.2])
    """
    return np.concatenate([rates[:start], rates[start : start + steps] * (np.arange(steps, 0, -1) / steps)])


def _cosine(start: float, end: float, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate from `start` to `end` along half a cosine; `share` is 0 to 1."""
    return end + (start - end) / 2 * (1 + np.cos(np.pi * share))
