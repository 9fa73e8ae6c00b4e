"""The same files in other runtimes: OpenVINO, and onnxruntime-web in Chromium; `scripts/runtimes` installs both."""

import base64
import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.exports.tools import IN_CI, INSTALL, needs_package

import convlens
from convlens import Network, TrainedModel
from convlens.exports.contents import Contents, check_images
from convlens.exports.onnx_file.network import onnx_model
from convlens.exports.onnx_file.running import open_session
from convlens.exports.options import ExportOptions
from convlens.exports.pictures import make_pictures
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

ROOT = Path(convlens.__file__).parents[2]
WEB = ROOT / "node_modules/onnxruntime-web/dist"
SHAPE = (3, 20, 24)
NETWORK = (
    "conv 6 3x3 pad 1, gelu, residual(conv 6 3x3 pad 1, batchnorm, silu), leaky_relu, maxpool 3 stride 2 pad 1, "
    "concat(conv 4 1x1, sigmoid; avgpool 3 stride 1 pad 1, tanh; ), conv 8 3x3 groups 2, relu, globalavgpool, dense"
)
KINDS = {
    "float32": ExportOptions(),
    "int8": ExportOptions(int8=True),
    "picture": ExportOptions(input="picture"),
    "picture int8": ExportOptions(int8=True, input="picture"),
}
SIZES = [(20, 24), (1, 1), (3, 70), (160, 35), (240, 320), (31, 29)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One file of each kind."""
    network = Network(NETWORK)
    weights = initial_weights(network, SHAPE, 4, seed=1)
    preprocessing = Preprocessing(SHAPE, "letterbox", None, Normalisation((0.5,) * 3, (0.1, 0.2, 0.3)))
    model = TrainedModel(network, weights, preprocessing, ("a", "b", "c", "d"))
    folder, typical = tmp_path_factory.mktemp("files"), images()
    for kind, options in KINDS.items():
        contents = Contents(model, "m", check_images(model), None, options, typical if options.int8 else None)
        (folder / f"{kind}.onnx").write_bytes(onnx_model(contents).SerializeToString())
    return {kind: folder / f"{kind}.onnx" for kind in KINDS}


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, *SHAPE), np.uint8)


def inputs_of(kind: str) -> list[np.ndarray]:
    return [one[None] for one in make_pictures(SIZES)] if kind.startswith("picture") else [images(), images()[:1]]


def compare(kind: str, path: Path, found: list[list[np.ndarray]], tolerance: float) -> None:
    session = open_session(path, threads=1)
    for values, outputs in zip(inputs_of(kind), found, strict=True):
        expected = session.run(None, {"images": values})
        for output, wanted in zip(outputs, expected, strict=True):
            assert output.shape == wanted.shape
            np.testing.assert_allclose(output, wanted, atol=tolerance)


@needs_package("openvino")
@pytest.mark.parametrize("kind", KINDS)
def test_openvino(kind: str, files: dict[str, Path]):
    openvino: Any = importlib.import_module("openvino")
    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})  # otherwise it is bfloat16 on some processors
    compiled = core.compile_model(files[kind], "CPU")
    found = [list(compiled(values).values()) for values in inputs_of(kind)]
    # The preparation is in float32 here, which is off by one level at some pixels; so are values of 8 bits.
    compare(kind, files[kind], found, 1e-5 if kind == "float32" else 0.01)


PAGE = '<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">'
RUN = """
async ([kind, feeds]) => {
  const ort = await import("/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(`/${kind}.onnx`);
  const found = [];
  for (const { shape, data } of feeds) {
    const images = new ort.Tensor("uint8", Uint8Array.from(atob(data), (one) => one.charCodeAt(0)), shape);
    const outputs = await session.run({ images });
    found.push(session.outputNames.map((name) => [outputs[name].dims, [...outputs[name].data].map(Number)]));
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def address(files: dict[str, Path], serve_folder: Any) -> Iterator[str]:
    """Serve the files and onnxruntime-web."""
    if not WEB.is_dir() and not IN_CI:
        pytest.skip(f"onnxruntime-web: missing; {INSTALL}")
    folder = files["int8"].parent
    for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(WEB / name, folder)
    with serve_folder(folder, {"/": PAGE}) as address:
        yield f"{address}/"


@pytest.fixture(scope="module")
def page(address: str, browser: Any) -> Iterator[Any]:
    """Open one page for all files, because WebAssembly of 14 MB is compiled in it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_onnxruntime_web_in_chromium(kind: str, files: dict[str, Path], page: Any):
    feeds = [{"shape": values.shape, "data": base64.b64encode(values.tobytes()).decode()} for values in inputs_of(kind)]
    ran = page.evaluate(RUN, [kind, feeds])
    found = [[np.array(data).reshape(shape) for shape, data in outputs] for outputs in ran]
    compare(kind, files[kind], found, 1e-5)  # also the preparation: it has the same kernels
