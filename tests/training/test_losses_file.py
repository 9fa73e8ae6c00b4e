"""`losses.csv`: a line a step, or for each equal chunk of a long training; and that every run folder has it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.training import resume_training, train
from convlens.training.events import ChunkDone, Event
from convlens.training.run_folder import write_losses


def lines_of(folder: Path) -> list[str]:
    return (folder / "losses.csv").read_text(encoding="utf-8").splitlines()


def test_few_steps_have_a_line_each(tmp_path):
    write_losses(tmp_path, [2.5, 1.25, 0.0, 1e-9, 1234567.0, 1 / 3])
    assert (tmp_path / "losses.csv").read_bytes() == (
        b"step,loss\n1,2.5\n2,1.25\n3,0\n4,1e-09\n5,1.23457e+06\n6,0.333333\n"
    )


def test_no_steps_are_a_header_alone(tmp_path):
    write_losses(tmp_path, [])
    assert lines_of(tmp_path) == ["step,loss"]


def test_ten_thousand_steps_have_a_line_each(tmp_path):
    write_losses(tmp_path, [float(step) for step in range(10_000)])
    lines = lines_of(tmp_path)
    assert (len(lines), lines[1], lines[-1]) == (10_001, "1,0", "10000,9999")


def test_one_more_makes_chunks_of_two_whose_last_is_shorter(tmp_path):
    write_losses(tmp_path, [float(step) for step in range(10_001)])
    lines = lines_of(tmp_path)
    # steps 1 and 2 lost 0 and 1, steps 3 and 4 lost 2 and 3, …, the last is alone
    assert lines[1:4] == ["2,0.5", "4,2.5", "6,4.5"]
    assert lines[-2:] == ["10000,9998.5", "10001,10000"]
    assert len(lines) == 1 + 5001


@pytest.mark.parametrize(("steps", "size"), [(20_000, 2), (20_001, 3), (123_456, 13)])
def test_chunks_are_equal_and_no_loss_is_left_out(tmp_path, steps, size):
    losses = np.random.default_rng(0).random(steps).tolist()
    write_losses(tmp_path, losses)
    rows = list(csv.DictReader(lines_of(tmp_path)))
    ends = [int(row["step"]) for row in rows]
    assert ends == [*range(size, steps, size), steps]
    assert len(rows) <= 10_000
    starts = [0, *ends[:-1]]
    expected = [sum(losses[start:end]) / (end - start) for start, end in zip(starts, ends, strict=True)]
    assert [float(row["loss"]) for row in rows] == pytest.approx(expected, rel=1e-5)


def test_an_older_file_is_replaced(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write_losses(folder, [1.0] * 50)
    write_losses(folder, [2.0])
    assert lines_of(folder) == ["step,loss", "1,2"]
    assert [path.name for path in folder.iterdir()] == ["losses.csv"]


def make_images(count: int = 40) -> LabelledImages:
    pixels = np.random.default_rng(count).integers(0, 256, (count, 1, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(count) % 2, ("cat", "dog"), "pets")


def test_a_run_folder_has_the_losses_of_every_step(tmp_path):
    events: list[Event] = []
    train(
        make_images(), network="dense", epochs=3, batch_size=16, threads=1, device="cpu", out=tmp_path / "run",
        on_event=events.append,
    )  # fmt: skip
    losses = [float(loss) for event in events if isinstance(event, ChunkDone) for loss in event.losses]
    assert len(losses) == 3 * 3
    assert lines_of(tmp_path / "run") == ["step,loss", *(f"{step},{loss:.6g}" for step, loss in enumerate(losses, 1))]


def test_a_training_that_went_on_has_the_losses_of_all_its_parts(tmp_path):
    choices = {"network": "dense", "epochs": 2, "batch_size": 16, "threads": 1, "device": "cpu"}
    train(make_images(), out=tmp_path / "whole", **choices)
    stopped = train(make_images(), out=tmp_path / "run", should_stop=lambda: True, **choices)
    steps = stopped.facts["steps"]
    assert 0 < steps < 6
    assert lines_of(tmp_path / "run") == lines_of(tmp_path / "whole")[: 1 + steps]
    resume_training(tmp_path / "run", make_images())
    assert lines_of(tmp_path / "run") == lines_of(tmp_path / "whole")
