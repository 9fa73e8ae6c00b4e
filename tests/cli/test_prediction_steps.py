"""`convlens predict` of what is unlike the training images: repaired or not, unknown, and its steps as a picture."""

import csv
import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from convlens.pixels import decoding
from convlens.trained_model import load_model


@pytest.fixture
def inverted(digits_8x8) -> Path:
    """A test digit, dark on light."""
    path = Path("dark.png")
    Image.fromarray(255 - digits_8x8.test.images[0, 0]).save(path)
    return path


@pytest.fixture
def unsure(trained_run) -> Path:
    """The model, with a threshold that nothing reaches."""
    path = Path("unsure.safetensors")
    model = load_model(trained_run)
    replace(model, calibration=replace(model.calibration, threshold=1.0)).save(path)
    return path


def steps_of(path):
    image = Image.open(io.BytesIO(Path(path).read_bytes()))
    assert image.format == "PNG"
    assert image.width == 1200
    return image


def test_steps_are_drawn_and_it_is_said_where(convlens, trained_run, inverted):
    ran = convlens("predict", "latest", str(inverted), "--steps", "steps.png")
    assert ran.code == 0
    assert ran.err == "Steps: steps.png\n"
    assert steps_of("steps.png").height > 300
    assert ran.out.startswith(f"{inverted}: ")
    assert [path.name for path in Path().glob("steps*")] == ["steps.png"]


def test_the_answers_are_the_same_with_and_without_steps(convlens, trained_run, inverted):
    plain = convlens("predict", "latest", str(inverted), "--json")
    drawn = convlens("predict", "latest", str(inverted), "--json", "--steps", "steps.png")
    assert plain.out == drawn.out
    convlens("predict", "latest", str(inverted), "--json", "--no-repair", "--steps", "unrepaired.png")
    assert steps_of("unrepaired.png").tobytes() != steps_of("steps.png").tobytes()


def test_a_file_is_decoded_once_for_both_answers(convlens, trained_run, inverted, monkeypatch):
    read = []
    real = decoding._read_file

    def noted(source, name):
        read.append(name)
        return real(source, name)

    monkeypatch.setattr(decoding, "_read_file", noted)
    ran = convlens("predict", "latest", str(inverted), "--steps", "steps.png")
    assert ran.code == 0
    assert read == [str(inverted)]


def test_steps_of_stdin(convlens, trained_run, inverted, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(inverted.read_bytes())))
    assert convlens("predict", "latest", "-", "--steps", "stdin.png").code == 0
    steps_of("stdin.png")


def test_what_is_no_image_is_left_out_of_the_steps(convlens, trained_run, inverted):
    Path("notes.png").write_text("no picture")
    ran = convlens("predict", "latest", "notes.png", str(inverted), "--steps", "steps.png")
    assert ran.code == 3
    alone = convlens("predict", "latest", str(inverted), "--steps", "alone.png")
    assert alone.code == 0
    assert Path("steps.png").read_bytes() == Path("alone.png").read_bytes()
    nothing = convlens("predict", "latest", "notes.png", "--steps", "none.png")
    assert nothing.code == 3
    assert not Path("none.png").exists()


@pytest.mark.parametrize("name", ["steps.jpg", "steps", "steps.png.txt"])
def test_steps_are_png_only(convlens, trained_run, inverted, name):
    ran = convlens("predict", "latest", str(inverted), "--steps", name)
    assert ran.code == 2
    message = f"error: --steps {name}: the steps are drawn as PNG. Give a name that ends in .png.\n"
    assert (ran.out, ran.err) == ("", message)


def test_too_many_pictures_are_refused_before_any_answer(convlens, trained_run, inverted):
    Path("many").mkdir()
    for number in range(21):
        shutil.copy(inverted, f"many/{number}.png")
    ran = convlens("predict", "latest", "many", "--steps", "steps.png")
    assert ran.code == 2
    assert (ran.out, ran.err) == ("", "error: --steps draws up to 20 pictures; 21 were given. Give fewer.\n")
    assert not Path("steps.png").exists()


def test_where_the_steps_cannot_be_written(convlens, trained_run, inverted):
    Path("folder.png").mkdir()
    ran = convlens("predict", "latest", str(inverted), "--steps", "folder.png")
    assert ran.code == 1
    assert "cannot write folder.png: a folder has that name" in ran.err


def test_repaired_or_left_alone(convlens, trained_run, inverted, digits_8x8):
    (repaired,) = convlens("predict", "latest", str(inverted), "--json").lines
    (alone,) = convlens("predict", "latest", str(inverted), "--no-repair", "--json").lines
    assert any("dark on light, inverted" in note for note in repaired["predictions"][0]["notes"])
    assert alone["predictions"][0]["notes"] == []
    model = load_model(trained_run)
    expected = model.predict(inverted, repair=False).probabilities
    assert list(alone["predictions"][0]["probabilities"].values()) == pytest.approx(expected.tolist())
    original = model.predict(digits_8x8.test.images[0, 0]).probabilities
    assert list(repaired["predictions"][0]["probabilities"].values()) == pytest.approx(original.tolist())
    assert "inverted" not in convlens("predict", "latest", str(inverted), "--no-repair").out


def test_unknown_is_said_with_the_best_guess(convlens, unsure, inverted):
    ran = convlens("predict", str(unsure), str(inverted))
    assert ran.code == 0
    best = load_model(unsure).predict(inverted)
    assert best.unknown
    first, why, *_ = ran.out.splitlines()
    assert first.startswith(f"{inverted}: unknown, best guess {best.class_name} (")
    assert why == f"  {best.why_unknown}"
    assert "is below the threshold of 100.00 %" in why


def test_unknown_in_csv_and_json(convlens, trained_run, unsure, inverted):
    for model, word in ((unsure, "yes"), (trained_run, "no")):
        ran = convlens("predict", str(model), str(inverted), "--csv", "answers.csv", "--json")
        (row,) = csv.DictReader(Path("answers.csv").read_text().splitlines())
        assert row["unknown"] == word
        (answer,) = json.loads(ran.out)["predictions"]
        assert answer["unknown"] is (word == "yes")
        assert bool(answer["why_unknown"]) is (word == "yes")
        assert row["class"] == answer["class"]


def test_steps_of_an_unknown_picture(convlens, unsure):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 40, 3)).astype(np.uint8)).save("noise.png")
    assert convlens("predict", str(unsure), "noise.png", "--steps", "steps.png").code == 0
    orange = np.all(np.asarray(steps_of("steps.png").convert("RGB")) == (213, 94, 0), axis=2)
    assert orange.any()  # the heading of an answer that is none
