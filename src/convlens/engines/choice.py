"""Choose the engine, the device and the number of threads.

An engine is imported only when it is chosen, so that no time is lost on a framework that is not used.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_choice, refuse, whole_or_none
from convlens.engines.engine import Engine, Plan
from convlens.errors import MissingDependency, UsageError
from convlens.machine import available_cores, usual_threads

EngineName = Literal["auto", "native", "torch"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
MOST_THREADS = 256
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
"""This file exists on Linux if there is an NVIDIA GPU. Asking PyTorch takes a second, this a microsecond."""


@dataclass(frozen=True)
class EngineChoice:
    """The chosen engine and the reason, which is empty if the caller named the engine."""

    name: EngineName
    reason: str = ""


def choose_engine(plan: Plan, engine: str = "auto", device: str = "auto") -> EngineChoice:
    """Return the engine for `plan`: the given one, or the one that `auto` chooses.

    `auto` chooses `torch` if there is an NVIDIA GPU with PyTorch, if a GPU is requested, if the native engine is not
    installed, or if it cannot compute the network; otherwise `native`.

    Raises:
        UsageError: the engine or device is unknown, or the engine cannot use the device.
        MissingDependency: neither engine is installed.

    >>> from convlens.network import Network
    >>> from convlens.preprocessing import Normalisation
    >>> plan = Plan(Network.from_text("dense"), (1, 2, 2), 2, Normalisation())
    >>> choose_engine(plan, "torch").name
    'torch'
    """
    known: EngineName = as_choice("engine", engine, get_args(EngineName))
    device = as_choice("device", device, get_args(DeviceName))
    if known == "native" and device not in ("auto", "cpu"):
        raise UsageError(
            f'the native engine runs on the CPU, not on {device}. Give engine="torch", or no device.',
            mentions=["engine"],
        )
    if known != "auto":
        return EngineChoice(known)
    if device in ("cuda", "mps"):
        return EngineChoice("torch", f"the device is {device}")
    if device == "auto" and NVIDIA_DRIVER.exists() and _is_installed("torch"):
        return EngineChoice("torch", "there is an NVIDIA GPU")
    if missing := _why_native_is_missing():
        if not _is_installed("torch"):
            raise MissingDependency(
                f"no engine is installed. {missing}. PyTorch is not installed either: pip install 'convlens[torch]'"
            )
        return EngineChoice("torch", missing)
    if reason := _native().why_not(plan):
        require_torch(f"the native engine cannot compute this network ({reason}). The torch engine")
        return EngineChoice("torch", f"the native engine cannot compute this network: {reason}")
    return EngineChoice("native", "the fastest on a CPU")


def open_engine(plan: Plan, engine: str = "auto", device: str = "auto", threads: int | None = None) -> Engine:
    """Return an engine for `plan`; set its weights before use.

    Args:
        plan: the network and its input.
        engine: `auto`, `native` or `torch`; see `choose_engine`.
        device: `auto`, `cpu`, `cuda` or `mps`; `auto` uses a GPU if there is one.
        threads: the number of CPU threads; None means one for each core that this process may use, or
            `OMP_NUM_THREADS` if that is lower.

    Raises:
        UsageError: the engine, device or number of threads is not allowed here.
        MissingDependency: the engine, or PyTorch, is not installed.
    """
    choice = choose_engine(plan, engine, device)
    threads = min(usual_threads(), MOST_THREADS) if threads is None else check_threads(threads)
    if choice.name == "native":
        if missing := _why_native_is_missing():
            raise MissingDependency(f'{missing}. Or give engine="torch".', mentions=["engine"])
        return _native().NativeEngine(plan, threads=threads)
    require_torch()
    from convlens.engines.torch_engine import TorchEngine

    return TorchEngine(plan, device=device, threads=threads)


def check_threads(threads: object) -> int:
    """Check and return a number of CPU threads.

    Raises:
        UsageError: it is not a whole number from 1 to 256.
    """
    number = whole_or_none(threads)
    if number is None or not 1 <= number <= MOST_THREADS:
        refuse("threads", threads, f"1 to {MOST_THREADS}. This machine has {available_cores()} cores")
    return number


def measure_peak(threads: int, seconds: float) -> float | None:
    """Measure the peak speed of this machine in floating-point operations per second, with fused multiply-adds in
    registers. No network can be faster. None if the native engine is not installed.
    """
    if _why_native_is_missing():
        return None
    return float(_native().measure_peak(threads, seconds))


def can_guard_mapped() -> bool:
    """Return whether `guard_mapped` has an effect: only the native engine's module can guard memory."""
    return _why_native_is_missing() is None


@contextmanager
def guard_mapped(mapped: NDArray[np.uint8]) -> Iterator[Callable[[], bool]]:
    """Guard an array that is mapped from a file, so that reading it does not end the process if the file is cut short.

    Pages that are lost become zeros. Yields a function that returns whether this has happened. Without the native
    engine, nothing is guarded.

    >>> with guard_mapped(np.zeros(3, np.uint8)) as is_lost:
    ...     is_lost()
    False
    """
    if not can_guard_mapped():
        yield lambda: False
        return
    guard = _native().MappedGuard(mapped)
    try:
        yield lambda: guard.lost
    finally:
        guard.release()


def _why_native_is_missing() -> str | None:
    """Return why the native engine cannot be imported and what to do; None if it can."""
    if not _is_installed("convlens.engines._native"):
        return (
            "The native engine is not installed. Install a C++ compiler (Debian, Ubuntu: apt install g++; "
            "macOS: xcode-select --install), then install Convlens again"
        )
    try:
        _native()
    except ImportError as error:  # if compiling failed, the installed module raises an ImportError that says why
        return f"The native engine is not installed: {str(error).rstrip('.')}"
    return None


def _native() -> Any:
    return importlib.import_module("convlens.engines.native")


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def require_torch(who: str = "the torch engine") -> None:
    """Check that PyTorch is installed.

    Raises:
        MissingDependency: it is not; the message says how to install it.
    """
    if not _is_installed("torch"):
        raise MissingDependency(f"{who} needs PyTorch, which is not installed. pip install 'convlens[torch]'")
