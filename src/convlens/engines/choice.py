"""Which engine computes, on which device, with how many threads; and why, in words that a run can print.

Engines are imported here, one at a time and only when chosen, so that nobody waits for a framework that is not used.
"""

import importlib.util
import os
from typing import Literal

from convlens.engines.engine import Engine, Plan
from convlens.errors import MissingDependency, UsageError

EngineName = Literal["auto", "torch"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]

MOST_THREADS = 256


def open_engine(plan: Plan, engine: str = "auto", device: str = "auto", threads: int | None = None) -> Engine:
    """An engine for `plan`, with weights yet to be set.

    Args:
        plan: what to compute.
        engine: `auto` or `torch`.
        device: `auto`, `cpu`, `cuda` or `mps`; `auto` takes a GPU where there is one.
        threads: processor threads; None takes one for each core that this process may use.

    Raises:
        UsageError: an engine, device or number of threads that is not allowed here.
        MissingDependency: PyTorch is not installed.
    """
    if engine not in ("auto", "torch"):
        raise UsageError(f"engine {engine!r} is not known; give auto or torch.")
    if device not in ("auto", "cpu", "cuda", "mps"):
        raise UsageError(f"device {device!r} is not known; give auto, cpu, cuda or mps.")
    threads = available_cores() if threads is None else threads
    if not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"threads is {threads}; give 1 to {MOST_THREADS}. This machine has {available_cores()} cores.")
    if importlib.util.find_spec("torch") is None:
        raise MissingDependency("the torch engine needs PyTorch, which is not installed. pip install 'convlens[torch]'")
    from convlens.engines.torch_engine import TorchEngine

    return TorchEngine(plan, device=device, threads=threads)


def available_cores() -> int:
    """How many cores this process may use, which in a container is fewer than the machine has.

    >>> available_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
