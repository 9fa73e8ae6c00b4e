"""Fixtures for every test: none of the user's settings, an empty working folder, and reproducible random examples."""

import functools
import http.server
import importlib.util
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import settings

from browser import ARGUMENTS, NAMES, SHELL, find_browser
from convlens.data import CATALOGUE, CatalogueEntry, Dataset, LabelledImages, RawFile, write_idx
from convlens.files import sha256_of_file

settings.register_profile("steady", derandomize=True, deadline=None, database=None, max_examples=40, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.register_profile("few", settings.get_profile("steady"), max_examples=3)  # for scripts/sanitize, which is slow
settings.load_profile("steady")  # pytest --hypothesis-profile=thorough overrides it


TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}


def pytest_configure() -> None:
    """Limit the threads to the cores and fix matplotlib's cache, before large libraries are imported.

    A shell makes its background processes ignore Ctrl-C, and child processes inherit that. Tests that interrupt a
    process need it to react.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup makes processes ignore it
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // workers))
        os.environ["OMP_WAIT_POLICY"] = "passive"  # PyTorch's threads wait for each other without keeping a core busy
    # The tests get a cache folder of their own; without this, matplotlib would look for its fonts anew in each of them.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))


@pytest.fixture(autouse=True)
def scrubbed_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove CONVLENS_ variables, and set a plain terminal of 120 columns, an empty working folder and cache."""
    for name in list(os.environ):
        if name.startswith("CONVLENS_") or name in ("FORCE_COLOR", "CLICOLOR_FORCE", "LINES", "TERM_PROGRAM"):
            monkeypatch.delenv(name)
    for name, value in {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "120", "TZ": "UTC", "MPLBACKEND": "agg"}.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "working-folder"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)


@pytest.fixture(scope="session")
def user_data_folder() -> Path:
    """Return the data folder of the user who runs the tests, for tests that train on the real MNIST.

    It is created here: inside a test it is not in the user's cache, and only there Convlens creates parent folders.
    """
    from convlens.data.folders import data_folder

    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def random_images() -> Callable[[int, tuple[int, int, int], int], tuple[np.ndarray, np.ndarray]]:
    """Return a function (number of images, shape, classes) → reproducible uint8 images and int64 labels."""

    def make(count: int, shape: tuple[int, int, int], classes: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(count)
        return random.integers(0, 256, (count, *shape), np.uint8), random.integers(0, classes, count)

    return make


@pytest.fixture(scope="session")
def digits_8x8() -> Dataset:
    """Return scikit-learn's 1,797 handwritten digits of 8×8 pixels: 1,500 to train on, the rest to test. A network
    learns them in a second.
    """
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    images = (digits.images * 15).astype(np.uint8)[:, np.newaxis]
    labels, names = digits.target.astype(np.int64), tuple("0123456789")
    train = LabelledImages(images[:1500], labels[:1500], names, "digits train")
    return Dataset("digits", train, LabelledImages(images[1500:], labels[1500:], names, "digits test"), "letterbox")


@pytest.fixture
def tiny(digits_8x8: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueEntry:
    """Return `tiny`, a known dataset of 8×8 digits that is already in the data folder; no source could deliver it."""
    folder = tmp_path / "data" / "Tiny" / "raw"
    folder.mkdir(parents=True)
    parts = {"train": digits_8x8.train, "t10k": digits_8x8.test}
    assert digits_8x8.test is not None
    files = {}
    for prefix, part in parts.items():
        for name, array in (
            ("images-idx3-ubyte", part.images[:, 0]),
            ("labels-idx1-ubyte", part.labels.astype("uint8")),
        ):
            path = write_idx(folder / f"{prefix}-{name}", array)
            files[path.name] = RawFile(path.stat().st_size, sha256_of_file(path))
    entry = CatalogueEntry(
        name="tiny",
        title="Tiny digits",
        licence="BSD",
        shape=(1, 8, 8),
        class_names=digits_8x8.train.class_names,
        folder="Tiny/raw",
        files=files,
        sources=(),
        preprocessing="letterbox",
    )
    monkeypatch.setitem(CATALOGUE, "tiny", entry)
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "data"))
    return entry


BROWSERS = (SHELL, *NAMES)


def _why_no_browser() -> str:
    """Return why no browser can be used; an empty text if one can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (pip install playwright)"
    if find_browser(BROWSERS):
        return ""
    return f"none of {', '.join(BROWSERS)} is installed (Debian, Ubuntu: apt install chromium-headless-shell)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start Chromium, once per module, because Playwright occupies the thread's event loop as long as it runs."""
    if missing := _why_no_browser():
        if os.environ.get("CI"):
            raise RuntimeError(f"the page cannot be tested: {missing}")
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_browser(BROWSERS), args=ARGUMENTS)
        yield opened
        opened.close()


Page: TypeAlias = str | tuple[int, str]
"""What a test server answers: a text, or a status of HTTP and a text."""


class _Served(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and pages that are not in it."""

    protocol_version = "HTTP/1.1"  # one connection for all files
    disable_nagle_algorithm = True  # otherwise each answer waits for 40 ms

    def __init__(self, *given: Any, pages: Mapping[str, Page], **named: Any) -> None:
        self._pages = pages
        super().__init__(*given, **named)

    def guess_type(self, path: Any) -> str:
        return TYPES.get(Path(path).suffix) or super().guess_type(path)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path not in self._pages:
            super().do_GET()
            return
        page = self._pages[path]
        status, text = (200, page) if isinstance(page, str) else page
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if path.startswith("/api/") else "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""


@pytest.fixture(scope="session")
def serve_folder() -> Callable[..., AbstractContextManager[str]]:
    """Return a context manager (folder, pages by path) → the address of a server of them on this machine."""

    @contextmanager
    def serve(folder: Path, pages: Mapping[str, Page]) -> Iterator[str]:
        handler = functools.partial(_Served, directory=str(folder), pages=pages)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    return serve
