"""A small trained run and its report, models with known answers, pages parsed as trees, and a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.calibration import UNCALIBRATED, Calibration
from convlens.data import Dataset, LabelledImages
from convlens.files import write_atomically
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.report import Study, study_model
from convlens.report.page import write_page
from convlens.trained_model import TrainedModel
from convlens.training import train

NETWORK = "conv 8 3x3 pad 1, relu, maxpool 2, dense"


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory, digits_8x8: Dataset) -> Path:
    """Return a run folder: digits, four epochs, a fifth of the images held out; four of five answers are correct."""
    folder = tmp_path_factory.mktemp("runs") / "digits-run"
    train(digits_8x8, network=NETWORK, epochs=4, validation=0.2, threads=1, out=folder)
    return folder


@pytest.fixture(scope="session")
def digits_study(digits_run: Path, digits_8x8: Dataset) -> Study:
    """Return that run, evaluated on the test digits."""
    return study_model(digits_run, digits_8x8)


@pytest.fixture(scope="session")
def digits_report(tmp_path_factory: pytest.TempPathFactory, digits_study: Study) -> Path:
    """Return its report."""
    return write_atomically(tmp_path_factory.mktemp("reports") / "report.html", write_page(digits_study))


@pytest.fixture(scope="session")
def make_model() -> Callable[..., TrainedModel]:
    """Return a function: network, image shape, class names, … → a model with random weights and the given facts."""

    def make(
        network: str = "dense",
        shape: tuple[int, int, int] = (1, 8, 8),
        class_names: tuple[str, ...] = ("cat", "dog"),
        facts: dict[str, Any] | None = None,
        calibration: Calibration = UNCALIBRATED,
    ) -> TrainedModel:
        described = Network.from_text(network)
        weights = initial_weights(described, shape, len(class_names), seed=1)
        plain = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
        preprocessing = Preprocessing(shape, "letterbox", normalisation=plain)
        return TrainedModel(described, weights, preprocessing, class_names, facts or {}, calibration)

    return make


@pytest.fixture(scope="session")
def make_reader(make_model: Callable[..., TrainedModel]) -> Callable[..., TrainedModel]:
    """Return a function: class names, … → a model that predicts class k if pixel k is white; `show` draws such
    images.
    """

    def make(class_names: tuple[str, ...], **more: Any) -> TrainedModel:
        model = make_model("dense", (1, *_frame(len(class_names))), class_names, **more)
        for array in model.weights.values():
            array[:] = 4 * np.eye(*array.shape) if array.ndim == 2 else 0
        return model

    return make


@pytest.fixture(scope="session")
def show() -> Callable[..., LabelledImages]:
    """Return a function: class names, true classes, the classes that `make_reader`'s model predicts → images."""

    def paint(names: tuple[str, ...], true: Any, said: Any, name: str = "painted") -> LabelledImages:
        images = np.zeros((len(said), 1, *_frame(len(names))), np.uint8)
        images.reshape(len(said), -1)[np.arange(len(said)), np.asarray(said)] = 255
        return LabelledImages(images, np.asarray(true), names, name)

    return paint


def _frame(classes: int) -> tuple[int, int]:
    side = max(8, int(np.ceil(classes**0.5)))
    return side, side


@dataclass(eq=False)
class Element:
    """An element of a page, with its content and its parent."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element | str"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Element"]:
        """Yield all elements inside this one, in the order of the page."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child

    def all(self, *tags: str, **attributes: str) -> list["Element"]:
        """Return the elements inside this one that have one of these tags (any tag if none is given) and all of these
        attributes; for `class`, one of several classes is enough.
        """
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self
            if (not tags or element.tag in tags) and all(element.has(name, value) for name, value in wanted.items())
        ]

    def one(self, *tags: str, **attributes: str) -> "Element":
        """Return the only such element."""
        (found,) = self.all(*tags, **attributes)
        return found

    def has(self, name: str, value: str) -> bool:
        given = self.attributes.get(name)
        return given is not None and (value in given.split() if name == "class" else given == value)

    @property
    def raw(self) -> str:
        """Return the whole text of the element."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    @property
    def text(self) -> str:
        """Return the whole text of the element, with single blanks between words."""
        return " ".join(self.raw.split())

    @property
    def rows(self) -> list[list[str]]:
        """Return the texts of the cells of a table's body, row by row."""
        return [[cell.text for cell in row.all("th", "td")] for body in self.all("tbody") for row in body.all("tr")]

    @property
    def ancestors(self) -> Iterator["Element"]:
        above = self.parent
        while above is not None:
            yield above
            above = above.parent


_NEVER_CLOSED = {"meta", "link", "img", "br", "hr", "input"}


class _TreeBuilder(HTMLParser):
    """A parser that is stricter than a browser: every element must be closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(element)
        if tag not in _NEVER_CLOSED:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _NEVER_CLOSED:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.here.tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


@pytest.fixture(scope="session")
def read_page() -> Callable[[Path | str], Element]:
    """Return a function: the file of a page, or its HTML → its tree; elements must be closed where they were opened."""

    def read(page: Path | str) -> Element:
        builder = _TreeBuilder()
        builder.feed(page.read_text(encoding="utf-8") if isinstance(page, Path) else page)
        builder.close()
        assert builder.here is builder.root, f"<{builder.here.tag}> is never closed"
        return builder.root

    return read


@pytest.fixture(scope="session")
def listen_to() -> Callable[[Any], list[str]]:
    """Return a function: a page in the browser → its faults, added as they occur: messages on the console, and
    requests for anything that is not in its file.
    """

    def listen(page: Any) -> list[str]:
        problems: list[str] = []
        page.on("console", lambda message: problems.append(f"console: {message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("request", lambda request: problems.extend(_strange_address(request.url)))
        return problems

    return listen


def _strange_address(address: str) -> list[str]:
    return [] if address.startswith(("file:", "data:")) else [f"asked for {address[:200]}"]


@pytest.fixture
def open_page(browser: Any, listen_to: Callable[[Any], list[str]]) -> Iterator[Callable[..., Any]]:
    """Return a function: a file, the width of the window, … → that page in Chromium, without a network and without
    smooth scrolling. Faults of the page fail the test.
    """
    heard: list[list[str]] = []
    contexts: list[Any] = []

    def visit(file: Path, width: int = 1400, scheme: str = "light", height: int = 900, **more: Any) -> Any:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", offline=True, **more)
        contexts.append(context)
        page = context.new_page()
        heard.append(listen_to(page))
        page.goto(file.resolve().as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert [problem for problems in heard for problem in problems] == []
