"""Lock files for one process at a time; the operating system releases the lock when the process ends for any reason.

If the existence of the file were the lock, a crash would leave it behind and block all other processes.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from convlens.errors import UsageError
from convlens.files import explain_write_errors
from convlens.temporary import try_to_lock

_LOOK_EVERY = 0.1


@contextmanager
def hold_lock(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path`; while another process holds it, wait and call `on_wait` ten times per second.

    On a file system without locks, nothing is locked and there is no error.

    Raises:
        OutputError: the lock file cannot be created.
    """
    with explain_write_errors(path.parent):
        file = path.open("a+b")
    with file:
        while try_to_lock(file) is False:
            on_wait()
            time.sleep(_LOOK_EVERY)
        yield


@contextmanager
def refuse_others(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock file `path`, which is removed at the end.

    Raises:
        UsageError: another process holds it; the message is `refusal`.
        OutputError: the lock file cannot be created.
    """
    with explain_write_errors(path.parent):
        file = path.open("a+b")
    with file:
        if try_to_lock(file) is False:
            raise UsageError(refusal)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
