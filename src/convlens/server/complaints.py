"""What goes wrong in the server, as one line on the terminal for each fault, and not again and again."""

import asyncio
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

QUIET_SECONDS = 60.0
"""How long the same line is not printed again."""
_MOST_REMEMBERED = 100


class Complaints:
    """Prints lines with `on_line`, from any thread; one that was printed a short while ago is left out."""

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
        """Print what must not happen."""
        self.tell(describe_defect(error))

    def on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception handler for an event loop, in which only the connection has ended that it concerns."""
        error = context.get("exception")
        if error is not None and not isinstance(error, ConnectionError):
            self.tell_defect(error)


def describe_defect(error: BaseException) -> str:
    """One line: the error, the place in the code, and what to do.

    >>> describe_defect(KeyError("a"))
    "KeyError: 'a'. This is a bug in Convlens; please report it."
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return f"{reason}{place}. This is a bug in Convlens; please report it."
