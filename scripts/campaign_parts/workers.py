"""Divides the inputs of a trial among forked processes.

A process that dies, for example by a segmentation fault, names the input that it was reading; one that is busy with an
input for ten minutes is ended.
"""

import json
import mmap
import os
import signal
import struct
import traceback
from collections.abc import Callable
from typing import Any

from campaign_parts.trial import Trial

Mark = Callable[[int], None]
"""Notes which input comes next."""
_HANGS = 600
"""Seconds of wall-clock time for one input. Importing PyTorch, which an odd model may ask for, has taken 47 s on a busy
machine."""


def share_out(trial: Trial, work: Callable[[int, range, Mark], Any]) -> tuple[list[Any], list[str]]:
    """Return the results of all processes, and a line for each that died.

    `work` gets the number of its process, the numbers of its inputs, and a function to call before each input and when
    something else begins that may hang. It returns JSON values. Without `fork`, everything runs in this process.
    """
    workers = trial.workers if hasattr(os, "fork") else 1
    shares = [range(k * trial.count // workers, (k + 1) * trial.count // workers) for k in range(workers)]
    if not hasattr(os, "fork"):
        return [work(0, shares[0], lambda _: None)], []
    running = [_start(number, share, work) for number, share in enumerate(shares)]
    results, broken = [], []
    for process, reading, place in running:
        with os.fdopen(reading, "rb") as pipe:
            content = pipe.read()
        _, status = os.waitpid(process, 0)
        if status == 0 and content:
            results.append(json.loads(content))
            continue
        code = os.waitstatus_to_exitcode(status)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        (at,) = struct.unpack_from("<q", place, 0)
        broken.append(f"seed {trial.seed}, number {at}: the process ended with {how}")
    return results, broken


def _start(number: int, share: range, work: Callable[[int, range, Mark], Any]) -> tuple[int, int, mmap.mmap]:
    """Fork a process that tries its share of the inputs; return its id, the pipe of its result, and where it is."""
    place = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading, place
    code = 1
    try:
        os.close(reading)
        result = json.dumps(work(number, share, lambda at: _mark(place, at))).encode()
        signal.alarm(0)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(result)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _mark(place: mmap.mmap, at: int) -> None:
    struct.pack_into("<q", place, 0, at)
    signal.alarm(_HANGS)
