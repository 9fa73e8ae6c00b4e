"""Measures exported models: their size, the time for one image and for 10,000, and how far their answers differ.

    python benchmarks/exports.py                                                    writes the record
    python benchmarks/exports.py --images 200 --rounds 1 --calls 20 --epochs 1 --photos 4   a short try

The models: the tutorial's network, trained on MNIST, and a small colour network, trained on the photographs of
`photo_folder.py`. Every format is run as its users run it, and compared with the model: on the test images of MNIST,
and on the test photographs. Convlens's engine and PyTorch compute in the same run. OpenVINO does so if it is installed
(scripts/runtimes).

A folder for the Hugging Face Hub has the model twice, for Convlens and for ONNX Runtime: its answers are compared, but
its times are those of these two.

All run on one thread. The times are processor time, so they can also be recorded while other programs are busy: then
give `--busy`. The record says how busy they were.
"""

import argparse
import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from threadpoolctl import threadpool_limits

import convlens
from browser import NAMES, SHELL, find_browser
from comparison import spread_text
from convlens import LabelledImages, TrainedModel, load_dataset
from convlens.engines.native import instruction_sets
from convlens.exports import find_format
from convlens.exports.c_source.compiler import find_clang, find_compiler
from convlens.exports.c_source.wasm_format import find_node
from convlens.exports.onnx_file.running import open_session, run_pictures
from convlens.exports.programs import run
from convlens.preprocessing import prepare
from convlens.words import times
from export_runners import (
    BATCH,
    Images,
    InBrowser,
    InNode,
    Probabilities,
    Runner,
    c_code,
    convlens_engine,
    hub_folder,
    onnx_runtime,
    open_page,
    openvino,
    plain_python,
    torch_eager,
    torch_program,
)
from machine import Neighbours
from photo_folder import make_photo_folder
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise

PHOTO_EPOCHS = 30
LEAST_IMAGES, LEAST_ROUNDS, LEAST_CALLS, LEAST_PHOTOS = 10_000, 5, 500, 100
PROVED = 1000
FORMATS = ("html", "onnx", "onnx int8", "torch", "python", "c", "c int8", "wasm", "wasm int8", "huggingface")
PICTURE = "onnx picture"
PHOTO_NETWORK = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


@dataclass(frozen=True)
class Agreement:
    """How far answers are from the model's: how many are the same, and the largest difference of a probability."""

    same: int
    images: int
    largest: float

    def __str__(self) -> str:
        return f"{self.same:,}"


def compare(expected: Probabilities, found: Probabilities) -> Agreement:
    """Compare probabilities with the model's, both N × classes.

    >>> compare(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([[0.5, 0.5], [0.25, 0.75]]))
    Agreement(same=1, images=2, largest=0.25)
    """
    same = int((found.argmax(axis=1) == expected.argmax(axis=1)).sum())
    return Agreement(same, len(expected), float(np.abs(found - expected).max()))


def export_all(model: TrainedModel, data: LabelledImages, formats: Sequence[str], folder: Path) -> dict[str, Path]:
    """Export a model to formats, each of which may have an option: `c int8`, `onnx picture`. Returns the paths."""
    paths = {}
    for name in formats:
        kind, _, option = name.partition(" ")
        path = folder / f"{name.replace(' ', '_')}{find_format(kind).suffix}"
        prove = min(PROVED, len(data))
        is_picture = "picture" if option == "picture" else "tensor"
        convlens.export(model, path, kind, data=data, prove=prove, int8=option == "int8", input=is_picture)  # pyright: ignore[reportArgumentType]
        paths[name] = path
    return paths


@contextlib.contextmanager
def opened(model: TrainedModel, paths: Mapping[str, Path]) -> Iterator[list[Runner]]:
    """Open exports with everything that can run them, after Convlens's engine and PyTorch."""
    classes = len(model.class_names)
    with contextlib.ExitStack() as stack:
        runners: list[Runner | None] = [convlens_engine(model), torch_eager(model)]
        for name, path in paths.items():
            kind = name.partition(" ")[0]
            if kind == "html":
                page = stack.enter_context(open_page(path))
                runners.append(InBrowser(f"{name}, Chromium", path.stat().st_size, page))
            elif kind == "onnx":
                runners += [onnx_runtime(f"{name}, ONNX Runtime", path), openvino(f"{name}, OpenVINO", path)]
            elif kind == "torch":
                runners.append(torch_program(f"{name}, PyTorch", path))
            elif kind == "python":
                runners.append(plain_python(f"{name}, NumPy", path))
            elif kind == "huggingface":
                runners += hub_folder(name, path)
            elif kind == "c":
                runners += [c_code(f"{name}, gcc {level}", path, level, classes) for level in ("-Os", "-O2")]
            else:
                runners.append(InNode(f"{name}, Node", path.stat().st_size, path))
        yield [runner for runner in runners if runner is not None]


