"""Times contenders in turn, A B A B ..., so that a slow minute of the machine affects all of them.

Medians and ratios of one run can be compared; seconds differ between machines and from hour to hour.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of some measurements, the smallest, the largest, and their number."""

    median: float
    smallest: float
    largest: float
    count: int

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.smallest:.2f} to {self.largest:.2f})"


def summarise(values: Sequence[float]) -> Spread:
    """Return the spread of one or more measurements.

    >>> print(summarise([2.0, 1.0, 4.0]))
    2.00 (1.00 to 4.00)
    """
    if not values:
        raise ValueError("no measurements were given; at least one is needed.")
    return Spread(statistics.median(values), min(values), max(values), len(values))


def time_in_turn(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    on_time: Callable[[str, float], None] = lambda *_: None,
) -> dict[str, list[float]]:
    """Call every contender once per round, in the given order, and return the seconds of each call.

    There is no warm-up here: call contenders whose first call is slower in advance.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            start = clock()
            contender()
            seconds[name].append(clock() - start)
            on_time(name, seconds[name][-1])
    return seconds
