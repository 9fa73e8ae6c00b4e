"""Measures the speed of the page in Chromium: from the pointer to the pixels, and while it shows a running training.

    python benchmarks/page_speed.py                                          writes the record
    python benchmarks/page_speed.py --rounds 1                               a short try

Pointer to pixels: the time from a pointer event until all maps and probabilities that depend on it are painted, as
measured by the page. A browser delivers pointer events once per frame, so about half a frame of this time is waiting.
Training: the tutorial's network on MNIST, started by a click on the button.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, ViewportSize, sync_playwright

import convlens
from browser import ARGUMENTS, find_browser
from comparison import spread_text
from convlens import LabelledImages, Network, TrainedModel
from convlens.evaluation import find_test_images
from convlens.exports import choose_samples, export_html, page_model
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing
from machine import Neighbours
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import summarise
from whole_process import CONVLENS

LEAST_ROUNDS = 5
WINDOW: ViewportSize = {"width": 1600, "height": 1000}
MOVES = 150
PAUSE = 0.012
"""The seconds between two moves of the pointer, and the number of moves."""
WARM = 30
"""The moves after which the browser has compiled the page's loops; the first move has its own column."""
SIX_CONVOLUTIONS = (
    "conv 16 3x3 pad 1, relu, conv 16 3x3 pad 1, relu, maxpool 2, conv 32 3x3 pad 1, relu, "
    "conv 32 3x3 pad 1, relu, maxpool 2, conv 64 3x3 pad 1, relu, conv 64 3x3 pad 1, relu, maxpool 2, dense"
)
MEASURES = "performance.getEntriesByName('convlens: pointer to pixels').map(({ duration }) => duration)"
HERE = Path(__file__).parent
WATCH_TRAINING = (HERE / "page_watch.js").read_text(encoding="utf-8")
TIME_ENGINE = (HERE / "page_engine.js").read_text(encoding="utf-8")
ENGINE_RUNS = 31


@dataclass(frozen=True)
class Stroke:
    """Milliseconds from pointer to pixels: of the first point, and of all points after the warm-up."""

    first: float
    warm: tuple[float, ...]


@dataclass(frozen=True)
class Watched:
    """One training as shown by the page: times in seconds since the click, and rates per second."""

    first_picture: float
    trained: float
    judged: float
    done: float
    pictures_a_second: float
    frames_a_second: float
    longest_frame: float


def read_training(seen: Mapping[str, Any]) -> Watched:
    """Convert the page's log; `seen` holds times in milliseconds, and may begin with an earlier training."""
    start = seen["clicked"]
    states = [(time, text) for time, text in seen["states"] if time >= start]
    begun = next(time for time, text in states if text.startswith("Training"))
    trained = next(time for time, text in states if time > begun and not text.startswith("Training"))
    judged = next(time for time, text in states if "%" in text)
    done = next(time for time, text in states if text.startswith("Done"))
    pictures = [time for time in seen["pictures"] if begun <= time <= trained]
    frames = np.diff([time for time in seen["frames"] if begun <= time <= trained])
    seconds = {
        name: round((time - start) / 1000, 3)
        for name, time in {"first_picture": pictures[0], "trained": trained, "judged": judged, "done": done}.items()
    }
    return Watched(
        **seconds,
        pictures_a_second=(len(pictures) - 1) / (pictures[-1] - pictures[0]) * 1000,
        frames_a_second=float(1000 / frames.mean()),
        longest_frame=float(frames.max()),
    )


def three() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the path of a pen that draws a 3: x and y, as shares of the paper."""
    upper, lower = np.linspace(-2.6, np.pi / 2, MOVES // 2), np.linspace(-np.pi / 2, 2.6, MOVES - MOVES // 2 + 1)
    across = np.concatenate([0.48 + 0.17 * np.cos(upper), 0.48 + 0.21 * np.cos(lower)])
    down = np.concatenate([0.32 + 0.16 * np.sin(upper), 0.67 + 0.19 * np.sin(lower)])
    return across, down


def draw(browser: Browser, file: Path) -> Stroke:
    """Draw a 3 on a newly opened page."""
    page = browser.new_page(viewport=WINDOW)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    box = page.locator(".pad-paper").bounding_box()
    assert box
    across, down = (
        box[corner] + box[size] * way for corner, size, way in zip("xy", ("width", "height"), three(), strict=True)
    )
    page.mouse.move(across[0], down[0])
    page.mouse.down()
    for place in zip(across[1:], down[1:], strict=True):
        page.mouse.move(*place)
        page.wait_for_timeout(1000 * PAUSE)
    page.mouse.up()
    times = page.evaluate(MEASURES)
    page.close()
    return Stroke(times[0], tuple(times[WARM:]))


@contextmanager
def serving(folder: Path, data_dir: Path | None) -> Iterator[str]:
    """Start `convlens open`, and yield its address."""
    command = [CONVLENS, "open", "--port", "0", "--no-browser", "--json", "--runs", str(folder / "runs")]
    command += ["--data-dir", str(data_dir)] if data_dir else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        text = ""
        while not text.rstrip().endswith("}"):
            text += process.stdout.readline()
        try:
            yield json.loads(text)["url"]
        finally:
            process.terminate()


def watch_training(page: Any) -> Watched:
    """Click the button, and wait until the training is saved."""
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    page.click(".train-start")
    page.wait_for_function("() => seen.states.at(-1)?.[1].startsWith('Done') && seen.clicked < seen.states.at(-1)[0]")
    return read_training(page.evaluate("watched()"))


def make_models(data_dir: Path | None) -> dict[str, tuple[TrainedModel, LabelledImages | None]]:
    """Return models by name: the tutorial's network after an epoch of MNIST, and a larger one with random weights."""
    tutorial = convlens.train(convlens.load_dataset("mnist", data_dir=data_dir), epochs=1)
    images = find_test_images(tutorial, data_dir=data_dir)
    assert images is not None
    shape, classes = (3, 64, 64), tuple(f"class {number}" for number in range(10))
    preprocessing = Preprocessing(shape, "letterbox", None, Normalisation((0.5,) * 3, (0.25,) * 3))
    network = Network.from_text(SIX_CONVOLUTIONS)
    large = TrainedModel(network, initial_weights(network, shape, 10, 1), preprocessing, classes)
    return {
        "the tutorial's": (tutorial, choose_samples(tutorial, images)),
        "six convolutions, 3×64×64": (large, None),
    }


