"""Standard streams that are closed, full or missing, and what a command's failure becomes, in this process."""

import errno
import io
import os
import sys

import pytest

from convlens.cli import main, streams
from convlens.cli.evaluation_command import _cell
from convlens.cli.streams import explain_output_error, is_output_error
from convlens.errors import DataError, UsageError

BUG = "This is a bug in Convlens; please report it with the lines that --debug adds."
MEMORY = "Give smaller or fewer images, a smaller network or a smaller batch, or close other programs."


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (MemoryError("Unable to\nallocate."), 1, f"there is not enough memory (Unable to allocate). {MEMORY}"),
        (MemoryError(), 1, f"there is not enough memory. {MEMORY}"),
        (KeyboardInterrupt(), 130, "interrupted."),
        (ValueError("a\n  b"), 1, f"ValueError: a b. {BUG}"),
        (OSError(errno.ENAMETOOLONG, "too long", "a" * 90), 2,
         f"'{'a' * 60}'… is too long for the name of a file or folder. Give a shorter one."),
        (OSError(errno.ENOENT, "gone", "a.txt"), 1, f"FileNotFoundError: [Errno 2] gone: 'a.txt'. {BUG}"),
        (OSError(errno.EIO, "broken", "a.txt"), 1, f"OSError: [Errno 5] broken: 'a.txt'. {BUG}"),
        (OSError(errno.ENOSPC, "full"), 1,
         "the result cannot be written to standard output: the disk is full. Send it somewhere else."),
        (BrokenPipeError(errno.EPIPE, "broken"), 1, None),
        (DataError("no images. Give some."), 3, "no images. Give some."),
        (UsageError("[a] is wrong."), 2, "[a] is wrong."),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_whatever_fails_is_one_line_and_an_exit_code(raised, code, message, monkeypatch, capsys):
    class App:
        """Fails like a command that fails."""

        def __call__(self, *_: object, **__: object) -> None:
            raise raised

    monkeypatch.setattr(main, "app", App())
    assert main.run(["layers"]) == code
    assert capsys.readouterr() == ("", "" if message is None else f"error: {message}\n")
    if message is not None:
        assert main.run(["layers", "--debug"]) == code
        assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (3, 3), ("text", 0)])
def test_the_result_of_a_command_is_its_exit_code_if_it_is_a_number(result, code, monkeypatch):
    monkeypatch.setattr(main, "app", lambda *_, **__: result)
    assert main.run(["layers"]) == code


@pytest.mark.parametrize("number", [errno.EBADF, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE])
def test_an_error_of_a_stream_names_no_file(number):
    assert is_output_error(OSError(number, "it"))
    assert not is_output_error(OSError(number, "it", "a.txt"))
    assert not is_output_error(OSError(errno.ENOENT, "it"))


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (
            errno.EBADF,
            "the result cannot be written: standard output is closed. Send it to a terminal, a pipe or a file.",
        ),
        *[
            (number, f"the result cannot be written to standard output: {reason}. Send it somewhere else.")
            for number, reason in (
                (errno.ENOSPC, "the disk is full"),
                (errno.EDQUOT, "the disk is full"),
                (errno.EFBIG, "the disk is full"),
                (errno.EIO, "it burnt"),
            )
        ],
    ],
)
def test_why_the_output_cannot_be_written(number, reason):
    assert explain_output_error(OSError(number, "it burnt")) == reason


def test_missing_streams_are_opened_again(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    streams.keep_streams()
    assert [one.fileno() for one in (sys.stdin, sys.stdout, sys.stderr)] == [0, 1, 2]
    assert (sys.stdin.encoding, sys.stdout.encoding, sys.stderr.encoding) == ("utf-8", "utf-8", "utf-8")
    assert (sys.stdin.mode, sys.stdout.mode) == ("r", "w")
    assert (sys.stderr.errors, sys.stderr.line_buffering) == ("backslashreplace", True)
    given = sys.stdin, sys.stdout
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "wb", closefd=False), encoding="cp1252")
    streams.keep_streams()
    assert (sys.stdin, sys.stdout) == given
    assert (sys.stderr.encoding, sys.stderr.errors) == ("cp1252", "backslashreplace")
    sys.stderr = elsewhere = io.StringIO()
    streams.keep_streams()
    assert sys.stderr is elsewhere


def test_a_closed_descriptor_is_occupied_by_the_null_device():
    first, second = (os.open(os.devnull, os.O_WRONLY) for _ in range(2))
    os.close(first)
    os.close(second)
    streams._occupy(second)  # the first one that is free is another
    try:
        assert os.get_inheritable(second)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(second, b"a")
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(first)
        streams._occupy(second)  # it is open now, so nothing happens
        assert os.read(second, 1) == b""
    finally:
        os.close(second)


def test_a_forgiving_file_drops_what_it_cannot_write(tmp_path):
    with streams._Forgiving(tmp_path / "a.txt", "w") as file:
        assert file.write(b"abc") == 3
    assert (tmp_path / "a.txt").read_bytes() == b"abc"
    reading, writing = os.pipe()
    os.close(reading)
    with streams._Forgiving(writing, "w") as file:
        assert file.write(memoryview(b"abcd")) == 4


def test_flushing_a_closed_output_is_no_error(monkeypatch, tmp_path):
    with (tmp_path / "a.txt").open("w") as file:
        pass
    monkeypatch.setattr(sys, "stdout", file)
    streams.flush_stdout()


def test_cells_of_a_matrix_say_what_is_right():
    assert (_cell(0, True), _cell(0, False)) == ("[dim]·[/]", "[dim]·[/]")
    assert (_cell(1_234, True), _cell(1_234, False)) == ("[green]1,234[/]", "[bold red]1,234[/]")
