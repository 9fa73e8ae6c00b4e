"""Handle Ctrl-C: the first signal stops the training between two steps, the next one stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class StopRequests:
    """Counts the requests to stop; calling it returns whether there was one."""

    count: int = 0

    def __call__(self) -> bool:
        return self.count > 0


@contextmanager
def stopping_on(*signals: signal.Signals, most: int = 1) -> Iterator[StopRequests]:
    """Count these signals inside the `with` block; after `most` of them, the next one raises KeyboardInterrupt.

    A caller that runs code which catches every exception, such as a web server, passes a larger `most` and checks the
    count. An ignored signal stays ignored, since `nohup` relies on that. Only the main thread may set handlers; see
    `interrupts_are_pythons`.
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
    """Return whether Ctrl-C may be handled here: in the main thread, and with Python's default handler."""
    main = threading.current_thread() is threading.main_thread()
    return main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