def measure(
    runners: Sequence[Runner], images: Images, rounds: int, calls: int
) -> dict[str, tuple[Spread, Spread, Spread]]:
    """Return for each runner that is timed: the seconds for one image, those for all images, and the latter divided by
    those of the first runner in the same round. One round before is not counted.
    """
    timed = [runner for runner in runners if runner.is_timed]
    ones: dict[str, list[float]] = {runner.name: [] for runner in timed}
    alls: dict[str, list[float]] = {runner.name: [] for runner in timed}
    for number in range(rounds + 1):
        for runner in timed:
            one, everything = runner.seconds_of_one(images, calls), runner.seconds_of_all(images)
            if number:
                ones[runner.name].append(one)
                alls[runner.name].append(everything)
    first = alls[timed[0].name]
    return {
        name: (
            summarise(ones[name]),
            summarise(alls[name]),
            summarise([mine / base for mine, base in zip(alls[name], first, strict=True)]),
        )
        for name in ones
    }


def format_times(
    runners: Sequence[Runner],
    measured: Mapping[str, tuple[Spread, Spread, Spread]],
    agreements: Mapping[str, Agreement],
) -> str:
    """Return a table with a row for each runner."""
    images = next(iter(agreements.values())).images
    rows = []
    for runner in runners:
        agreement, times_of_it = agreements[runner.name], ["", "", ""]
        if runner.name in measured:
            one, everything, ratio = measured[runner.name]
            times_of_it = [spread_text(one, 1e6, 1), spread_text(everything, 1e3, 0), f"{ratio.median:.1f}"]
        rows.append(
            [
                runner.name,
                "" if runner.bytes is None else f"{runner.bytes:,}",
                *times_of_it,
                str(agreement),
                f"{agreement.largest:.1e}",
            ]
        )
    many = f"{images:,}"
    header = ["export, run by", "bytes", "one image, µs", f"{many} images, ms", "times as long as Convlens"]
    return format_table([*header, "same answers", "largest difference"], rows)


def format_agreements(agreements: Mapping[str, Agreement]) -> str:
    """Return a table with a row for each runner."""
    rows = [[name, str(one), f"{one.largest:.1e}"] for name, one in agreements.items()]
    return format_table(["export, run by", "same answers", "largest difference"], rows)


