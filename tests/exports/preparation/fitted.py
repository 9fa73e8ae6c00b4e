"""Preprocessing of every kind, and files that prepare pictures by it."""

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.preprocessing.conftest import make_glyphs

from convlens import Network, TrainedModel
from convlens.exports.contents import Contents, check_images
from convlens.exports.preparation.companion import write_companion
from convlens.network import initial_weights
from convlens.preprocessing import Preprocessing, fit_preprocessing

MNIST = np.load(Path(__file__).parents[2] / "preprocessing" / "mnist_sample.npz")["images"]


def fitted() -> dict[str, Preprocessing]:
    """Preprocessing by all rules, polarities and kinds of appearance, by names."""
    digits = MNIST.reshape(-1, 1, 28, 28)
    noise = np.random.default_rng(0).integers(0, 256, (9, 3, 20, 30), np.uint8)
    alike = fit_preprocessing(make_glyphs(40), "glyph")
    found = {
        "digit": fit_preprocessing(digits, "digit"),
        "digit, not measured": Preprocessing(),
        "digit, of another size": Preprocessing((1, 20, 20)),
        "garment": fit_preprocessing(digits, "garment"),
        "glyph, alike": alike,
        "glyph, by their mass": replace(alike, appearance=_with(alike, by="mass")),
        "glyph, of all sizes": fit_preprocessing(make_glyphs(40, heights=(8, 30)), "glyph"),
        "glyph, in all places": fit_preprocessing(make_glyphs(40, heights=(9, 11), shift=9), "glyph"),
        "glyph, of all levels": fit_preprocessing(make_glyphs(40, papers=(150, 255), inks=(0, 90)), "glyph"),
        "glyph, light on dark": fit_preprocessing(255 - make_glyphs(40), "glyph"),
        "letterbox, measured": fit_preprocessing(noise, "letterbox"),
        "letterbox, colour": Preprocessing(
            (3, 24, 17), "letterbox", None, fit_preprocessing(noise, "letterbox").normalisation
        ),
    }
    for light_on_dark in (True, False, None):
        found[f"letterbox, {light_on_dark}"] = Preprocessing((1, 19, 26), "letterbox", light_on_dark)
        found[f"glyph, not measured, {light_on_dark}"] = Preprocessing((1, 19, 26), "glyph", light_on_dark)
    return found


def _with(preprocessing: Preprocessing, by: str) -> Any:
    import msgspec

    looks = preprocessing.appearance
    assert looks is not None
    return msgspec.structs.replace(looks, centre=msgspec.structs.replace(looks.centre, by=by))


FITTED = fitted()


def contents_for(preprocessing: Preprocessing) -> Contents:
    """Return the contents of an export of a small model with this preprocessing."""
    network = Network.from_text("dense")
    weights = initial_weights(network, preprocessing.image_shape, 3, seed=0)
    model = TrainedModel(network, weights, preprocessing, ("a", "b", "c"))
    return Contents(model, "signs", check_images(model))


def run_companion(folder: Path, preprocessing: Preprocessing) -> Any:
    """Write the file for a preprocessing into a folder, run it, and return what it defines."""
    path = folder / "signs_prepare.py"
    write_companion(contents_for(preprocessing), path, "signs.onnx", 7)
    return runpy.run_path(str(path))
