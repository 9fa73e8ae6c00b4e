"""Report faults of the server on the terminal, one line for each, without frequent repetition."""

import asyncio
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

QUIET_SECONDS = 60.0
"""The time in which the same line is not printed again."""
_MOST_REMEMBERED = 100


class Complaints:
    """Prints lines with `on_line`, from any thread; drops a line that was printed a short while ago."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}

    def tell(self, line: str) -> None:
        """Print a line, unless it was printed a short while ago."""
        now = time.monotonic()
        with self._lock:
            if now - self._told.get(line, float("-inf")) < QUIET_SECONDS:
                return
            self._told[line] = now
            while len(self._told) > _MOST_REMEMBERED:
                del self._told[next(iter(self._told))]
        self._on_line(line)

    def tell_defect(self, error: BaseException) -> None:
        """Print an error that is a bug in Convlens."""
        self.tell(describe_defect(error))

    def on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle an exception of an event loop. Only the connection that it concerns has ended."""
        error = context.get("exception")
        if error is not None and not isinstance(error, ConnectionError):
            self.tell_defect(error)


def describe_defect(error: BaseException) -> str:
    """Return one line with the error, the place in the code, and what to do.

    >>> describe_defect(KeyError("a"))
    "KeyError: 'a'. This is a bug in Convlens; please report it."
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return f"{reason}{place}. This is a bug in Convlens; please report it."
