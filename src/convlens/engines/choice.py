"""Which engine computes, on which device, with how many threads.

Engines are imported here, one at a time and only when chosen, so that nobody waits for a framework that is not used.
"""

import importlib.util
import os
from pathlib import Path

from convlens.engines.engine import Engine, Plan
from convlens.errors import MissingDependency, UsageError

MOST_THREADS = 256
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux tells a container how many microseconds of processor time it gets in each period."""


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
    threads = min(available_cores(), MOST_THREADS) if threads is None else threads
    if not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"threads is {threads}; give 1 to {MOST_THREADS}. This machine has {available_cores()} cores.")
    require_torch()
    from convlens.engines.torch_engine import TorchEngine

    return TorchEngine(plan, device=device, threads=threads)


def require_torch() -> None:
    """Say how to get PyTorch where it is missing.

    Raises:
        MissingDependency: it is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingDependency("the torch engine needs PyTorch, which is not installed. pip install 'convlens[torch]'")


def available_cores() -> int:
    """How many cores this process may use: those it is bound to, and no more than a container's quota pays for.

    >>> available_cores() >= 1
    True
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_QUOTA.read_text(encoding="ascii").split()
        return max(1, min(bound, int(quota) // int(period)))
    except (OSError, ValueError):
        return bound  # no such file, or "max": no quota
