"""The proof of a page runs its own modules in Node, and finds faults that only they can have."""

from typing import Any

import numpy as np
import pytest
from tests.exports.tools import needs

import convlens
from convlens import LabelledImages, TrainedModel
from convlens.calibration import Calibration
from convlens.errors import MissingDependency, ProofFailed
from convlens.exports import html_file, page_proof, programs
from convlens.exports.c_source import wasm_format
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


def test_a_slow_network_is_run_on_fewer_images(tmp_path, monkeypatch, model, images):
    """By hand: 12,960 multiply-adds of the convolution, 360 of the dense layer, and 1,203 numbers of five layers."""
    work = 12 * 10 * 4 * 27 + 120 * 3 + 10 * (480 + 480 + 120 + 120 + 3)
    assert page_proof.most_images(model) == 20_000_000_000 // work == 788_954
    monkeypatch.setattr(page_proof, "MOST_WORK", 7 * work + work // 2)
    seen = []

    def watched(*given: Any) -> Any:
        seen.append(given[4])
        return prove_page(*given)

    prove_page = html_file.prove_page
    monkeypatch.setattr(html_file, "prove_page", watched)
    proof = convlens.export(model, tmp_path / "a.html", data=images).proof
    assert (proof.images, proof.details) == (36, {"images_in_node": 7})
    assert str(proof).partition("; run with ")[0].endswith("; 7 of the images also run in Node")
    assert [len(one) for one in seen] == [7, 7]
    # Of 6 check images and 30 held-out ones, the first, the last, and every sixth or so.
    np.testing.assert_array_equal(seen[0][2:], images.images[[5, 11, 17, 23, 29]])
    monkeypatch.setattr(page_proof, "MOST_WORK", work - 1)
    assert page_proof.most_images(model) == 1


@pytest.mark.parametrize(
    ("prove", "advice"), [(300, r"Give prove=30 to run it on fewer images"), (9, "Choose another")]
)
def test_a_proof_that_takes_too_long_is_no_wrong_answer(tmp_path, monkeypatch, model, prove: int, advice: str):
    slow = tmp_path / "node"
    slow.write_text("#!/bin/sh\n[ $1 = --version ] && echo v20.0.0 && exit\nexec sleep 9\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(programs, "LONGEST", 0.1)
    pixels = np.zeros((300, *SHAPE), np.uint8)
    data = LabelledImages(pixels, np.zeros(300, np.int64), NAMES, "black")
    late = rf"a\.html was deleted, because it could not be proved: node did not finish {prove + 6} images in 0\.1 s\. "
    with pytest.raises(ProofFailed, match=f"{late}{advice}") as caught:
        convlens.export(model, tmp_path / "a.html", data=data, prove=prove)
    assert "report" not in str(caught.value)
    assert ("--prove 30 to" in caught.value.named(lambda name: f"--{name}")) == (prove == 300)


@pytest.mark.parametrize("does", ["exit 126", "echo no version is set", "exec sleep 9"])
def test_a_node_that_does_not_work_counts_as_none(tmp_path, monkeypatch, model, does: str):
    """As those of version managers do not, where no version is chosen."""
    shim = tmp_path / "node"
    shim.write_text(f"#!/bin/sh\n{does}\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(programs, "LONGEST_FOR_VERSION", 0.1)
    assert programs.find_node() is None
    assert list(convlens.export(model, tmp_path / "a.html", prove=0).proof.versions) == ["numpy"]
    with pytest.raises(
        MissingDependency, match=r"needs Node .* is not installed, or does not say its version\. Install"
    ):
        wasm_format.find_node()


def test_a_node_of_another_machine_counts_as_none(tmp_path, monkeypatch):
    (tmp_path / "node").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.find_node() is None
    with pytest.raises(ProofFailed, match=r"^node cannot be run: Exec format error$"):
        programs.run([str(tmp_path / "node")])


def test_an_older_pillow_scales_otherwise_so_pictures_are_left_out(tmp_path, monkeypatch, model):
    monkeypatch.setattr(page_proof.PIL, "__version__", "12.3.0")
    monkeypatch.setattr(page_proof, "_compare_pictures", None)
    assert convlens.export(model, tmp_path / "a.html", prove=0).proof.images == 2
