"""Reports the progress of reading images, about ten times a second."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_EVERY = 0.1


@dataclass(frozen=True)
class ImportProgress:
    """`done` of `total` images; `what` says what is being done, such as "decoding"."""

    done: int
    total: int
    what: str


OnImportProgress = Callable[[ImportProgress], None]


class Reporter:
    """Forwards progress to a listener, at most ten times a second."""

    def __init__(self, listener: OnImportProgress | None, total: int) -> None:
        self._listener, self._total, self._next = listener, total, 0.0

    def tell(self, done: int, what: str, total: int | None = None, always: bool = False) -> None:
        """Report, unless the last report was less than 0.1 s ago; `always` reports in any case."""
        now = time.monotonic()
        if self._listener is not None and (always or now >= self._next):
            self._next = now + _EVERY
            self._listener(ImportProgress(done, self._total if total is None else total, what))