def measure_mnist(given: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """Train the tutorial's network, export it, and measure everything. Returns the table, and the model's accuracy."""
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    assert dataset.test is not None, "MNIST has test images"
    settings = {"recipe": "tutorial", "epochs": given.epochs, "seed": given.seed, "engine": "native"}
    model = convlens.train(dataset, progress=False, data_dir=given.data_dir, **settings)
    data = dataset.test.subset(np.arange(min(given.images, len(dataset.test))))
    paths = export_all(model, data, given.formats, folder)
    expected = model.calibration.probabilities(model.logits(data.images))
    right = float((expected.argmax(axis=1) == data.labels).mean())
    with opened(model, paths) as runners:
        agreements = {runner.name: agreement_of(runner, model, data.images, expected) for runner in runners}
        measured = measure(runners, data.images, given.rounds, given.calls)
    return format_times(runners, measured, agreements), f"{right:.2%}"


def agreement_of(runner: Runner, model: TrainedModel, images: Images, expected: Probabilities) -> Agreement:
    """Compare a runner's answers with the model's; those of the engine are logits."""
    found = runner.answer(images)
    if runner.name.startswith("Convlens"):
        found = model.calibration.probabilities(found)
    return compare(expected, found)


def measure_photos(given: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """Train on photographs and compare all answers to the test photographs. Returns the table and a sentence."""
    photos = make_photo_folder(folder / "photos", 4 * given.photos, given.photos, given.seed)
    settings = {"recipe": "fast", "network": PHOTO_NETWORK, "epochs": given.epochs or PHOTO_EPOCHS, "engine": "native"}
    model = convlens.train(photos, progress=False, data_dir=folder, seed=given.seed, **settings)
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted((photos / "test").rglob("*.*"))]
    images = np.stack([prepare(model.preprocessing, picture).pixels for picture in pictures])
    labels = model.logits(images).argmax(axis=1)
    data = LabelledImages(images, labels, model.class_names, "photographs")
    place = folder / "of photographs"
    place.mkdir()
    paths = export_all(model, data, given.formats, place)
    expected = model.calibration.probabilities(model.logits(images))
    with opened(model, paths) as runners:
        agreements = {}
        for runner in runners:
            if isinstance(runner, InBrowser):
                agreements[f"{runner.name}, which prepares them"] = compare(expected, runner.answer_pictures(pictures))
            else:
                agreements[runner.name] = agreement_of(runner, model, images, expected)
    if "onnx" in given.formats:
        agreements |= agreements_of_picture_file(model, data, pictures, expected, place)
    found = model.facts["test"]["accuracy"]
    sentence = f"{len(images):,}, accuracy {found:.1%}; {times(images.shape[1:])}, {PHOTO_NETWORK}"
    return format_agreements(agreements), f"{sentence}, recipe `fast` with {settings['epochs']} epochs"


def agreements_of_picture_file(
    model: TrainedModel, data: LabelledImages, pictures: Sequence[Images], expected: Probabilities, folder: Path
) -> dict[str, Agreement]:
    """Compare the answers of an ONNX file that prepares pictures itself: `--input picture`."""
    path = export_all(model, data, [PICTURE], folder)[PICTURE]
    session = open_session(path, threads=1)
    found: dict[str, Callable[[Images], Probabilities]] = {
        f"{PICTURE}, ONNX Runtime": lambda images: run_pictures(session, images).probabilities
    }
    if (other := openvino("", path)) is not None:
        found[f"{PICTURE}, OpenVINO"] = other.answer
    return {
        f"{name}, which prepares them": compare(expected, np.concatenate([answer(one[None]) for one in pictures]))
        for name, answer in found.items()
    }


def main(given: argparse.Namespace) -> None:
    """Export, compare, measure, print the tables, and write the record."""
    torch.set_num_threads(1)
    neighbours = Neighbours()
    with tempfile.TemporaryDirectory() as place, threadpool_limits(1):
        digits, photos = Path(place, "digits"), Path(place, "photographs")
        digits.mkdir()
        photos.mkdir()
        speeds, accuracy = measure_mnist(given, digits)
        table, sentence = measure_photos(given, photos)
    others = neighbours.cores()
    command = f"python benchmarks/exports.py --rounds {given.rounds} --calls {given.calls} --seed {given.seed}"
    packages = ["numpy", "onnx", "onnxruntime", "openvino", "torch", "pillow"]
    facts = shared_facts(command + " --busy" * given.busy, packages, others)
    facts |= {
        "programs": ", ".join(other_versions(given.formats)),
        "digits": f"the tutorial's network, recipe `tutorial`, seed {given.seed}; accuracy {accuracy}",
        "photographs": f"{sentence}, seed {given.seed}. Four classes of "
        f"{4 * given.photos} training and {given.photos} test images, 20 to 250 pixels, half PNG, half JPEG: cuts of "
        "pictures that scikit-learn and Matplotlib ship, see benchmarks/photo_folder.py. All formats get the same "
        "prepared images, but those that prepare pictures get the decoded files",
        "threads": f"one for each; Convlens with {instruction_sets()[0]}",
        "time": "processor time from bytes to probabilities (Convlens: to logits), called from Python; WebAssembly is "
        f"called from JavaScript in Node, and the page's time is that of its thread in Chromium. One image: mean of "
        f"{given.calls} calls. Many images: ONNX Runtime, OpenVINO, PyTorch and NumPy take {BATCH} at a time, Convlens "
        "all, and the others one after the other. A folder for the Hub is not timed: Convlens and ONNX Runtime compute "
        "as in their own rows",
        "bytes": "of the file, or of all files of a folder; for C of code and constants, compiled for this machine",
        "difference": "of a probability, from the model's",
        "spread": f"median (smallest to largest) of {given.rounds} rounds in turn, after one not counted; the ratio is "
        "the median of those in each round",
    }
    text = f"Digits, on the test images of MNIST:\n\n{speeds}\n\nPhotographs:\n\n{table}"
    full_size = (
        given.images >= LEAST_IMAGES
        and given.rounds >= LEAST_ROUNDS
        and given.calls >= LEAST_CALLS
        and given.photos >= LEAST_PHOTOS
        and given.epochs is None
        and set(given.formats) >= set(FORMATS)
    )
    against = reason_against(given.record, full_size, None if given.busy else others)
    conclude("exports", "Exported models: size, speed and agreement", text, facts, against)


def other_versions(formats: Sequence[str]) -> list[str]:
    """Return the versions of the compilers, Node and Chromium that these formats need."""
    commands: dict[str, str] = {}
    for name in formats:
        match name.partition(" ")[0]:
            case "html":
                commands["Chromium"] = str(find_browser((SHELL, *NAMES)))
            case "c":
                commands["gcc"] = find_compiler()
            case "wasm":
                commands |= {"clang": find_clang(), "Node": find_node()}
    said = {name: run([command, "--version"]) for name, command in commands.items()}
    return [f"{name} {re.findall(r'[0-9][0-9.]+', text)[0]}" for name, text in said.items()]


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Size, speed and agreement of exported models.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="rounds that count (default 5)")
    parser.add_argument("--calls", type=int, default=LEAST_CALLS, help="one-image calls in a round (default 500)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="test images of MNIST (default 10,000)")
    parser.add_argument("--photos", type=int, default=LEAST_PHOTOS, help="test photographs per class (default 100)")
    parser.add_argument("--epochs", type=int, default=None, help="of both trainings (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=3, help="of both trainings and of the photographs (default 3)")
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS, help="default: all")
    parser.add_argument("--busy", action="store_true", help="record although other programs are busy")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
