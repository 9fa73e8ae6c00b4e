"""Ctrl-C as a question: the first signal asks for a stop between two steps, the next one stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopRequests:
    """How often a stop was asked for; called, whether it was."""

    count: int = 0

    def __call__(self) -> bool:
        return self.count > 0


@contextmanager
def stopping_on(*signals: signal.Signals, most: int = 1) -> Iterator[StopRequests]:
    """Within it, these signals are counted; one more than `most` raises KeyboardInterrupt, wherever the program is.

    Whoever runs code of others that takes every exception for its own, as a web server does, counts one more and looks
    at the count. A signal that is ignored stays so: that is how `nohup` asks a program to outlive its terminal. Only
    the main thread may set handlers; see `interrupts_are_pythons`.
    """
    requests = StopRequests()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if requests.count >= most:
            raise KeyboardInterrupt
        requests.count += 1

    heard = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupts_are_pythons() -> bool:
    """Whether Ctrl-C does what Python does by itself, and may be caught here: the main thread, no other handler."""
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
