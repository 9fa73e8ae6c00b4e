"""`convlens predict`: files, folders and stdin, as text, CSV and JSON; what is no image does not stop the others."""

import csv
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from rich.console import Console

from convlens.cli import prediction_command
from convlens.trained_model import load_model
from convlens.training.pictures import sample_indices
from convlens.words import percent


@pytest.fixture
def pictures(digits_8x8) -> list[Path]:
    """Three of the test digits as PNG files."""
    folder = Path("pictures")
    folder.mkdir()
    for number in range(3):
        Image.fromarray(digits_8x8.test.images[number, 0]).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


def test_an_answer_is_one_line_and_what_was_done_to_the_picture(convlens, trained_run, pictures):
    ran = convlens("predict", "latest", *map(str, pictures))
    assert ran.code == 0
    for path in pictures:
        expected = load_model(trained_run).predict(path)
        line = next(line for line in ran.out.splitlines() if line.startswith(f"{path}: "))
        assert line.startswith(f"{path}: {expected.class_name} ({percent(expected.probability)})")


def test_a_folder_and_its_files_give_the_same_json(convlens, trained_run, pictures):
    (by_folder,) = convlens("predict", "latest", "pictures", "--json").lines
    (by_files,) = convlens("predict", "latest", *map(str, pictures), "--json").lines
    assert by_folder == by_files
    assert [one["image"] for one in by_folder["predictions"]] == [str(path) for path in pictures]
    assert all(sum(one["probabilities"].values()) == pytest.approx(1) for one in by_folder["predictions"])


def test_the_json_names_the_run_and_not_latest(convlens, trained_run, pictures):
    (latest,) = convlens("predict", "latest", "pictures", "--json").lines
    (named,) = convlens("predict", "runs/first", "pictures", "--json").lines
    assert (latest["model"], named["model"]) == ("runs/first", "runs/first")


def test_an_output_without_a_folder_is_refused_before_anything_is_predicted(convlens, trained_run, pictures):
    for option in ("--steps", "--csv"):
        ran = convlens("predict", "latest", "pictures", option, "nowhere/answers.png")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            "error: cannot write nowhere/answers.png: there is no folder nowhere. Make it first, or choose another "
            "folder.\n"
        )


def test_a_terminal_gets_whole_words_and_a_file_whole_lines(convlens, trained_run, pictures, monkeypatch):
    whole = convlens("predict", "latest", str(pictures[0]), "--top", "10").out.splitlines()[0]
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=30, height=25, color_system=None, legacy_windows=False)
    monkeypatch.setattr(prediction_command, "result_console", lambda: console)
    convlens("predict", "latest", str(pictures[0]), "--top", "10")
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 30
    assert " ".join(screen.getvalue().split()).startswith(" ".join(whole.split()))


def test_a_picture_on_stdin(convlens, trained_run, pictures, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(pictures[0].read_bytes())))
    ran = convlens("predict", "latest", "-")
    expected = load_model(trained_run).predict(pictures[0])
    assert ran.out.startswith(f"<stdin>: {expected.class_name} ({percent(expected.probability)})")


def test_hidden_files_are_left_alone_and_other_kinds_are_mentioned(convlens, trained_run, pictures):
    for name in (".hidden.png", "notes.txt", "README"):
        Path("pictures", name).write_text("no picture")
    ran = convlens("predict", "latest", "pictures")
    assert ran.code == 0
    assert ran.err == "pictures: 2 other files left out, not images by their ending (no ending: 1, .txt: 1)\n"


def test_a_blank_picture_is_said_to_be_blank(convlens, trained_run):
    Image.new("L", (40, 40), 255).save("blank.png")
    ran = convlens("predict", "latest", "blank.png")
    assert ran.out.startswith("blank.png: unknown, best guess ")
    assert "  unlike the training images: there is nothing on it\n" in ran.out


def test_csv_has_every_probability(convlens, trained_run, pictures):
    ran = convlens("predict", "latest", "pictures", "--csv", "answers.csv")
    assert ran.code == 0
    rows = list(csv.reader(Path("answers.csv").read_text().splitlines()))
    assert rows[0] == ["image", "class", "probability", "unknown", *"0123456789"]
    assert len(rows) == 4
    for row in rows[1:]:
        assert sum(map(float, row[4:])) == pytest.approx(1)
        assert float(row[2]) == max(map(float, row[4:]))
        assert row[3] == "no"


def test_what_is_no_image_is_named_and_the_others_are_answered(convlens, trained_run, pictures):
    Path("pictures/notes.png").write_text("no picture")
    ran = convlens("predict", "latest", "pictures")
    assert ran.code == 3
    assert len([line for line in ran.out.splitlines() if line.startswith("pictures/")]) == 3
    assert ran.err.startswith("error: ")
    assert "notes.png" in ran.err
    assert len(ran.err.splitlines()) == 1
    (found,) = convlens("predict", "latest", "pictures", "--json").lines
    assert list(found["errors"]) == ["pictures/notes.png"]
    assert len(found["predictions"]) == 3


