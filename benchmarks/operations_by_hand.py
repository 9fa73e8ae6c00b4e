"""Compares the operations by hand with SciPy and PyTorch, to check that they are fast enough for a lesson.

    python benchmarks/operations_by_hand.py --rounds 25

All contenders compute the same cross-correlation in float64 on two threads; by hand, it uses NumPy's strided views. The
result is written to benchmarks/records.md.
"""

import argparse
import datetime
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import signal

from comparison import spread_text, times_as_fast
from convlens import by_hand
from machine import current_commit, describe_machine, package_versions
from records import format_facts, format_table, write_section
from timing import Spread, summarise, time_in_turn

SUBJECTS = {
    "28×28, one 3×3 kernel": ((28, 28), (3, 3)),
    "1,000×1,000, one 5×5 kernel": ((1000, 1000), (5, 5)),
}


def contenders(size: tuple[int, int], kernel_size: tuple[int, int]) -> dict[str, Callable[[], Any]]:
    """Return what is timed: by hand, the window position in the middle of a trace, SciPy, and PyTorch."""
    import torch

    torch.set_num_threads(2)
    random = np.random.default_rng(0)
    matrix, kernel = random.normal(size=size), random.normal(size=kernel_size)
    image, weights = (torch.from_numpy(one)[None, None] for one in (matrix, kernel))
    middle = (size[0] - kernel_size[0]) // 2, (size[1] - kernel_size[1]) // 2
    return {
        "by hand": lambda: by_hand.cross_correlate2d(matrix, kernel),
        "by hand, trace and one position": lambda: by_hand.trace_cross_correlate2d(matrix, kernel).at(*middle),
        "scipy.signal.correlate2d": lambda: signal.correlate2d(matrix, kernel, mode="valid"),
        "torch conv2d": lambda: torch.nn.functional.conv2d(image, weights),
    }


def format_times(spreads: Mapping[str, Spread]) -> str:
    """Return a table with a row per contender: milliseconds, and the speed relative to SciPy.

    >>> by, scipy = Spread(0.001, 0.001, 0.002, 3), Spread(0.002, 0.002, 0.003, 3)
    >>> print(format_times({"by hand": by, "scipy.signal.correlate2d": scipy}))
    | contender                |                  ms | times as fast as SciPy |
    |:-------------------------|--------------------:|-----------------------:|
    | by hand                  | 1.00 (1.00 to 2.00) |                   2.00 |
    | scipy.signal.correlate2d | 2.00 (2.00 to 3.00) |                   1.00 |
    """
    scipy = spreads["scipy.signal.correlate2d"]
    rows = [[name, spread_text(one, 1e3, 2), times_as_fast(one, scipy)] for name, one in spreads.items()]
    return format_table(["contender", "ms", "times as fast as SciPy"], rows)


def main(rounds: int) -> None:
    """Time all contenders in turn, print a table for each size, and write the record."""
    parts = []
    for name, (size, kernel_size) in SUBJECTS.items():
        timed = contenders(size, kernel_size)
        time_in_turn(timed, 2)
        spreads = {who: summarise(values) for who, values in time_in_turn(timed, rounds).items()}
        parts.append(f"{name}:\n\n{format_times(spreads)}")
    text = "\n\n".join(parts)
    print(text)
    facts = {
        "command": f"python benchmarks/operations_by_hand.py --rounds {rounds}",
        "date": datetime.date.today().isoformat(),
        "commit": current_commit(),
        **describe_machine(),
        "versions": ", ".join(f"{k} {v}" for k, v in package_versions(["numpy", "scipy", "torch"]).items()),
        "spread": f"median (smallest to largest) of {rounds}, in turn after two rounds that are not counted",
    }
    write_section("by_hand", f"## Operations by hand\n\n{text}\n\n{format_facts(facts)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The operations by hand beside SciPy and PyTorch.")
    parser.add_argument("--rounds", type=int, default=25, help="calls of each contender (default 25)")
    main(parser.parse_args().rounds)
