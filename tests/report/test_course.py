"""What a run folder says of its training, whole, in part, damaged or of another version."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.data import LabelledImages
from convlens.report.course import Course, read_course
from convlens.training import train

METRICS = """\
epoch,steps,loss,accuracy,validation_accuracy,learning_rate,seconds,images_per_second
0,3,2.25,0.25,,0.01,0.5,80.0
1,3,1.5,0.75,0.625,0.005,0.25,160.0
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def read(folder: Path, **files: str | bytes) -> Course:
    """The course of a folder with these files: metrics, losses, environment."""
    for name, content in files.items():
        path = folder / f"{name}.{'json' if name == 'environment' else 'csv'}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_course(folder / "model.safetensors")


def test_a_whole_run_folder_is_read_as_it_was_written(run):
    course = read(run, metrics=METRICS, losses="step,loss\n10,2.5\n20,1e-3\n25,0\n", environment='{"cores": 2}')
    assert course.epochs == (
        {
            "epoch": 0, "steps": 3, "loss": 2.25, "accuracy": 0.25, "validation_accuracy": None,
            "learning_rate": 0.01, "seconds": 0.5, "images_per_second": 80,
        },
        {
            "epoch": 1, "steps": 3, "loss": 1.5, "accuracy": 0.75, "validation_accuracy": 0.625,
            "learning_rate": 0.005, "seconds": 0.25, "images_per_second": 160,
        },
    )  # fmt: skip
    assert course.losses == ((10, 2.5), (20, 0.001), (25, 0.0))
    assert all(type(step) is int for step, _ in course.losses)
    assert course.environment == {"cores": 2}


def test_a_real_run_is_read_back(run):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 1, 8, 8), np.uint8)
    images = LabelledImages(pixels, np.arange(40) % 2, ("cat", "dog"))
    model = train(images, network="dense", epochs=2, batch_size=16, validation=0.2, threads=1, device="cpu", out=run)
    course = read_course(run / "model.safetensors")
    # 32 images in batches of 16
    assert [step for step, _ in course.losses] == [1, 2, 3, 4]
    assert [epoch["epoch"] for epoch in course.epochs] == [0, 1]
    last = model.facts["last_epoch"]
    assert course.epochs[-1] == pytest.approx(last)
    assert sum(loss for _, loss in course.losses[2:] if loss is not None) / 2 == pytest.approx(last["loss"], rel=1e-4)
    assert course.environment is not None
    assert course.environment["engine"] == model.facts["engine"]


def test_a_model_that_lies_alone_has_no_course(run):
    assert read(run) == Course((), (), None)
    assert read_course(run / "nowhere" / "model.safetensors") == Course()


@pytest.mark.parametrize("missing", ["metrics", "losses", "environment"])
def test_what_is_missing_does_not_hinder_the_rest(run, missing):
    files = {"metrics": "epoch,loss\n0,1\n", "losses": "step,loss\n1,2\n", "environment": '{"a": 1}'}
    expected = {"epochs": ({"epoch": 0, "loss": 1},), "losses": ((1, 2),), "environment": {"a": 1}}
    del files[missing], expected["epochs" if missing == "metrics" else missing]
    assert read(run, **files) == Course(**expected)


def test_what_is_no_number_leaves_a_gap(run):
    course = read(
        run, losses="step,loss\n1,nan\n2,inf\n3,-inf\n4,\n5,none\n6,1.5\n7\n", metrics="epoch,loss\n0,NaN\nx,2\n"
    )
    assert course.losses == ((1, None), (2, None), (3, None), (4, None), (5, None), (6, 1.5), (7, None))
    assert course.epochs == ({"epoch": 0, "loss": None}, {"epoch": None, "loss": 2})
    assert json.dumps(course.as_dict(), allow_nan=False)


def test_a_loss_without_a_step_has_no_place(run):
    assert read(run, losses="step,loss\n,1\nx,2\ninf,3\n4,4\n").losses == ((4, 4),)
    assert read(run, losses="loss\n1\n2\n").losses == ()
    assert read(run, losses="step\n1\n2\n").losses == ()


def test_columns_may_stand_elsewhere_and_others_be_there(run):
    course = read(run, losses="when,loss,step\nnow,2,1\nthen,3,2,9,9\n", metrics="loss,mood,epoch\n1,good,0,7,8\n")
    assert course.losses == ((1, 2), (2, 3))
    assert course.epochs == ({"loss": 1, "mood": None, "epoch": 0},)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n\n", b"step,loss", b"\xff\xfe\x00loss", b"\x00" * 100, b"step,loss\n\xff,1\n", b'"',
        b"\x89PNG\r\n\x1a\n", b"step,loss\n" + b"1" * 2_000_000 + b",1\n", b'{"step": 1}', b"step,loss\n1,2,\x00\xe9\n",
    ],
    ids=range(11),
)  # fmt: skip
def test_damaged_files_are_no_error(run, content):
    course = read(run, losses=content, metrics=content, environment=content)
    assert course.losses == ()
    assert course.environment == ({"step": 1} if content[:1] == b"{" else None)
    json.dumps(course.as_dict(), allow_nan=False)


@given(st.binary(max_size=200) | st.text("step,los\n\r\"0123456789.e-nif;\x00'", max_size=80))
def test_whatever_lies_there_is_read_or_left_out(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("run")
    raw = content if isinstance(content, bytes) else content.encode()
    course = read(folder, losses=b"step,loss\n" + raw, metrics=raw, environment=raw)
    for step, loss in course.losses:
        assert isinstance(step, int)
        assert loss is None or isinstance(loss, float)
    assert all(value is None or isinstance(value, float) for epoch in course.epochs for value in epoch.values())
    assert course.environment is None or isinstance(course.environment, dict)
    json.dumps(course.as_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "text", ["[1, 2]", "3", "null", '"text"', "{", "[" * 100_000, '{"a": 1} x', "1" * 5000, ""], ids=range(9)
)
def test_an_environment_that_is_no_object_is_left_out(run, text):
    assert read(run, environment=text).environment is None


def test_folders_and_dead_links_in_the_place_of_files_are_left_out(run):
    (run / "metrics.csv").mkdir()
    (run / "losses.csv").symlink_to(run / "gone")
    (run / "environment.json").mkdir()
    assert read_course(run / "model.safetensors") == Course()


@pytest.mark.parametrize("name", ["metrics.csv", "losses.csv", "environment.json"])
def test_huge_files_are_not_read_however_right_they_are(run, name):
    files = {"metrics.csv": METRICS, "losses.csv": "step,loss\n1,2\n", "environment.json": '{"cores": 2}\n'}
    for one, content in files.items():
        (run / one).write_text(content + "\n" * (20_000_000 if one == name else 0))
    course = read_course(run / "model.safetensors")
    assert [bool(course.epochs), bool(course.losses), bool(course.environment)] == [one != name for one in files]


def test_a_course_is_plain_values(run):
    course = read(run, metrics="epoch,loss\n0,1.5\n", losses="step,loss\n1,2.5\n2,nan\n", environment='{"cores": 2}')
    plain: Any = json.loads(json.dumps(course.as_dict(), allow_nan=False))
    assert plain == {"epochs": [{"epoch": 0, "loss": 1.5}], "losses": [[1, 2.5], [2, None]]}
