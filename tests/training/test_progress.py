"""What a training shows of itself: lines, the bar of a terminal, a notebook's cell; and what `print` gets."""

import functools
import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import rich
from rich.console import Console

from convlens.calibration import Calibration
from convlens.data import LabelledImages
from convlens.errors import UsageError
from convlens.training import (
    Calibrated,
    ChunkDone,
    EpochDone,
    Event,
    Judged,
    TrainingEnded,
    TrainingSettings,
    TrainingStarted,
    progress,
    train,
)
from convlens.training.progress import PlainLines, choose_display, in_notebook
from convlens.training.terminal_display import TerminalDisplay

SETTINGS = TrainingSettings(network="dense", epochs=200)
STARTED = TrainingStarted("digits", 1500, SETTINGS, "native", 650, 12, 0, None)
CHUNK = ChunkDone(3, 4, np.array([0.5, 0.25], np.float32), 0.875, 12_345.0, 65.0)
DONE = EpochDone(3, 12, 0.25, 0.9375, 0.75, 0.001, 1.5, 1000.0, 0.5)
CALIBRATED = Calibrated(Calibration(temperature=1.25, images=10))
JUDGED = Judged(9, 10)


def epochs(*numbers: int) -> list[EpochDone]:
    return [replace(DONE, epoch=number) for number in numbers]


def train_on_noise(**changes) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 1, 4, 4), np.uint8)
    labelled = LabelledImages(images, np.arange(40) % 2, ("a", "b"), "noise")
    train(labelled, network="dense", epochs=2, batch_size=4, threads=1, device="cpu", **changes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time is the one number in this list."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_every_event_is_one_short_line():
    ended = TrainingEnded("time limit", 3.5, 200, None)
    lines = [str(event) for event in (STARTED, CHUNK, DONE, CALIBRATED, ended, JUDGED)]
    assert lines == [
        "Training on digits: 1,500 images, 650 parameters, 200 epochs, native",
        "Epoch 3, batch 5: loss 0.25, accuracy 87.50 %",
        "Epoch 3: accuracy 93.75 %, held out 75.00 %, loss 0.25, 1.5 s",
        "Temperature 1.25: the network was overconfident",
        "End: stopped at the time limit after 3.5 of 200 epochs",
        "Accuracy: 90.00 % of 10 test images",
    ]
    limited = replace(STARTED, settings=replace(SETTINGS, early_stopping=5, max_seconds=90))
    assert "200 epochs, patience 5, at most 90 s, native" in str(limited)


@pytest.mark.parametrize("show", [print, functools.partial(print, flush=True), rich.print])
def test_print_gets_a_line_an_epoch(capsys, show):
    train_on_noise(on_event=show)
    captured = capsys.readouterr()
    starts = [line.partition(":")[0] for line in captured.out.splitlines()]
    assert starts == ["Training on noise", "Epoch 0", "Epoch 1"]
    assert captured.err == ""  # who takes the events shows them: nothing stands there twice


def test_any_other_listener_gets_the_chunks_too():
    events: list[Event] = []
    train_on_noise(on_event=events.append)
    assert any(isinstance(event, ChunkDone) for event in events)


def test_lines_are_on_stderr_by_default_and_none_where_nobody_wants_them(capsys):
    train_on_noise()
    captured = capsys.readouterr()
    assert [line.partition(":")[0] for line in captured.err.splitlines()] == ["Epoch 0", "Epoch 1"]
    assert captured.out == ""
    train_on_noise(progress=False)
    assert capsys.readouterr() == ("", "")


def test_true_shows_them_beside_a_listener(capsys):
    events: list[Event] = []
    train_on_noise(on_event=events.append, progress=True)
    assert capsys.readouterr().err.startswith("Epoch 0: ")
    assert events


def test_progress_is_true_false_or_none():
    with pytest.raises(UsageError, match=r"^progress is 'yes'; give True or False"):
        train_on_noise(progress="yes")


def test_there_is_at_most_one_epoch_line_a_second_and_always_the_last(clock, capsys):
    lines = PlainLines()
    lines.on_event(STARTED)
    for number in range(100):
        lines.on_event(CHUNK)
        lines.on_event(epochs(number)[0])
        clock[0] += 0.25
    lines.on_event(CALIBRATED)
    lines.on_event(JUDGED)
    lines.close()
    shown = capsys.readouterr().err.splitlines()
    # 100 epochs of a quarter of a second: one in four, the last one, and the accuracy.
    assert [line.split()[1].strip(":") for line in shown[:-1]] == [str(number) for number in (*range(0, 100, 4), 99)]
    assert shown[-1] == "Accuracy: 90.00 % of 10 test images"


def test_a_stop_shows_the_epoch_that_was_held_back(clock, capsys):
    lines = PlainLines()
    for event in (STARTED, *epochs(0, 1, 2)):
        lines.on_event(event)
    lines.close()
    lines.close()
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["Epoch 0", "Epoch 2"]


def test_the_full_log_has_a_head_and_leaves_the_accuracy_to_the_result(clock, capsys):
    lines = PlainLines(full=True)
    for event in (STARTED, *epochs(0), CALIBRATED, JUDGED):
        lines.on_event(event)
    starts = [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()]
    assert starts == ["Data", "Network", "Recipe", "Epoch", "Engine", "Epoch 0", "Temperature"]


def test_the_tutorials_losses_are_all_shown(clock, capsys):
    lines = PlainLines()
    lines.on_event(replace(STARTED, settings=replace(SETTINGS, log_every=2, epochs=10)))
    for event in (replace(CHUNK, first_batch=0), CHUNK, *epochs(3), replace(CHUNK, epoch=4, first_batch=0)):
        lines.on_event(event)
    assert capsys.readouterr().err.splitlines() == [
        "Epoch -> 3",
        "  Batch: 0, Loss: 0.5",
        "  Batch: 4, Loss: 0.5",
        "  Training accuracy 93.75 %, held out 75.00 %, loss 0.25, 1.5 s, 1,000 images/s",
        "Epoch -> 4",
        "  Batch: 0, Loss: 0.5",
    ]


def test_a_long_training_with_losses_shows_whole_epochs_at_one_line_a_second(clock, capsys):
    lines = PlainLines()
    lines.on_event(replace(STARTED, settings=replace(SETTINGS, log_every=2, epochs=12)))
    for epoch in range(11):  # at 0, 1, 2, ... seconds, each of three lines
        clock[0] = 100.0 + epoch
        for event in (replace(CHUNK, epoch=epoch, first_batch=0), *epochs(epoch)):
            lines.on_event(event)
    lines.on_event(replace(CHUNK, epoch=11, first_batch=0))  # stopped in the middle of an epoch
    lines.close()
    shown = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Epoch")]
    assert shown == [f"Epoch -> {epoch}" for epoch in (0, 3, 6, 9, 10, 11)]


def terminal(width: int = 80) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=True, width=width, color_system=None, legacy_windows=False,
                   _environ={"TERM": "xterm"}), written  # fmt: skip


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_bar_leaves_room_for_what_ctrl_c_echoes(clock, width):
    console, written = terminal(width)
    display = TerminalDisplay(console)
    display.on_event(STARTED)
    clock[0] += 1
    written.truncate(0)
    display.on_event(CHUNK)
    (bar,) = [line for line in written.getvalue().replace("\r", "\n").splitlines() if "of 200 epochs" in line]
    bar = bar.rpartition("\x1b[2K")[2]
    assert len(bar) <= width - 8
    assert bar.startswith("3 of 200 epochs ")
    assert ("1:05 left" in bar, "loss 0.2500" in bar, "images/s" in bar) == (True, width >= 75, width >= 100)
    display.close()


