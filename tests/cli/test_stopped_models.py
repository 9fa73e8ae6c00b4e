"""Commands that use a model say on one line of stderr that its training was stopped."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from convlens.server import serving
from convlens.trained_model import load_model

NOTICE = "Training was stopped at step 3 of 40; this is the model at that point."


@pytest.fixture
def stopped(trained_run: Path) -> str:
    """A run folder whose model says that it was stopped."""
    model = load_model(trained_run)
    facts = {**model.facts, "finished": False, "steps": 3, "planned_steps": 40}
    replace(model, facts=facts).save(trained_run / "model.safetensors")
    return str(trained_run)


def test_each_command_says_so_once(convlens, stopped, tiny, monkeypatch):
    monkeypatch.setattr(serving, "serve", lambda *_: None)
    commands = (
        ("predict", stopped, "tiny:0"),
        ("predict", stopped, "tiny:0", "--json"),
        ("evaluate", stopped),
        ("evaluate", stopped, "--json"),
        ("export", stopped, "--to", "html"),
        ("open", stopped, "--no-browser"),
        ("report", stopped),
    )
    for command in commands:
        ran = convlens(*command)
        assert ran.code == 0, ran.err
        assert ran.err.splitlines().count(NOTICE) == 1, command
        assert NOTICE not in ran.out or "--json" in command, command
    assert NOTICE in Path(stopped, "report.html").read_text(encoding="utf-8")
    assert json.dumps(NOTICE) in Path("first.html").read_text(encoding="utf-8")


def test_of_several_models_it_says_which(convlens, stopped, tiny):
    model = load_model(stopped)
    replace(model, facts={**model.facts, "finished": True}).save("whole.safetensors")
    ran = convlens("report", stopped, "whole.safetensors", "--out", "both.html")
    assert ran.code == 0, ran.err
    assert [line for line in ran.err.splitlines() if "was stopped" in line] == [f"first: {NOTICE}"]
