"""The README's promises: its Python runs and prints what it shows, its layer table and its error are the real ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convlens
from convlens.pixels import encode_png

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str = "") -> list[str]:
    """The fenced blocks of a language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [content for name, content in found if name == language]


@pytest.mark.slow
def test_the_python_of_the_readme_does_what_it_shows(user_data_folder, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    program, _ = blocks("python")
    environment = {**os.environ, "CONVLENS_DATA": str(user_data_folder)}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "digits.safetensors").is_file()
    shown = next(block for block in blocks() if block.startswith("Evaluation("))
    # Other processors round differently, so single digits may differ; words and form may not.
    pattern = re.sub(r"\d+", r"\\d+", re.escape(shown).replace(r"\ ", " "))
    assert re.fullmatch(pattern, ran.stdout), ran.stdout
    accuracy = re.search(r"([\d.]+) % of 10,000", ran.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) >= 98.4
    assert "Prediction('7'" in ran.stdout


@pytest.mark.native
def test_images_of_ones_own_train_as_it_says(digits_8x8, capsys, monkeypatch):
    _, program = blocks("python")
    monkeypatch.setattr("convlens.data.custom.pool.sys.executable", "")  # decode in this process, which is quicker here
    two = digits_8x8.train.subset(np.flatnonzero(digits_8x8.train.labels < 2))
    for number, (image, label) in enumerate(zip(two.images, two.labels.tolist(), strict=True)):
        folder = Path("photos") / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode_png(np.kron(image[0], np.ones((3, 3), np.uint8))))
    names = {"convlens": convlens, "images": two.images, "labels": two.labels}
    exec(program, names)  # the README's own lines
    shown = capsys.readouterr()
    assert (shown.out, shown.err.startswith("Epoch 0: accuracy ")) == ("", True)
    assert len(names["model"].facts["probe"]) == 3
    assert names["model"].class_names == ("cat", "dog")
    assert names["model"].facts["recipe"] == "best"
    assert names["model"].facts["last_epoch"]["validation_accuracy"] > 0.9


def test_the_layer_table_is_what_the_command_prints():
    golden = (ROOT / "tests" / "golden" / "layers_tutorial.txt").read_text(encoding="utf-8")
    assert golden in blocks()


def test_the_error_is_what_the_command_prints(capsys):
    from convlens.cli.main import run

    block = next(block for block in blocks() if "rleu" in block)
    command, _, error = block.partition("\n")
    text = re.search(r'"(.*)"', command)
    assert text is not None
    assert run(["layers", text[1]]) == 2
    assert capsys.readouterr().err == error


def test_every_file_in_the_tree_is_there():
    tree = next(block for block in blocks() if block.startswith("src/convlens/\n"))
    for line in tree.splitlines():
        name = line.split()[0]
        place = ROOT / "src" / "convlens" / name if line.startswith(" ") else ROOT / name
        assert place.exists(), name
    listed = {line.split()[0].rstrip("/") for line in tree.splitlines() if line.startswith(" ")}
    packages = {
        path.name
        for path in (ROOT / "src" / "convlens").iterdir()
        if path.name[0] not in "_." and path.suffix != ".typed"
    }
    assert listed == packages
