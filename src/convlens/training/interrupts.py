"""Ctrl-C as a question: the first signal asks for a stop between two steps, the second one stops at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_on(*signals: signal.Signals) -> Iterator[Callable[[], bool]]:
    """Within it, the first of these signals makes the given function answer True; a second raises KeyboardInterrupt.

    A signal that is ignored stays so: that is how `nohup` asks a program to outlive its terminal. Only the main thread
    may set handlers; see `interrupts_are_pythons`.
    """
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    heard = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupts_are_pythons() -> bool:
    """Whether Ctrl-C does what Python does by itself, and may be caught here: the main thread, no other handler."""
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
