"""What of this machine the process may use, and what it is asked to use."""

import os
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux tells a container how many microseconds of processor time it gets in each period."""


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


def usual_threads() -> int:
    """How many threads to compute with where nobody gave a number: one a core, and no more than `OMP_NUM_THREADS`.

    That variable is how a person, a cluster or joblib (in each of scikit-learn's worker processes, the cores divided by
    the workers) tells every library at once; NumPy, PyTorch and scikit-learn obey it, too.

    >>> 1 <= usual_threads() <= available_cores()
    True
    """
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()  # OpenMP allows one number a level
    return min(available_cores(), int(asked)) if asked.isdecimal() and int(asked) else available_cores()
