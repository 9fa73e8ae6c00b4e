"""The extension of native/binding.cpp. Arrays must be C-contiguous and have exactly these types."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

sanitized: bool
change_numbers: int

def instruction_sets() -> list[str]: ...
def measure_peak(threads: int, seconds: float) -> float: ...

class MappedGuard:
    lost: bool

    def __init__(self, mapped: NDArray[np.uint8]) -> None: ...
    def release(self) -> None: ...

class Engine:
    instruction_set: str
    lanes: int
    threads: int
    classes: int
    parameter_count: int
    statistic_count: int

    def __init__(
        self,
        layers: Sequence[tuple[str, Sequence[float], Sequence[int]]],
        input_shape: tuple[int, int, int],
        mean: Sequence[float],
        deviation: Sequence[float],
        threads: int,
        instruction_set: str = "",
        poison: bool = False,
    ) -> None: ...
    def set_weights(self, parameters: NDArray[np.float32], statistics: NDArray[np.float32]) -> None: ...
    def weights(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]: ...
    def activations(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]: ...
    def change_images(self, images: NDArray[np.uint8], changes: NDArray[np.float32]) -> NDArray[np.uint8]: ...
    def gradients(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] = (),
    ) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]: ...

class Trainer:
    step: int

    def __init__(
        self,
        engine: Engine,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        optimizer: str,
        numbers: Sequence[float],
        nesterov: bool,
        label_smoothing: float,
        class_weights: Sequence[float],
        seed: int,
    ) -> None: ...
    def run(
        self,
        order: NDArray[np.int64],
        batch_size: int,
        rates: NDArray[np.float64],
        changes: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]: ...
    def state(self) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]: ...
    def load_state(self, step: int, first: NDArray[np.float32], second: NDArray[np.float32]) -> None: ...
