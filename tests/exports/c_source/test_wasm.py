"""The C code as a WebAssembly module: run in Node, complete, and refused where something is missing."""

import json
import subprocess

import numpy as np
import pytest
from tests.exports.c_source.c_models import NAMES, NETWORKS, make_contents, make_images, make_model
from tests.exports.tools import needs

from convlens.errors import MissingDependency
from convlens.exports import export
from convlens.exports.c_source import wasm_format
from convlens.exports.c_source.wasm_format import WasmFile, custom_section

needs_tools = needs("clang", "wasm-ld", "node")

USE = """
const { readFileSync } = require("node:fs");
WebAssembly.instantiate(readFileSync("pets.wasm")).then(({ module, instance }) => {
  const [section] = WebAssembly.Module.customSections(module, "convlens");
  const facts = JSON.parse(new TextDecoder().decode(section));
  const { memory, image, results, predict, logits } = instance.exports;
  new Uint8Array(memory.buffer, image(), 169).set(readFileSync("image"));
  const answer = predict();
  const probabilities = [...new Float32Array(memory.buffer, results(), 3)];
  logits();
  const computed = [...new Float32Array(memory.buffer, results(), 3)];
  const check = new Uint8Array(WebAssembly.Module.customSections(module, "convlens.check")[0]);
  console.log(JSON.stringify({ facts, answer, probabilities, computed, check: check.length }));
});
"""


@needs_tools
def test_whole_numbers(tmp_path):
    model = make_model(*NETWORKS["groups"], temperature=0.5, threshold=0.36)
    contents = make_contents(model, int8=True)
    WasmFile().write(contents, tmp_path / "pets.wasm", None)
    proof = WasmFile().prove(contents, tmp_path / "pets.wasm", make_images(model))
    assert (proof.images, list(proof.versions)) == (62, ["node", "clang"])
    assert proof.largest_difference <= 0.03


@needs_tools
def test_what_a_page_does_with_it(tmp_path):
    model = make_model(*NETWORKS["sparse windows"])
    data = make_images(model)
    written = export(model, tmp_path / "pets.wasm", data=data, prove=5)
    (tmp_path / "image").write_bytes(data.images[0].tobytes())
    done = subprocess.run(["node", "-e", USE], cwd=tmp_path, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    expected = model.predict(data.images[:1])
    assert said["answer"] == data.labels[0]
    np.testing.assert_allclose(said["probabilities"], expected.probabilities[0], atol=1e-6)
    np.testing.assert_allclose(said["computed"], model.logits(data.images[:1])[0], atol=1e-5)
    assert said["facts"]["class_names"] == list(NAMES)
    assert said["facts"]["proof"]["largest_difference"] == written.proof.largest_difference
    assert said["check"] == 6 * (169 + 3 * 4)


def test_missing_tools(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    model = make_model(*NETWORKS["sparse windows"])
    with pytest.raises(MissingDependency, match=r"needs clang and lld with WebAssembly, which are not installed\."):
        export(model, tmp_path / "pets.wasm", prove=0)
    with pytest.raises(
        MissingDependency, match=r"needs Node to prove what it writes, and node is not installed, or does"
    ):
        wasm_format.find_node()


def test_lengths_of_more_than_a_byte():
    assert custom_section("a", b"x" * 126) == b"\0\x80\x01\x01a" + b"x" * 126
    assert custom_section("a", b"x" * 125) == b"\0\x7f\x01a" + b"x" * 125