@pytest.mark.parametrize("name", ["nothing.png", "empty"])
def test_missing_files_and_empty_folders(convlens, trained_run, name):
    Path("empty").mkdir()
    ran = convlens("predict", "latest", name)
    assert ran.code == 3
    assert ran.err.startswith("error: ")
    assert name in ran.err


def test_a_folder_where_a_model_belongs(convlens, trained_run, pictures):
    ran = convlens("predict", "pictures", str(pictures[0]))
    assert ran.code == 4
    assert "this folder contains no model.safetensors" in ran.err


def test_a_folder_where_the_csv_belongs_shows_before_any_answer(convlens, trained_run, pictures):
    ran = convlens("predict", "latest", "pictures", "--csv", "pictures")
    assert ran.code == 1
    assert (ran.out, ran.err) == ("", "error: cannot write pictures: a folder has that name. Give a file name.\n")


def test_an_image_where_a_model_belongs(convlens, trained_run, pictures):
    ran = convlens("predict", str(pictures[0]), str(pictures[0]))
    assert ran.code == 4
    assert "is not a trained model" in ran.err


def test_top_is_checked(convlens, trained_run, pictures):
    assert "--top is 0; give 1 or more." in convlens("predict", "latest", str(pictures[0]), "--top", "0").err
    out = convlens("predict", "latest", str(pictures[0]), "--top", "1").out
    assert "then" not in out.splitlines()[0]


def test_images_of_a_known_dataset_by_their_numbers(convlens, trained_run, digits_8x8):
    ran = convlens("predict", "latest", "tiny:7", "tiny:0", "--top", "1")
    assert (ran.code, ran.err) == (0, "")
    test, model = digits_8x8.test, load_model(trained_run)
    for line, number in zip(ran.out.splitlines(), (7, 0), strict=True):
        expected = model.predict(test.images[number, 0])
        true = test.class_names[test.labels[number]]
        assert line == f"tiny:{number}: {expected.class_name} ({percent(expected.probability)})  labelled {true}"
    (found,) = convlens("predict", "latest", "tiny:7", "--json").lines
    (one,) = found["predictions"]
    assert (one["image"], one["true_class"]) == ("tiny:7", test.class_names[test.labels[7]])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tiny:297", "tiny:297: tiny has 297 test images. Give tiny:0 to tiny:296."),
        ("tiny:x", "'tiny:x': 'x' is not an index. Give a test image such as tiny:7."),
        ("tiny", "'tiny' is a dataset with many images. Give one of its test images, such as tiny:7."),
        ("tyni:7", "unknown dataset 'tyni'"),
    ],
)
def test_numbers_and_datasets_that_are_not_there(convlens, trained_run, name, message):
    ran = convlens("predict", "latest", name)
    assert ran.code == 2
    assert ran.out == ""
    assert message in ran.err


def test_a_file_comes_before_a_dataset_of_its_name(convlens, trained_run, pictures):
    Path("tiny:7").write_bytes(pictures[0].read_bytes())
    ran = convlens("predict", "latest", "tiny:7")
    assert ran.code == 0
    assert "labelled" not in ran.out


def test_patterns_are_expanded_where_no_shell_does(convlens, trained_run, pictures):
    (by_pattern,) = convlens("predict", "latest", "pictures/[12].png", "--json").lines
    assert [one["image"] for one in by_pattern["predictions"]] == ["pictures/1.png", "pictures/2.png"]
    ran = convlens("predict", "latest", "pictures/9*.png")
    assert ran.code == 3
    assert ran.err == "error: pictures/9*.png: no file matches this pattern. Check the path.\n"


def test_a_run_says_what_it_predicts_for_its_three_samples(convlens, tiny, digits_8x8):
    command = ("train", "tiny", "--network", "dense", "--epochs", "1", "--threads", "1", "--out", "runs/first")
    ran = convlens(*command)
    test, model = digits_8x8.test, load_model("runs/first")
    lines = [line.split() for line in ran.out.splitlines() if line.startswith("  tiny:")]
    assert [line[0] for line in lines] == [f"tiny:{number}" for number in sample_indices(3, 297).values()]
    for name, _, said, _, true in lines:
        number = int(name.removeprefix("tiny:"))
        assert (said, true) == (model.predict(test.images[number, 0]).class_name, str(test.labels[number]))
    assert len(lines) == 3
    assert model.facts["samples"][0] == {"image": int(lines[0][0][5:]), "predicted": lines[0][2], "true": lines[0][4]}


def test_steps_of_an_image_of_a_dataset(convlens, trained_run):
    ran = convlens("predict", "latest", "tiny:7", "--steps", "steps.png")
    assert (ran.code, Path("steps.png").read_bytes()[:4]) == (0, b"\x89PNG")
