"""Commands whose stdin, stdout or stderr is closed, full or gone: real processes, as shells start them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convlens.trained_model import load_model

if sys.platform == "win32":
    pytest.skip("no /bin/sh here", allow_module_level=True)
if not Path("/dev/full").exists():
    pytest.skip("no device that is always full here", allow_module_level=True)

PROGRAM = """
import sys
import convlens.data.catalogue as catalogue
from convlens.__main__ import main
from convlens.data.catalogue import CatalogueEntry, RawFile
catalogue.CATALOGUE["tiny"] = CatalogueEntry(**{entry})
main()
"""
CLOSED = "error: the result cannot be written: standard output is closed. Send it to a terminal, a pipe or a file.\n"
FULL = "error: the result cannot be written to standard output: the disk is full. Send it somewhere else.\n"
QUICK = "train tiny --network dense --epochs 1 --threads 1 --out run"


def in_shell(command: str, program: str = "from convlens.__main__ import main; main()") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command with the shell's redirections."""
    Path("program.py").write_text(program)
    line = f"{sys.executable} program.py {command}"
    ran = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.fixture
def program(tiny) -> str:
    facts = {name: fact for name, fact in vars(tiny).items() if name != "read"}
    return PROGRAM.replace("{entry}", repr(facts))


@pytest.mark.parametrize("command", ["layers", "--help", "--version", "data list", "by-hand full '1 2' '3' --json"])
def test_a_result_that_nobody_gets_is_one_line_and_an_exit_code(command):
    assert in_shell(f"{command} >&-") == (1, "", CLOSED)
    assert in_shell(f"{command} >/dev/full") == (1, "", FULL)


def test_messages_that_nobody_gets_cost_nothing():
    for where in ("2>&-", "2>/dev/full"):
        code, out, _ = in_shell(f"layers {where}")
        assert (code, out.count("\n")) == (0, 10)
        assert in_shell(f"laiers {where}") == (2, "", "")
    assert in_shell("layers <&- >&- 2>&-") == (1, "", "")
    assert in_shell("by-hand full - '1 2' <&-")[0] == 2


def test_with_stderr_closed_no_file_gets_what_is_printed_there(program):
    code, out, _ = in_shell(f"{QUICK} 2>&- <&-", program)
    assert code == 0
    assert "Accuracy:" in out
    assert load_model("run").facts["finished"] is True


@pytest.mark.parametrize(("where", "error"), [(">&-", CLOSED), (">/dev/full", FULL)])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_training_without_stdout_is_saved_and_then_says_so(program, where, error, as_json):
    code, _, messages = in_shell(f"{QUICK} {'--json' if as_json else ''} {where}", program)
    assert code == 1
    assert messages.endswith(error)
    assert messages.count("error") == 1
    assert load_model("run").facts["finished"] is True


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_training_in_a_small_encoding(program, encoding, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    code, out, messages = in_shell(QUICK, program)
    assert (code, "Traceback" in messages) == (0, False)
    assert "Accuracy:" in out


@pytest.mark.parametrize("deaf", [True, False])
def test_a_terminal_that_goes_away(program, deaf):
    """Deaf, as `nohup` makes it, it trains to the end; else SIGHUP stops it, and it can be continued."""
    Path("program.py").write_text(program)
    master, terminal = os.openpty()

    def lead() -> None:
        import fcntl
        import termios

        signal.signal(signal.SIGHUP, signal.SIG_IGN if deaf else signal.SIG_DFL)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    command = f"train tiny --network dense --epochs {400 if deaf else 100_000} --batch-size 8 --threads 1 --out run"
    process = subprocess.Popen(
        [sys.executable, "program.py", *command.split()],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True, preexec_fn=lead,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(terminal)
    seen, end = b"", time.monotonic() + 60
    while b"Engine" not in seen and time.monotonic() < end:
        seen += os.read(master, 4096)
    assert process.poll() is None
    os.close(master)
    assert process.wait(timeout=60) in ((1,) if deaf else (1, 130))
    assert load_model("run").facts["finished"] is deaf
    assert Path("run/last.checkpoint").exists() is not deaf
