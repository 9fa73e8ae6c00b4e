"""docs/arrays.md: its examples run one after another, and what it says of names is what the code knows."""

import re
from pathlib import Path

from convlens.data.intake.columns import IMAGE_NAMES, LABEL_NAMES

TEXT = (Path(__file__).parents[1] / "docs" / "arrays.md").read_text(encoding="utf-8")


def test_the_examples_run(capsys):
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.S):
        exec(compile(block, "docs/arrays.md", "exec"), names)
    accuracy, evaluation, doubt = capsys.readouterr().out.splitlines()
    assert float(accuracy) > 0.9
    assert evaluation.startswith("Evaluation('arrays': 9")
    assert "Give X.transpose(0, 2, 3, 1) for the first, X.transpose(0, 3, 1, 2) for the second." in doubt


def test_every_known_name_is_listed():
    rows = dict(re.findall(r"^\| (images|image files|labels) \| (.*) \|$", TEXT, re.M))
    images, files, labels = (re.findall(r"`(\w+)`", rows[name]) for name in ("images", "image files", "labels"))
    assert {*images, *files} == set(IMAGE_NAMES)
    assert set(labels) == set(LABEL_NAMES)
