"""Runs exported models as their users do, each on one thread, and measures the processor time that this takes.

Processor time does not count the time that other programs have a core. On one thread it is otherwise the same as the
time on the clock. A runner answers images (uint8, N×C×H×W), and pictures of any size if its file prepares them.
"""

import base64
import ctypes
import importlib
import json
import runpy
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from browser import ARGUMENTS, NAMES, SHELL, find_browser
from convlens import TrainedModel
from convlens.exports import find_format
from convlens.exports.c_source.compiler import find_compiler, flash_of
from convlens.exports.c_source.wasm_format import find_node
from convlens.exports.hugging_face import HuggingFaceFolder
from convlens.exports.onnx_file.network import INPUT, OUTPUTS
from convlens.exports.onnx_file.running import open_session
from convlens.exports.programs import run

Images = NDArray[np.uint8]
Probabilities = NDArray[np.floating[Any]]

BATCH = 128
"""The images in a call of the runtimes that compute several at once; ONNX Runtime and PyTorch are fastest with it."""
DIFFERENT = 100
"""Calls for one image use so many in turn, so that branch prediction cannot adapt to a single one."""
HERE = Path(__file__).parent


class Runner(ABC):
    """An exported model, ready to run. `bytes` is the size of its file, or of the compiled code."""

    is_timed: ClassVar[bool] = True
    """Whether its times are measured; not where it computes as another runner does."""

    def __init__(self, name: str, size: int | None) -> None:
        self.name, self.bytes = name, size

    @abstractmethod
    def answer(self, images: Images) -> Probabilities:
        """Return the probabilities, N × classes."""

    @abstractmethod
    def seconds_of_one(self, images: Images, calls: int) -> float:
        """Return the seconds of a call with one image."""

    @abstractmethod
    def seconds_of_all(self, images: Images) -> float:
        """Return the seconds for all images."""


class InThisProcess(Runner):
    """A runtime that Python calls: `call` takes a batch of images and returns their probabilities.

    `call_all` takes any number of images; by default they are cut into batches of `BATCH`.
    """

    def __init__(
        self,
        name: str,
        size: int | None,
        call: Callable[[Images], Probabilities],
        call_all: Callable[[Images], Probabilities] | None = None,
    ) -> None:
        super().__init__(name, size)
        self._call = call
        self._call_all = self._in_batches if call_all is None else call_all

    def _in_batches(self, images: Images) -> Probabilities:
        return np.concatenate([self._call(images[start : start + BATCH]) for start in range(0, len(images), BATCH)])

    def answer(self, images: Images) -> Probabilities:
        return self._call_all(images)

    def seconds_of_one(self, images: Images, calls: int) -> float:
        singles = [images[place : place + 1] for place in range(min(DIFFERENT, len(images)))]
        start = time.process_time()
        for call in range(calls):
            self._call(singles[call % len(singles)])
        return (time.process_time() - start) / calls

    def seconds_of_all(self, images: Images) -> float:
        start = time.process_time()
        self._call_all(images)
        return time.process_time() - start


class Compared(InThisProcess):
    """A runtime whose answers are compared only, because its times are another one's."""

    is_timed: ClassVar[bool] = False


class InNode(Runner):
    """A WebAssembly module, which Node runs in a process of its own."""

    def __init__(self, name: str, size: int | None, path: Path) -> None:
        super().__init__(name, size)
        self._path = path

    def answer(self, images: Images) -> Probabilities:
        return find_format("wasm").open(self._path)(images).probabilities

    def _measure(self, images: Images, calls: int) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "images")
            file.write_bytes(images.tobytes())
            command = [find_node(), str(HERE / "export_wasm.mjs"), str(self._path), str(file), str(calls)]
            return json.loads(run(command))

    def seconds_of_one(self, images: Images, calls: int) -> float:
        return self._measure(images[:DIFFERENT], calls)["one"]

    def seconds_of_all(self, images: Images) -> float:
        return self._measure(images, DIFFERENT)["many"]


class InBrowser(Runner):
    """An exported page in Chromium, opened from disk. The time is that of the page's thread."""

    SCRIPT: ClassVar[str] = (HERE / "export_page.js").read_text(encoding="utf-8")

    def __init__(self, name: str, size: int | None, page: Any) -> None:
        super().__init__(name, size)
        self._page = page
        self._metrics = page.context.new_cdp_session(page)
        self._metrics.send("Performance.enable", {"timeDomain": "threadTicks"})

    def _load(self, pictures: Sequence[Images]) -> None:
        """Store pictures, H×W×4, or all images of the network's shape at once, N×C×H×W."""
        load = []
        for one in pictures:
            height, width = one.shape[:2] if one.ndim == 3 else (0, 0)
            load.append({"height": height, "width": width, "data": base64.b64encode(one.tobytes()).decode()})
        self._page.evaluate(self.SCRIPT, {"load": load})

    def _thread_seconds(self) -> float:
        found = self._metrics.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in found if metric["name"] == "ThreadTime")

    def _seconds(self, calls: int) -> float:
        start = self._thread_seconds()
        self._page.evaluate(self.SCRIPT, {"calls": calls})
        return self._thread_seconds() - start

    def answer(self, images: Images) -> Probabilities:
        self._load([images])
        return np.array(self._page.evaluate(self.SCRIPT, {"calls": len(images), "answers": True}))

    def answer_pictures(self, pictures: Sequence[Images]) -> Probabilities:
        """Return the probabilities of pictures of any size, H×W×3, which the page prepares."""
        self._load([np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]) for picture in pictures])
        return np.array(self._page.evaluate(self.SCRIPT, {"calls": len(pictures), "answers": True}))

    def seconds_of_one(self, images: Images, calls: int) -> float:
        self._load([images[:DIFFERENT]])
        return self._seconds(calls) / calls

    def seconds_of_all(self, images: Images) -> float:
        self._load([images])
        return self._seconds(len(images))


