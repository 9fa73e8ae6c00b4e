"""Find the number of cores that the process may use, and the default number of threads."""

import os
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""On Linux, this file says how many microseconds of CPU time a container gets in each period."""


def available_cores() -> int:
    """Return the number of cores that this process may use, limited by its CPU affinity and a container's quota.

    >>> available_cores() >= 1
    True
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_QUOTA.read_text(encoding="ascii").split()
        return max(1, min(bound, int(quota) // int(period)))
    except (OSError, ValueError):
        return bound  # no such file, or "max": no quota


def usual_threads() -> int:
    """Return the default number of threads: one per core, and no more than `OMP_NUM_THREADS`.

    Users, clusters and joblib (which divides the cores among scikit-learn's worker processes) set that variable for all
    libraries; NumPy, PyTorch and scikit-learn follow it, too.

    >>> 1 <= usual_threads() <= available_cores()
    True
    """
    asked = (
        os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    )  # OpenMP allows one number per nesting level
    return min(available_cores(), int(asked)) if asked.isdecimal() and int(asked) else available_cores()
