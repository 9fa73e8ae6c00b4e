"""A training goes on and saves, whatever becomes of its output: stderr, stdout, the log, the checkpoints."""

import errno
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.errors import OutputError
from convlens.trained_model import TrainedModel, load_model
from convlens.training import NotWritten, progress, resume_training, run_folder, session, train
from convlens.training.events import EpochDone, Event
from convlens.training.progress import Guarded, WhileItCan

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
NEEDS_FULL_DEVICE = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")


def learn(**changes: Any) -> TrainedModel:
    random = np.random.default_rng(5)
    images = LabelledImages(random.integers(0, 256, (40, 1, 8, 8), np.uint8), np.arange(40) % 2, ("a", "b"), "pets")
    return train(images, **{"network": "dense", "epochs": 3, "batch_size": 8, "threads": 1, "device": "cpu", **changes})


class Failing(io.StringIO):
    """A stream that takes some lines, and then fails as its kind does."""

    encoding = "ascii"

    def __init__(self, error: Exception, good: int = 0, terminal: bool = False) -> None:
        super().__init__()
        self.error, self.good, self.terminal, self.tries = error, good, terminal, 0

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.tries += 1
        if self.tries > self.good:
            raise self.error
        return super().write(text)


ERRORS = {
    "terminal": OSError(errno.EIO, "Input/output error"),
    "disk": OSError(errno.ENOSPC, "No space left on device"),
    "pipe": BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "closed": ValueError("I/O operation on closed file."),
}


# A pipe is no terminal, and rich ends a program where one pretends to be.
@pytest.mark.parametrize(
    ("name", "terminal"), [*((name, False) for name in ERRORS), *((name, True) for name in ERRORS if name != "pipe")]
)
@pytest.mark.parametrize("good", [0, 1])
def test_stderr_may_fail_at_any_time(monkeypatch, name, good, terminal):
    if terminal:
        monkeypatch.setenv("TERM", "xterm")
    stream, before = Failing(ERRORS[name], good, terminal), sys.stdout
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    assert learn().facts["finished"] is True
    assert stream.tries > good
    assert sys.stdout is before, "what rich redirects is given back"


def test_without_stderr_a_training_is_silent(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert learn().facts["finished"] is True
    assert capsys.readouterr().out == ""


def test_print_may_fail_and_lacks_no_letter(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Failing(ERRORS["disk"]))
    assert learn(on_event=print).facts["finished"] is True
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    random = np.random.default_rng(5).integers(0, 256, (8, 8, 8), np.uint8)
    images = LabelledImages(random[:, np.newaxis], np.arange(8) % 2, ("a", "b"), "größe")
    train(images, network="dense", epochs=1, threads=1, on_event=print)
    narrow.flush()
    assert b"Training on gr\\xf6\\xdfe: 8 images" in narrow.buffer.getvalue()


def test_an_error_of_a_listener_is_not_hidden():
    def fail(event: object) -> None:
        raise OSError(errno.ENOSPC, "mine")

    with pytest.raises(OSError, match="mine"):
        learn(on_event=fail)
    with pytest.raises(ValueError, match="invalid literal"):
        WhileItCan()(lambda: int("x"))


def test_what_failed_once_is_not_tried_again():
    class Broken:
        calls = closed = 0

        def on_event(self, event: Event) -> None:  # noqa: ARG002
            self.calls += 1
            raise ERRORS["terminal"]

        def close(self) -> None:
            self.closed += 1

    broken = Broken()
    guarded = Guarded(lambda: broken)
    for _ in range(3):
        guarded.on_event(EpochDone(0, 1, 0.5, 0.5, None, 0.1, 1.0, 8.0))
    guarded.close()
    assert (broken.calls, broken.closed) == (1, 1)


@NEEDS_FULL_DEVICE
def test_a_full_log_is_told_once_and_costs_nothing(monkeypatch):
    Path("runs").mkdir()
    real = run_folder.write_start

    def with_full_log(folder: Path, *rest: Any) -> None:
        real(folder, *rest)
        (folder / "log.txt").symlink_to("/dev/full")

    monkeypatch.setattr(run_folder, "write_start", with_full_log)
    events: list[Any] = []
    model = learn(out="runs/first", on_event=events.append)
    told = [str(event) for event in events if isinstance(event, NotWritten)]
    reason = "cannot write runs/first/log.txt: the disk is full. Free some space or choose another folder."
    assert told == [f"Output: {reason} The training continues."]
    assert load_model("latest").weights["1.weight"].tobytes() == model.weights["1.weight"].tobytes()
    assert sorted(path.name for path in Path("runs/first").iterdir() if path.suffix == ".png") == ["training.png"]


def test_a_checkpoint_in_between_may_fail(monkeypatch):
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", 0.0)
    real, calls = session.save_checkpoint, []

    def fail_at_times(path: Path, checkpoint: Any) -> None:
        calls.append(checkpoint.history.steps)
        if 1 < len(calls) < 4:
            raise OutputError(f"cannot write {path}: the disk is full.")
        real(path, checkpoint)

    monkeypatch.setattr(session, "save_checkpoint", fail_at_times)
    events: list[Any] = []
    assert learn(out="run", on_event=events.append).facts["finished"] is True
    assert len(calls) > 4, "it is tried again"
    told = [event.reason for event in events if isinstance(event, NotWritten)]
    assert told == ["cannot write run/last.checkpoint: the disk is full."]
    assert "Output: cannot write run/last.checkpoint: the disk is full. The training continues." in (
        Path("run/log.txt").read_text().splitlines()
    )


def test_the_last_checkpoint_of_a_stopped_run_must_be_written(monkeypatch):
    real = session.save_checkpoint

    def fail_later(path: Path, checkpoint: Any) -> None:
        if checkpoint.history.steps:
            raise OutputError(f"cannot write {path}: the disk is full.")
        real(path, checkpoint)

    monkeypatch.setattr(session, "save_checkpoint", fail_later)
    with pytest.raises(OutputError, match=r"^cannot write run/last\.checkpoint"):
        learn(out="run", should_stop=lambda: True)


def test_a_picture_that_cannot_be_written_leaves_a_run_that_can_be_completed(monkeypatch):
    def fail(*_arguments: Any) -> None:
        raise OutputError("cannot write run/training.png: the disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(session.pictures, "write_pictures", fail)
        with pytest.raises(OutputError) as caught:
            learn(out="run")
    assert str(caught.value) == (
        "cannot write run/training.png: the disk is full. The model is saved. "
        "To write the other files: convlens train --resume run"
    )
    assert load_model("run").facts["finished"] is True
    random = np.random.default_rng(5)
    images = LabelledImages(random.integers(0, 256, (40, 1, 8, 8), np.uint8), np.arange(40) % 2, ("a", "b"), "pets")
    resume_training("run", images)
    assert (Path("run") / "training.png").is_file()