def format_strokes(strokes: Mapping[str, Sequence[Stroke]]) -> str:
    """Return the table of pointer to pixels, with medians over the rounds."""
    rows = []
    for name, rounds in strokes.items():
        medians, most = ([float(np.quantile(one.warm, share)) for one in rounds] for share in (0.5, 0.9))
        firsts = [one.first for one in rounds]
        rows.append([name, *(spread_text(summarise(values), digits=1) for values in (medians, most, firsts))])
    return format_table(["network", "median ms", "90 % within ms", "first point ms"], rows)


def format_engine(times: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Return the table of the page's engine, with medians over the rounds for each network."""
    parts = list(next(iter(times.values()))[0])
    rows = [
        [name, *(spread_text(summarise([one[part] for one in rounds]), digits=2) for part in parts)]
        for name, rounds in times.items()
    ]
    return format_table(["network", *(f"{part} ms" for part in parts)], rows)


def format_trainings(trainings: Sequence[Watched]) -> str:
    """Return the table of a training as shown by the page."""
    names = {
        "click to first picture, s": ("first_picture", 2),
        "click to last step, s": ("trained", 2),
        "click to accuracy, s": ("judged", 2),
        "click to everything saved, s": ("done", 2),
        "pictures a second while it trains": ("pictures_a_second", 1),
        "frames a second while it trains": ("frames_a_second", 1),
        "longest frame, ms": ("longest_frame", 0),
    }
    rows = [
        [words, spread_text(summarise([getattr(one, name) for one in trainings]), digits=digits)]
        for words, (name, digits) in names.items()
    ]
    return format_table(["a training, seen in the page", "median (from to)"], rows)


def measure(given: argparse.Namespace) -> tuple[str, str, float | None]:
    """Draw, compute and train in turn, after a round that is not counted. Return the tables, the browser's version, and
    how busy other programs were.
    """
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        models = make_models(given.data_dir)
        pages = {which: folder / f"{number}.html" for number, which in enumerate(models)}
        for which, (model, samples) in models.items():
            export_html(model, pages[which], samples)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        strokes: dict[str, list[Stroke]] = {which: [] for which in models}
        engine: dict[str, list[dict[str, float]]] = {which: [] for which in models}
        trainings: list[Watched] = []
        with serving(folder, given.data_dir) as url:
            page = browser.new_page(viewport=WINDOW)
            page.add_init_script(WATCH_TRAINING)
            page.goto(f"{url}#train")
            for number in range(given.rounds + 1):
                if number == 1:
                    trainings, strokes, engine = [], {which: [] for which in models}, {which: [] for which in models}
                trainings.append(watch_training(page))
                print(trainings[-1], flush=True)
                for which, (model, _) in models.items():
                    engine[which].append(page.evaluate(TIME_ENGINE, [page_model(model), ENGINE_RUNS]))
                    strokes[which].append(draw(browser, pages[which]))
                    print(f"{np.median(strokes[which][-1].warm):6.1f} ms from pointer to pixels, {which}", flush=True)
            others = neighbours.cores()  # now, because the time used by a closed browser is unknown
        version = browser.version
        browser.close()
    return f"{format_strokes(strokes)}\n\n{format_engine(engine)}\n\n{format_trainings(trainings)}", version, others


def main(given: argparse.Namespace) -> None:
    """Measure, print the tables, and write the record."""
    text, version, others = measure(given)
    facts = shared_facts(f"python benchmarks/page_speed.py --rounds {given.rounds}", ["numpy", "playwright"], others)
    facts |= {
        "browser": f"Chromium {version}, headless, without a graphics processor",
        "pointer": f"a 3 of {MOVES} moves, {1000 * PAUSE:.0f} ms apart; median and 90 % of the moves after the "
        f"first {WARM}",
        "engine": f"one picture, one thread; the median of {ENGINE_RUNS}",
        "training": "mnist with what the page offers: the tutorial's network, the recipe `fast`; the page is reloaded "
        "before each",
        "spread": f"median (smallest to largest) of {given.rounds} rounds after one that is not counted",
    }
    against = reason_against(given.record, given.rounds >= LEAST_ROUNDS, others)
    conclude("page_speed", "The page: pointer to pixels, and a training live", text, facts, against)


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="The page's speed in Chromium.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="rounds that count (default 5)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