def test_the_bar_goes_and_the_lines_stay(clock):
    console, written = terminal()
    display = TerminalDisplay(console)
    for event in (STARTED, CHUNK, *epochs(0, 1), JUDGED):
        display.on_event(event)
    display.close()
    text = written.getvalue()
    assert text.count("Epoch 0: accuracy 93.75 %") == text.count("Epoch 1: accuracy") == 1
    assert text.count("Accuracy 90.00 % of 10 test images") == 1
    assert text.endswith("\x1b[2K")  # the bar's line is erased last
    assert "\x1b[?25h" in text  # and the cursor is shown again


def test_what_a_program_prints_into_a_file_stays_there(clock, capsys):
    console, written = terminal()
    display = TerminalDisplay(console)
    print("a result")
    display.close()
    assert capsys.readouterr().out == "a result\n"
    assert "a result" not in written.getvalue()


def test_drawing_is_seldom(clock, monkeypatch):
    display = TerminalDisplay(terminal()[0])
    drawn = []
    monkeypatch.setattr(display._bar, "refresh", lambda: drawn.append(clock[0]))
    display.on_event(STARTED)
    for _ in range(100):
        clock[0] += 0.05
        display.on_event(CHUNK)
    assert 20 <= len(drawn) <= 26  # five a second, for five seconds
    display.close()


def test_no_terminal_and_no_notebook_is_lines(monkeypatch):
    assert isinstance(choose_display(), PlainLines)
    monkeypatch.setattr(sys, "stderr", None)
    display = choose_display()
    display.on_event(DONE)
    display.close()


def test_a_terminal_gets_the_bar(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", written)
    display = choose_display()
    assert isinstance(display, TerminalDisplay)
    display.close()


def test_the_display_is_closed_whatever_happens(capsys):
    def fail(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_on_noise(progress=True, on_event=fail)
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["Epoch 0", "Epoch 1"]


def test_a_notebooks_bar_counts_steps(clock, capsys):
    pytest.importorskip("IPython")
    from convlens.training.notebook_display import NotebookDisplay

    display = NotebookDisplay()
    assert "Starting" in display._repr_html_()
    for event in (STARTED, *epochs(0, 1, 2), CHUNK):
        display.on_event(event)
    # Three epochs of 12 steps, and of the fourth the steps 0 to 5.
    assert "<progress value='42' max='2400'></progress> 200 epochs, Epoch 3, batch 5: " in display._repr_html_()
    assert display._repr_html_().count("<tr>") == 4
    display.close()
    assert "progress" not in display._repr_html_()


def test_a_notebook_gets_a_table_drawn_in_place(monkeypatch, capsys):
    pytest.importorskip("IPython")
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    assert not in_notebook()
    shell = InteractiveShell.instance(display_pub_class=CapturingDisplayPublisher)
    try:
        assert not in_notebook()  # a terminal's IPython has no kernel
        monkeypatch.setattr(shell, "kernel", SimpleNamespace(), raising=False)
        assert in_notebook()
        publisher = shell.display_pub
        train_on_noise()
    finally:
        InteractiveShell.clear_instance()
    assert isinstance(publisher, CapturingDisplayPublisher)
    first, *_, last = publisher.outputs
    assert (first.get("update", False), last["update"]) == (False, True)
    assert first["transient"]["display_id"] == last["transient"]["display_id"]
    assert "Starting" in first["data"]["text/html"]
    html = last["data"]["text/html"]
    assert html.count("<tr>") == 3
    assert "progress" not in html
    assert last["data"]["text/plain"].splitlines()[1].startswith("Epoch 1: accuracy ")
    assert capsys.readouterr().err == ""
