"""Output in any encoding: real processes, redirected into files, as Windows and a plain C locale do it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convlens.cli.encoding import SIGNS

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ENVIRONMENTS = {
    "cp1252": ({"PYTHONIOENCODING": "cp1252"}, "cp1252"),
    "latin-1": ({"PYTHONIOENCODING": "latin-1"}, "latin-1"),
    "ascii": ({"PYTHONIOENCODING": "ascii"}, "ascii"),
    "C locale": (C_LOCALE, "ascii"),
}


def run_redirected(settings: dict[str, str], *arguments: str) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr of a process whose output goes into files."""
    with Path("out").open("wb") as out, Path("err").open("wb") as err:
        ran = subprocess.run(
            [sys.executable, "-m", "convlens", *arguments], stdout=out, stderr=err, env={**os.environ, **settings}
        )
    return ran.returncode, Path("out").read_bytes(), Path("err").read_bytes()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_formula_can_be_redirected(name):
    settings, encoding = ENVIRONMENTS[name]
    code, out, err = run_redirected(settings, "by-hand", "output-size", "28", "--kernel-size", "3")
    times = "*" if encoding == "ascii" else "·"
    assert (code, err) == (0, b"")
    assert out.decode(encoding).splitlines() == [f"[(28 + 2{times}0 - 3)/1] + 1 = 26"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_message_can_be_redirected(name):
    settings, encoding = ENVIRONMENTS[name]
    code, out, err = run_redirected(settings, "layers", "--input", "28")
    times = "x" if encoding == "ascii" else "×"
    assert (code, out) == (2, b"")
    assert err.decode(encoding).startswith(f"error: --input is '28'; give channels {times} height {times} width")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_columns_stay_aligned(name):
    settings, encoding = ENVIRONMENTS[name]
    code, out, _ = run_redirected(settings, "layers", "conv 8 3x3, relu, dense")
    head, *rows = out.decode(encoding).splitlines()
    assert code == 0
    assert {row.find("8x26x26" if encoding == "ascii" else "8×26×26") for row in rows[:2]} == {head.find("output")}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_json_keeps_every_letter(name):
    settings, encoding = ENVIRONMENTS[name]
    code, out, _ = run_redirected(settings, "layers", "conv 1 3x3, dense", "--json")
    assert code == 0
    formula = json.loads(out.decode(encoding))["layers"][0]["size_formula"]
    assert formula == "⌊(28 + 2·0 − 3)/1⌋ + 1 = 26"


def test_utf_8_is_left_as_it_is():
    code, out, _ = run_redirected({"PYTHONIOENCODING": "utf-8"}, "by-hand", "output-size", "28", "--kernel-size", "3")
    assert (code, out.decode().strip()) == (0, "⌊(28 + 2·0 − 3)/1⌋ + 1 = 26")


def test_what_is_written_instead_is_ascii():
    assert all(instead.isascii() and len(sign) == 1 and not sign.isascii() for sign, instead in SIGNS.items())
