"""Measures the peak of this machine: fused multiply-adds in registers, and the speed of a large matrix product.

The peak in a data sheet assumes a fixed clock rate, but the clock rate varies from hour to hour. So both are measured
in the same process as the benchmark. The matrix product shows what a good library reaches with memory access: a lower
bound of the peak, which replaces it if the extension cannot measure the peak.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from tutorial_loop import measure_peak as measure_product

PEAK_SECONDS = 0.3
PEAK_REPEATS = 3


@dataclass(frozen=True)
class Ceiling:
    """Floating-point operations per second: `peak` of multiply-adds in registers (None if it cannot be measured), and
    `product` of a matrix product.
    """

    threads: int
    peak: float | None
    product: float

    @property
    def value(self) -> float:
        """The reference for shares: the peak, or else the matrix product."""
        return self.product if self.peak is None else self.peak

    def describe(self) -> str:
        """Describe the ceiling for a record.

        >>> Ceiling(2, 690e9, 413e9).describe()
        '690 GFLOP/s of fused multiply-adds in registers; 413 GFLOP/s in a float32 matrix product'
        """
        product = f"{self.product / 1e9:.0f} GFLOP/s in a float32 matrix product"
        if self.peak is None:
            return f"not measured, since this build of the extension has no measure_peak; shares are of {product}"
        return f"{self.peak / 1e9:.0f} GFLOP/s of fused multiply-adds in registers; {product}"


def measure_ceilings(thread_counts: Iterable[int]) -> dict[int, Ceiling]:
    """Return the ceiling for each number of threads, the best of several tries."""
    native: Any = importlib.import_module("convlens.engines._native")
    measure = getattr(native, "measure_peak", None)
    ceilings, before = {}, torch.get_num_threads()
    for threads in sorted(set(thread_counts)):
        peaks = [float(measure(threads, PEAK_SECONDS)) for _ in range(PEAK_REPEATS)] if measure else [None]
        torch.set_num_threads(threads)
        ceilings[threads] = Ceiling(threads, max(peaks, key=lambda value: value or 0.0), measure_product(5))
    torch.set_num_threads(before)
    return ceilings


def higher(first: dict[int, Ceiling], second: dict[int, Ceiling]) -> dict[int, Ceiling]:
    """Return the higher ceilings of two measurements. Other programs can make a measurement too low, but not too high.

    >>> higher({1: Ceiling(1, 90.0, 50.0)}, {1: Ceiling(1, 80.0, 60.0)})
    {1: Ceiling(threads=1, peak=90.0, product=60.0)}
    """
    return {
        threads: Ceiling(
            threads,
            None if one.peak is None else max(one.peak, second[threads].peak or 0.0),
            max(one.product, second[threads].product),
        )
        for threads, one in first.items()
    }
