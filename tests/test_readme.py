"""The README's promises: its Python runs and prints what it shows, it is short, and its links lead somewhere."""

import os
import re
import subprocess
import sys
import tomllib
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
    monkeypatch.setattr("convlens.pixels.processes.sys.executable", "")  # decode in this process, which is quicker here
    two = digits_8x8.train.subset(np.flatnonzero(digits_8x8.train.labels < 2))
    for number, (image, label) in enumerate(zip(two.images, two.labels.tolist(), strict=True)):
        folder = Path("photos") / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode_png(np.kron(image[0], np.ones((2, 2), np.uint8))))
    names = {"convlens": convlens, "X": two.images[:, 0], "y": two.labels}
    exec(program, names)  # the README's own lines
    shown = capsys.readouterr()
    assert (shown.out, shown.err.startswith("Epoch 0: accuracy ")) == ("", True)
    assert names["model"].class_names == ("0", "1")
    assert names["model"].preprocessing.image_shape == (1, 8, 8)
    assert names["model"].facts["last_epoch"]["accuracy"] > 0.6


def test_it_is_short():
    assert len(README.splitlines()) <= 150


def test_its_links_work_wherever_it_is_shown():
    """On a package index a relative link leads nowhere: with a repository's address known, links begin with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = {name.lower(): url for name, url in project.get("urls", {}).items()}.get("repository")
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) > 20
    for link in links:
        if address:
            assert link.startswith("https://"), f"{link} would lead nowhere on a package index"
        else:
            assert (ROOT / link).exists(), link