@contextmanager
def open_page(path: Path) -> Iterator[Any]:
    """Open an exported page in Chromium, with the network off.

    Raises:
        SystemExit: there is no browser.
    """
    from playwright.sync_api import sync_playwright

    program = find_browser((SHELL, *NAMES))
    if program is None:
        raise SystemExit(f"Chromium is not installed, which the page needs. Debian, Ubuntu: apt install {SHELL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_context(offline=True).new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        yield page
        browser.close()


def convlens_engine(model: TrainedModel) -> InThisProcess:
    """Return the model's own engine, up to the logits."""
    engine = model.open_engine("native", threads=1)
    return InThisProcess("Convlens, native engine", None, engine.logits, engine.logits)


def onnx_runtime(name: str, path: Path) -> InThisProcess:
    """Return an ONNX file in ONNX Runtime."""
    session = open_session(path, threads=1)
    return InThisProcess(name, path.stat().st_size, lambda images: session.run(OUTPUTS, {INPUT: images})[0])


def openvino(name: str, path: Path) -> InThisProcess | None:
    """Return an ONNX file in OpenVINO, in float32; None if OpenVINO is not installed."""
    try:
        library: Any = importlib.import_module("openvino")
    except ImportError:
        return None
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    compiled = library.Core().compile_model(path, "CPU", settings)
    return InThisProcess(name, path.stat().st_size, lambda images: compiled(images)[0])


def torch_program(name: str, path: Path) -> InThisProcess:
    """Return a `.pt2` in PyTorch."""
    import torch

    program = torch.export.load(path).module()
    return InThisProcess(name, path.stat().st_size, lambda images: program(torch.from_numpy(images))[0].numpy())


def torch_eager(model: TrainedModel) -> InThisProcess:
    """Return the module of `model.to_torch()`, with normalisation and softmax."""
    import torch

    module, scaling = model.to_torch(), model.preprocessing.normalisation
    mean, std = (torch.tensor(values).reshape(-1, 1, 1) for values in (scaling.mean, scaling.std))

    @torch.inference_mode()
    def call(images: Images) -> Probabilities:
        logits = module((torch.from_numpy(images).float() / 255 - mean) / std)
        return torch.softmax(logits / model.calibration.temperature, dim=1).numpy()

    return InThisProcess("PyTorch, eager", None, call)


def hub_folder(name: str, path: Path) -> list[Compared]:
    """Return the models in a folder for the Hugging Face Hub; each has the bytes of the whole folder."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    runs = zip(("Convlens", "ONNX Runtime"), HuggingFaceFolder().runs(path), strict=False)
    return [Compared(f"{name}, {by}", size, lambda images, run=run: run(images).probabilities) for by, run in runs]


def plain_python(name: str, path: Path) -> InThisProcess:
    """Return a file of plain NumPy."""
    return InThisProcess(name, path.stat().st_size, runpy.run_path(str(path))["MODEL"].predict_proba)


ALL_IMAGES = """
#include "{name}.h"
void answer_all(const uint8_t* images, int count, float* probabilities) {{
    for (int k = 0; k < count; k++) {{
        {name}_predict(images, probabilities);
        images += {upper}_CHANNELS * {upper}_HEIGHT * {upper}_WIDTH;
        probabilities += {upper}_CLASSES;
    }}
}}
"""


def c_code(name: str, folder: Path, level: str, classes: int) -> InThisProcess:
    """Return the C code of a folder, compiled as a shared library with this level of optimization.

    Its size is that of code and constants.
    """
    prefix, compiler = folder.name, find_compiler()
    built = folder.parent / f"{prefix}{level}"
    built.mkdir()
    (built / "all.c").write_text(ALL_IMAGES.format(name=prefix, upper=prefix.upper()))
    source, flags = str(folder / f"{prefix}.c"), [level, "-std=c99", f"-I{folder}"]
    run([compiler, *flags, "-fno-asynchronous-unwind-tables", "-c", source, "-o", "model.o"], built)
    run([compiler, *flags, "-shared", "-fPIC", source, "all.c", "-o", "library.so"], built)
    answer_all = ctypes.CDLL(str(built / "library.so")).answer_all

    def call(images: Images) -> Probabilities:
        images = np.ascontiguousarray(images)
        found = np.empty((len(images), classes), np.float32)
        answer_all(ctypes.c_void_p(images.ctypes.data), len(images), ctypes.c_void_p(found.ctypes.data))
        return found

    return InThisProcess(name, flash_of(built / "model.o"), call, call)
