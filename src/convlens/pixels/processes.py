"""A child process that answers over two pipes and can be killed: a decoder written in C may crash, hang or print.

`multiprocessing` would import the caller's script again, does not work inside a daemon process, and ends all workers
when one dies; a process with two pipes has none of these problems.

A message is 4 bytes for its length, then its bytes.
"""

import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from convlens.pixels.limits import HAS_TIMER, MOST_WAITING, enforce_here

GREETING = b"convlens decodes\n"
_LENGTH = struct.Struct("<I")
_CODE = "import sys; sys.path[:] = sys.argv[2:]; from importlib import import_module as get; get(sys.argv[1]).serve()"


class ChildProcess:
    """A process that runs `serve()` of a module; it is started when first needed, and again whenever it has ended."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._was_given_up = False

    @property
    def is_running(self) -> bool:
        """Return whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> bool:
        """Start the process unless it is running; return False if no process can be started."""
        if self.is_running:
            return True
        self.close()
        self._was_given_up = False
        if not sys.executable:
            return False
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE, self.module, *sys.path],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, **threads, "PYTHONSAFEPATH": "1"},
            )  # fmt: skip
        except (OSError, ValueError):
            return False
        with suppress(EOFError), self.given_up_after(MOST_WAITING):
            if self.read(len(GREETING)) == GREETING:
                return True
        self.kill()
        self.close()
        return False

    @contextmanager
    def given_up_after(self, seconds: float) -> Iterator[None]:
        """Give up the process if the block takes longer."""
        timer = threading.Timer(seconds, self.give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def give_up(self) -> None:
        """Kill the process because it is too slow."""
        self._was_given_up = True
        self.kill()

    def send(self, *parts: bytes) -> None:
        """Send one message.

        Raises:
            EOFError: the process ended.
        """
        if self._process is None or self._process.stdin is None:
            raise EOFError
        try:
            write_message(self._process.stdin, *parts)
        except (OSError, ValueError) as error:
            raise EOFError from error

    def receive(self) -> bytes:
        """Receive one message.

        Raises:
            EOFError: the process ended.
        """
        (length,) = _LENGTH.unpack(self.read(_LENGTH.size))
        return self.read(length)

    def read(self, length: int) -> bytes:
        """Read exactly `length` bytes.

        Raises:
            EOFError: the process ended.
        """
        if self._process is None or self._process.stdout is None:
            raise EOFError
        try:
            return read_exactly(self._process.stdout, length)
        except (OSError, ValueError) as error:
            raise EOFError from error

    def was_too_slow(self) -> bool:
        """Wait for the end of a process that stopped answering; return whether it took too much time."""
        process = self._process
        self.kill_unless_ending()
        return self._was_given_up or (HAS_TIMER and process is not None and process.returncode == -signal.SIGPROF)

    def kill_unless_ending(self) -> None:
        """Wait for a process that closed its pipes; kill it if it has not ended after five seconds."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def kill(self) -> None:
        """Kill the process."""
        if self._process is not None:
            with suppress(OSError):
                self._process.kill()

    def close(self) -> None:
        """Let the process end, and wait until it has."""
        process = self._process
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self.kill_unless_ending()
        self._process = None

    def abandon(self) -> None:
        """Forget the process without ending it: after `os.fork`, it belongs to the parent."""
        self._process = None


def serve_messages(answer: Callable[[bytes, IO[bytes]], None]) -> None:
    """Answer messages until the standard input ends, which also happens when the calling process dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the caller decides
    messages = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # output of a decoder must not be read as an answer
        enforce_here()
        answers.write(GREETING)
        answers.flush()
        while True:
            try:
                (length,) = _LENGTH.unpack(read_exactly(messages, _LENGTH.size))
                answer(read_exactly(messages, length), answers)
            except (EOFError, BrokenPipeError):
                return


def write_message(to: IO[bytes], *parts: bytes) -> None:
    """Write one message, preceded by its length."""
    to.write(_LENGTH.pack(sum(map(len, parts))))
    for part in parts:
        to.write(part)
    to.flush()


def read_exactly(source: IO[bytes], length: int) -> bytes:
    """Read exactly `length` bytes.

    Raises:
        EOFError: the source ends earlier.
    """
    content = source.read(length)
    if content is None or len(content) < length:
        raise EOFError
    return content
