"""Which engine computes, on which device, with how many threads.

Engines are imported here, one at a time and only when chosen, so that nobody waits for a framework that is not used.
"""

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from convlens.checking import as_choice, refuse, whole_or_none
from convlens.engines.engine import Engine, Plan
from convlens.errors import MissingDependency, UsageError
from convlens.machine import available_cores, usual_threads

EngineName = Literal["auto", "native", "torch"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
MOST_THREADS = 256
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
"""Where Linux tells that there is an NVIDIA GPU: asking PyTorch takes a second, this a microsecond."""


@dataclass(frozen=True)
class EngineChoice:
    """The engine that was taken, and why; the reason is empty where the caller named the engine."""

    name: EngineName
    reason: str = ""


def choose_engine(plan: Plan, engine: str = "auto", device: str = "auto") -> EngineChoice:
    """The engine that computes `plan`: what was asked for, or what `auto` comes to.

    `auto` takes `native` on a processor, and `torch` where there is an NVIDIA GPU with PyTorch, where a GPU is asked
    for, where the native engine was not built, or where it cannot take the network.

    Raises:
        UsageError: an engine or device that is not known, or two that do not go together.
        MissingDependency: there is neither.

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
            f'the native engine computes on the processor, not on {device}. Give engine="torch", or no device.',
            mentions=["engine"],
        )
    if known != "auto":
        return EngineChoice(known)
    if device in ("cuda", "mps"):
        return EngineChoice("torch", f"{device} was asked for")
    if device == "auto" and NVIDIA_DRIVER.exists() and _is_installed("torch"):
        return EngineChoice("torch", "there is an NVIDIA GPU")
    if missing := _why_native_is_missing():
        if not _is_installed("torch"):
            raise MissingDependency(
                f"there is no engine. {missing}. PyTorch is not installed either: pip install 'convlens[torch]'"
            )
        return EngineChoice("torch", missing)
    if reason := _native().why_not(plan):
        require_torch(f"the native engine cannot compute this network ({reason}). The torch engine")
        return EngineChoice("torch", f"the native engine cannot compute this network: {reason}")
    return EngineChoice("native", "the fastest on a processor")


def open_engine(plan: Plan, engine: str = "auto", device: str = "auto", threads: int | None = None) -> Engine:
    """An engine for `plan`, with weights yet to be set.

    Args:
        plan: what to compute.
        engine: `auto`, `native` or `torch`; see `choose_engine`.
        device: `auto`, `cpu`, `cuda` or `mps`; `auto` takes a GPU where there is one.
        threads: processor threads; None takes one for each core that this process may use, or as many as
            `OMP_NUM_THREADS` says where that is less.

    Raises:
        UsageError: an engine, device or number of threads that is not allowed here.
        MissingDependency: the engine, or PyTorch, is not installed.
    """
    choice = choose_engine(plan, engine, device)
    threads = min(usual_threads(), MOST_THREADS) if threads is None else check_threads(threads)
    if choice.name == "native":
        if missing := _why_native_is_missing():
            raise MissingDependency(f'{missing}. Or take engine="torch".', mentions=["engine"])
        return _native().NativeEngine(plan, threads=threads)
    require_torch()
    from convlens.engines.torch_engine import TorchEngine

    return TorchEngine(plan, device=device, threads=threads)


def check_threads(threads: object) -> int:
    """A number of processor threads.

    Raises:
        UsageError: it is none, or too many.
    """
    number = whole_or_none(threads)
    if number is None or not 1 <= number <= MOST_THREADS:
        refuse("threads", threads, f"1 to {MOST_THREADS}. This machine has {available_cores()} cores")
    return number


def measure_peak(threads: int, seconds: float) -> float | None:
    """Floating-point operations a second of fused multiply-adds in registers, on so many threads: what no network can
    exceed on this machine. None where the native engine is not there.
    """
    if _why_native_is_missing():
        return None
    return float(_native().measure_peak(threads, seconds))


def _why_native_is_missing() -> str | None:
    """Why the native engine cannot be imported, and what to do; None where it can be."""
    if not _is_installed("convlens.engines._native"):
        return (
            "Convlens's own engine is not there. Install a C++ compiler (Debian, Ubuntu: apt install g++; "
            "macOS: xcode-select --install), then install Convlens again"
        )
    try:
        _native()
    except ImportError as error:  # where it could not be compiled, a module stands in its place that says why
        return f"Convlens's own engine is not there: {str(error).rstrip('.')}"
    return None


def _native() -> Any:
    return importlib.import_module("convlens.engines.native")


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def require_torch(who: str = "the torch engine") -> None:
    """Say how to get PyTorch where it is missing.

    Raises:
        MissingDependency: it is not installed.
    """
    if not _is_installed("torch"):
        raise MissingDependency(f"{who} needs PyTorch, which is not installed. pip install 'convlens[torch]'")
