"""Signatures that a person can read in `help()`, and types that a checker can use: names from the real sets, lists."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any, get_args

import pytest

import convlens
from convlens import by_hand
from convlens.by_hand.kernels import KERNELS, KernelName
from convlens.by_hand.sliding import PADDING_MODES, PaddingMode
from convlens.data import CATALOGUE
from convlens.data.labelled_images import RulesName
from convlens.engines import DeviceName, EngineName, choose_engine
from convlens.errors import ConvlensError, UsageError
from convlens.exports.formats import FORMATS, FormatName
from convlens.layers import ACTIVATIONS, KINDS
from convlens.layers.arguments import PaddingWord
from convlens.layers.kinds import ActivationName
from convlens.preprocessing.settings import RULES
from convlens.signatures import Alias
from convlens.training.recipes import BEST, RECIPES
from convlens.training.settings import Recipe

CHARACTERS, CHARACTERS_OF_AN_ARGUMENT = 410, 55
"""Five lines of a terminal; `train` and the settings, with twenty arguments, may have more."""


def public_callables() -> Iterator[tuple[str, Any]]:
    for module, names in ((convlens, convlens.__all__), (by_hand, by_hand.__all__)):
        for name in names:
            value = getattr(module, name)
            if callable(value) and not (inspect.isclass(value) and issubclass(value, ConvlensError)):
                yield f"{module.__name__}.{name}", value


@pytest.mark.parametrize(
    ("name", "value"), list(public_callables()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_signatures_fit_on_a_screen(name: str, value: Any) -> None:
    signature = inspect.signature(value)
    most = max(CHARACTERS, CHARACTERS_OF_AN_ARGUMENT * len(signature.parameters))
    assert len(str(signature)) <= most, f"{name}{signature}"


def test_types_of_numpy_are_shown_by_name() -> None:
    assert str(inspect.signature(by_hand.rotate)) == "(matrix: ArrayLike) -> Values"
    shown = str(inspect.signature(by_hand.conv2d))
    assert "bias: ArrayLike | None = None, stride: Pair = 1, padding: Padding = 0" in shown
    assert str(None | Alias("Pair") | int) == "None | Pair | int"
    assert str(list[int] | Alias("Pair")) == "list[int] | Pair"
    assert str(Alias("Pair") | PurePath | (int | None)) == "Pair | PurePath | int | None"


@pytest.mark.parametrize(
    ("names", "real"),
    [
        (Recipe, {*RECIPES, BEST}),
        (RulesName, {"auto", *RULES}),
        (RulesName, {"auto", *RULES, *(entry.preprocessing for entry in CATALOGUE.values())}),
        (FormatName, set(FORMATS)),
        (ActivationName, set(ACTIVATIONS)),
        (KernelName, set(KERNELS)),
        (PaddingMode, set(PADDING_MODES)),
        (PaddingWord, {word for kind in KINDS.values() for word in kind.words_for_padding}),
    ],
)
def test_names_for_checkers_are_those_that_there_are(names: Any, real: set[str]) -> None:
    assert set(get_args(names)) == real


@pytest.mark.parametrize(("argument", "names"), [("engine", EngineName), ("device", DeviceName)])
def test_names_of_engines_and_devices_are_told(argument: str, names: Any) -> None:
    with pytest.raises(UsageError) as caught:
        choose_engine(None, **{argument: "x"})  # pyright: ignore[reportArgumentType]
    *first, last = get_args(names)
    assert f"give {', '.join(first)} or {last}." in str(caught.value)


LINES = """
import numpy as np

import convlens
from convlens import Conv2d, LabelledImages, Network, TrainingSettings, by_hand

pixels = np.zeros((2, 1, 8, 8), np.uint8)
images = LabelledImages(pixels, [0, 1], ["cat", "dog"])
images.labels.sum()  # stored as an array
convlens.train(images, recipe="best", engine="native", device="cpu", balance="weights", network="lenet")
convlens.train(images, recipe="typo")  # wrong
convlens.train(images, engine="jax")  # wrong
convlens.train(images, device="gpu")  # wrong
convlens.train(images, balance="both")  # wrong
TrainingSettings(schedule="cosine")  # wrong
TrainingSettings(engine="torch", balance="sampling", schedule="constant")
Conv2d(8, kernel_size=3, padding="same")
Conv2d(8, 3)  # wrong
Conv2d(8, kernel_size=3, padding="some")  # wrong
by_hand.conv2d(pixels[0], [[[1, 2], [3, 4]]], padding="same", padding_mode="reflect", activation="relu")
by_hand.conv2d(pixels[0], [[[1, 2], [3, 4]]], padding_mode="wrap")  # wrong
by_hand.activate([1.0], "rely")  # wrong
by_hand.kernel_named("sobel-x")
by_hand.kernel_named("sobel")  # wrong
by_hand.run_network("lenet", {}, pixels[0])
Network([convlens.Dense(3), convlens.ReLU()])
convlens.Dataset("pets", images, None, "glyph")
convlens.Dataset("pets", images, None, "gliph")  # wrong
"""


@pytest.mark.slow
def test_a_type_checker_finds_wrong_names_and_takes_right_ones(tmp_path: Path) -> None:
    file = tmp_path / "uses.py"
    file.write_text(LINES, encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)["generalDiagnostics"]
    found = {one["range"]["start"]["line"] for one in told if one["severity"] == "error"}
    wrong = {number for number, line in enumerate(LINES.split("\n")) if line.endswith("# wrong")}
    assert found == wrong
