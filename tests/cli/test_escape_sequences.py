"""Names with escape sequences, in every command that prints names: a terminal gets to see them and obeys none."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.cli.terminal import print_line, result_console, to_json
from convlens.trained_model import load_model
from convlens.training import pictures

ESCAPE = "\x1b[31m"
EIGHT_BIT = "\x9b2J"
"""The same kind of sequence in one byte fewer, which some terminals obey in UTF-8, too."""
CLASSES = (f"red{ESCAPE}", f"blue{EIGHT_BIT}")


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes of 9 files, one of them damaged; folders and files have escape sequences in their names."""
    monkeypatch.setattr(pictures, "write_pictures", lambda *_: None)
    random = np.random.default_rng(0)
    root = Path(f"photos{ESCAPE}")
    for number, name in enumerate(CLASSES):
        folder = root / name
        folder.mkdir(parents=True)
        for place in range(8):
            image = random.integers(0, 100, (16, 16)) + 150 * number
            Image.fromarray(image.astype(np.uint8)).save(folder / f"{place}{ESCAPE}.png")
        (folder / f"bad{ESCAPE}\x07.png").write_bytes(b"\x89PNG")
    return root


def check(*texts: str) -> None:
    """No control character but the ends of lines."""
    for text in texts:
        found = {sign for sign in text if not sign.isprintable()}
        assert found <= {"\n"}, sorted(found)


def test_no_command_writes_an_escape_sequence_of_a_name(convlens, photos):
    run = f"run{ESCAPE}"
    network = ("--network", "conv 2 3x3, relu, dense", "--size", "16", "--channels", "1")
    trained = convlens("train", str(photos), "--recipe", "fast", "--epochs", "1", *network, "--out", run)
    assert trained.code == 0, trained.err
    check(trained.out, trained.err, Path(run, "log.txt").read_text(encoding="utf-8"))
    assert f"Run folder: {run}".replace("\x1b", "\\x1b") in trained.out
    replace(load_model(run), class_names=CLASSES).save("raw.safetensors")  # an import would have escaped them
    commands = {
        "predict": ("predict", run, str(photos)),
        "predict --json": ("predict", run, str(photos), "--json"),
        "data check": ("data", "check", str(photos)),
        "evaluate": ("evaluate", run),
        "report": ("report", run),
        "predict, classes": ("predict", "raw.safetensors", str(photos)),
        "evaluate, classes": ("evaluate", "raw.safetensors", str(photos)),
        "an error": ("predict", f"nothing{ESCAPE}", "a.png"),
    }
    for name, command in commands.items():
        ran = convlens(*command)
        check(ran.out, ran.err)
        assert "x1b[31m" in ran.out + ran.err or "\\u001b[31m" in ran.out + ran.err, name
        if name.endswith("--json"):
            assert json.loads(ran.out)["model"] == run


def test_a_console_keeps_its_own_colours_and_no_others(monkeypatch, capsys):
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLORTERM", "")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    result_console().print("[red]ours[/]\x1b]0;title, \x9b2J, \u202e")
    shown = "\x1b[31mours\x1b[0m\\x1b]0;title, \\x9b2J, \\u202e\n"
    assert capsys.readouterr().out == shown


def test_lines_and_json(capsys):
    print_line("a\x1b[1mb\nc")
    print_line("d\r", to_stderr=True)
    assert capsys.readouterr() == ("a\\x1b[1mb\\nc\n", "d\\r\n")
    value = {"a\x9b": "é \x7f\U000e0001"}
    assert json.loads(to_json(value)) == value
    assert to_json(value).isprintable()
