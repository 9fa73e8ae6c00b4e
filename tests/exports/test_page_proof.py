"""The proof of a page runs its own modules in Node, and finds faults that only they can have."""

from typing import Any

import numpy as np
import pytest
from tests.exports.tools import needs

import convlens
from convlens import LabelledImages, TrainedModel
from convlens.calibration import Calibration
from convlens.errors import ProofFailed
from convlens.exports import html_file, page_proof, programs
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

SHAPE = (3, 12, 10)
NAMES = ("cat", "dog", "eel")

pytestmark = needs("node")


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    network = Network.from_text("conv 4 3x3 pad 1, relu, maxpool 2, dense")
    scaling = Normalisation((0.5, 0.4, 0.3), (0.3, 0.2, 0.25))
    weights = initial_weights(network, SHAPE, len(NAMES), seed=1)
    return TrainedModel(network, weights, Preprocessing(SHAPE, "letterbox", None, scaling), NAMES, {}, Calibration(1.5))


@pytest.fixture(scope="module")
def images(model: TrainedModel) -> LabelledImages:
    pixels = np.random.default_rng(0).integers(0, 256, (30, *SHAPE), np.uint8)
    return LabelledImages(pixels, model.logits(pixels).argmax(axis=1), NAMES, "noise")


def test_a_page_is_run_in_node(tmp_path, model, images):
    proof = convlens.export(model, tmp_path / "a.html", data=images).proof
    assert (proof.images, list(proof.versions)) == (36, ["numpy", "node"])
    assert 0 < proof.largest_difference < 1e-6


PREPARED = r"it prepares a picture of \d+×\d+ otherwise: [\d,]+ of 360 numbers differ"
FAULTS = {
    "another filter": ("preparation/resampling.js", "Math.fround(0.54), Math.fround(0.46)", "0.5, 0.5", PREPARED),
    "blue for red": (
        "preparation/conversion.js",
        "colours[to] = data[from];",
        "colours[to] = data[from + 2];",
        PREPARED,
    ),
    "softmax of other numbers": (
        "engine/network.js",
        "model.temperature",
        "1.49",
        "a probability of image 0 differs by ",
    ),
    "another normalisation": ("engine/network.js", "/ 255", "/ 256", "its own check of its engine fails: the input"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_modules_is_found(tmp_path, monkeypatch, model, images, fault: str):
    module, right, wrong, message = FAULTS[fault]
    needed = html_file.needed_modules

    def with_fault(*given: Any) -> dict[str, str]:
        found = needed(*given)
        assert right in found[module]
        return found | {module: found[module].replace(right, wrong)}

    monkeypatch.setattr(html_file, "needed_modules", with_fault)
    with pytest.raises(ProofFailed, match=f"a.html was deleted, because it does not answer like the model: {message}"):
        convlens.export(model, tmp_path / "a.html", data=images)
    assert not (tmp_path / "a.html").exists()


def test_other_rules_in_the_payload_are_found(tmp_path, monkeypatch, model, images):
    original = html_file.page_model

    def squashed(*given: Any, **named: Any) -> dict[str, Any]:
        payload = original(*given, **named)
        return payload | {"preprocessing": payload["preprocessing"] | {"rules": "garment"}}

    monkeypatch.setattr(html_file, "page_model", squashed)
    with pytest.raises(ProofFailed, match=r"it prepares pictures as \d+\.\d numbers instead of 360"):
        convlens.export(model, tmp_path / "a.html", data=images)


def test_without_node_the_proof_is_numpys(tmp_path, monkeypatch, model, images):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find_node(page_proof.OLDEST_NODE) is None
    assert list(convlens.export(model, tmp_path / "a.html", data=images).proof.versions) == ["numpy"]


@pytest.mark.parametrize(("version", "is_enough"), [("v17.9.1", False), ("v18.0.0", True), ("v20.20.2", True)])
def test_an_old_node_counts_as_none(tmp_path, monkeypatch, version: str, is_enough: bool):
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find_node(page_proof.OLDEST_NODE) == (str(program) if is_enough else None)


def test_an_older_pillow_scales_otherwise_so_pictures_are_left_out(tmp_path, monkeypatch, model):
    monkeypatch.setattr(page_proof.PIL, "__version__", "12.3.0")
    monkeypatch.setattr(page_proof, "_compare_pictures", None)
    assert convlens.export(model, tmp_path / "a.html", prove=0).proof.images == 2
