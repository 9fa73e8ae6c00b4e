"""`convlens train` on a real terminal: what stays on the screen after Ctrl-C, as a terminal would draw it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")

COLUMNS = 60
PROGRAM = """
import sys
import convlens.data.catalogue as catalogue
from convlens.data.catalogue import CatalogueEntry, RawFile
from convlens.cli.main import run
catalogue.CATALOGUE["tiny"] = CatalogueEntry(**{entry})
sys.exit(run(sys.argv[1:]))
"""


def screen(written: str) -> list[str]:
    """The lines that a terminal shows: printed, wrapped at the last column, moved over and erased."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]", written):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
        elif part.endswith("A") and part.startswith("\x1b"):
            row = max(0, row - int(part[2:-1] or 1))
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith("\x1b"):
            if column == COLUMNS:
                row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + 1 :]
            column += 1
        lines += [""] * (row + 1 - len(lines))
    return [line.rstrip() for line in lines if line.strip()]


class OnTerminal:
    """A process on a pseudo-terminal, whose keys are typed and whose screen is read."""

    def __init__(self, entry, *arguments: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        facts = {name: fact for name, fact in vars(entry).items() if name != "read"}
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}

        def lead() -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("{entry}", repr(facts)), *arguments],
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, preexec_fn=lead,
            env={**environment, "TERM": "xterm"},
        )  # fmt: skip
        os.close(terminal)
        os.set_blocking(self._master, False)
        self.written = ""

    def read_until(self, wanted: str, seconds: float = 60) -> None:
        """Until that was written, or the process ended."""
        end = time.monotonic() + seconds
        while wanted not in self.written and time.monotonic() < end:
            try:
                self.written += os.read(self._master, 65536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:
                return  # the process closed the terminal

    def type(self, keys: bytes) -> None:
        """As a person does."""
        os.write(self._master, keys)

    def close(self) -> int:
        """Read the rest; the exit code."""
        self.read_until("\0 never")
        os.close(self._master)
        return self.process.wait(30)


def test_ctrl_c_leaves_no_bar(tiny):
    ran = OnTerminal(tiny, "train", "tiny", "--network", "dense", "--epochs", "60000", "--threads", "1", "--out", "run")
    try:
        ran.read_until("of 60000 epochs")
        ran.type(b"\x03")
        assert ran.close() == 130
    finally:
        ran.process.kill()
    lines = screen(ran.written)
    assert "^C" in ran.written  # the terminal did echo it behind the bar
    assert not [line for line in lines if "60000 epochs" in line and not line.startswith("Recipe")], lines
    assert not [line for line in lines if "━" in line or "^C" in line]
    assert sum(line.startswith("Epoch 0: ") for line in lines) == 1
    (stopped,) = [line for line in lines if line.startswith("Training was stopped at step ")]
    assert stopped
    assert "  convlens train --resume run" in lines


def test_the_tutorials_losses_are_shown_with_the_numbers_of_the_log(tiny):
    ran = OnTerminal(
        tiny, "train", "tiny", "--recipe", "tutorial", "--network", "dense", "--epochs", "2", "--threads", "1",
        "--out", "run",
    )  # fmt: skip
    try:
        assert ran.close() == 0
    finally:
        ran.process.kill()
    lines = screen(ran.written)
    logged = Path("run/log.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in logged if line.startswith(("Epoch -> ", "  Batch: "))]
    assert [line.partition(",")[0] for line in wanted] == ["Epoch -> 0", "  Batch: 0", "Epoch -> 1", "  Batch: 0"]
    assert [line for line in lines if line.startswith(("Epoch -> ", "  Batch: "))] == wanted
    assert sum("Accuracy" in line for line in lines) == 1
