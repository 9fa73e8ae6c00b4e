"""The benchmark of exports: differences and ratios by hand, and the whole of it on little."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.exports.tools import IN_CI, needs

import convlens
import exports
from convlens import TrainedModel
from convlens.data import Dataset
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from export_runners import InBrowser, InNode, InThisProcess, Runner, hub_folder, open_page, openvino
from exports import Agreement, compare, format_agreements, format_times, main, measure


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_answers_and_differences_by_hand():
    expected = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    found = np.array([[0.6, 0.3, 0.1], [0.35, 0.4, 0.25], [0.1, 0.1, 0.8]])
    agreement = compare(expected, found)
    assert (agreement.same, agreement.images) == (2, 3)
    assert agreement.largest == pytest.approx(0.1)
    assert np.isnan(compare(expected, found * np.nan).largest)


class Counted(Runner):
    """Takes 1, 2, 3, … seconds for one image, and ten times as many times `slower` for all."""

    def __init__(self, name: str, slower: float) -> None:
        super().__init__(name, None)
        self.called, self.slower = 0, slower

    def answer(self, images):
        raise NotImplementedError

    def seconds_of_one(self, images, calls):
        del images, calls
        self.called += 1
        return float(self.called)

    def seconds_of_all(self, images):
        del images
        return 10 * self.called * self.slower


def test_the_first_round_does_not_count_and_ratios_are_taken_in_a_round():
    one, everything, ratio = measure([Counted("a", 1), Counted("b", 2.5)], np.zeros((1, 1, 1, 1), np.uint8), 3, 9)["b"]
    assert (one.smallest, one.median, one.largest, one.count) == (2.0, 3.0, 4.0, 3)
    assert (everything.smallest, everything.median) == (50.0, 75.0)
    assert (ratio.smallest, ratio.largest) == (2.5, 2.5)


def test_the_tables_by_hand():
    runners = [Counted("a", 1), Counted("b", 2.5)]
    runners[1].bytes = 12_345
    measured = measure(runners, np.zeros((1, 1, 1, 1), np.uint8), 1, 9)
    agreements = {"a": Agreement(2000, 2000, 0.0), "b": Agreement(1999, 2000, 0.00123)}
    table = format_times(runners, measured, agreements)
    assert " 2,000 images, ms |" in table
    assert cells(table) == [
        ["a", "", "2000000.0 (2000000.0 to 2000000.0)", "20000 (20000 to 20000)", "1.0", "2,000", "0.0e+00"],
        ["b", "12,345", "2000000.0 (2000000.0 to 2000000.0)", "50000 (50000 to 50000)", "2.5", "1,999", "1.2e-03"],
    ]
    assert cells(format_agreements(agreements)) == [["a", "2,000", "0.0e+00"], ["b", "1,999", "1.2e-03"]]


def test_images_are_cut_into_batches():
    sizes: list[int] = []
    runner = InThisProcess("a", None, lambda images: (sizes.append(len(images)), images.reshape(-1, 1) / 1)[1])
    images = np.arange(300, dtype=np.uint8).reshape(300, 1, 1, 1)
    assert runner.answer(images)[:, 0].tolist() == images.ravel().tolist()
    assert sizes == [128, 128, 44]
    sizes.clear()
    assert runner.seconds_of_one(images, 3) > 0
    assert sizes == [1, 1, 1]


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    network = Network.from_text("conv 2 3x3, relu, dense")
    return TrainedModel(network, initial_weights(network, (1, 8, 8), 2, 1), Preprocessing((1, 8, 8)), ("cat", "dog"))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 1, 8, 8), np.uint8)


def test_a_folder_for_the_hub_is_compared_and_not_timed(tmp_path: Path, model: TrainedModel, images: np.ndarray):
    pytest.importorskip("onnxruntime")
    path = convlens.export(model, tmp_path / "a", "huggingface", prove=0).path
    runners = hub_folder("huggingface", path)
    assert [runner.name for runner in runners] == ["huggingface, Convlens", "huggingface, ONNX Runtime"]
    size = len(b"".join(file.read_bytes() for file in path.rglob("*") if file.is_file()))
    assert [runner.bytes for runner in runners] == [size, size]
    expected = model.predict(images).probabilities
    agreements = {"a": Agreement(5, 5, 0.0)} | {one.name: compare(expected, one.answer(images)) for one in runners}
    assert all(one.same == 5 and one.largest < 1e-6 for one in agreements.values())
    every = [Counted("a", 1), *runners]
    measured = measure(every, images, 1, 9)
    assert list(measured) == ["a"]
    row = cells(format_times(every, measured, agreements))[2]
    assert row[:6] == ["huggingface, ONNX Runtime", f"{size:,}", "", "", "", "5"]


@needs("clang", "wasm-ld", "node")
def test_node(tmp_path: Path, model: TrainedModel, images: np.ndarray):
    path = convlens.export(model, tmp_path / "a.wasm", prove=0).path
    runner = InNode("a", None, path)
    np.testing.assert_allclose(runner.answer(images), model.predict(images).probabilities, atol=1e-6)
    assert 0 < runner.seconds_of_one(images, 500) < runner.seconds_of_all(np.tile(images, (400, 1, 1, 1)))


def test_the_page_in_chromium(tmp_path: Path, model: TrainedModel, images: np.ndarray):
    path = convlens.export(model, tmp_path / "a.html", prove=0).path
    pictures = [np.full((9, 20, 3), 77, np.uint8), np.arange(675, dtype=np.uint16).reshape(15, 15, 3).astype(np.uint8)]
    try:
        with open_page(path) as page:
            runner = InBrowser("a", None, page)
            found, prepared = runner.answer(images), runner.answer_pictures(pictures)
            assert 0 < runner.seconds_of_one(images, 20) < runner.seconds_of_all(np.tile(images, (40, 1, 1, 1)))
    except (SystemExit, ImportError) as missing:
        if IN_CI:
            raise
        pytest.skip(str(missing))
    np.testing.assert_allclose(found, model.predict(images).probabilities, atol=1e-6)
    expected = [model.predict(picture, repair=True).probabilities for picture in pictures]
    np.testing.assert_allclose(prepared, expected, atol=1e-6)


def test_without_openvino_its_rows_are_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert openvino("a", Path("a.onnx")) is None


def test_the_whole_benchmark_on_little(noise: Dataset, written, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(exports, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(exports, "measure_photos", lambda *_: ("TABLE", "400, accuracy 90.0%"))
    given = argparse.Namespace(rounds=1, calls=2, images=20, photos=1, epochs=1, seed=3)
    vars(given).update(formats=("python", "c", "huggingface"), busy=False, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    names = ["Convlens, native engine", "PyTorch, eager", "python, NumPy", "c, gcc -Os", "c, gcc -O2"]
    names += ["huggingface, Convlens", "huggingface, ONNX Runtime"]
    table = printed.partition("MNIST:\n\n")[2].partition("\n\n")[0]
    assert [row[0] for row in cells(table)] == names
    assert all(row[5] == "20" and float(row[6]) < 1e-5 for row in cells(table))
    assert "Photographs:\n\nTABLE" in printed
    assert "No record: this was a short try" in printed
    assert written == {}


def make_noise(folder: Path, train: int, test: int, seed: int) -> Path:
    """Make a folder as `make_photo_folder` does, of noise."""
    random = np.random.default_rng(seed)
    for part, count in (("train", train), ("test", test)):
        for name in ("a", "b"):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 256, (20 + number, 30, 3), np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.png")
    return folder


def test_photographs_are_compared(tmp_path: Path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(exports, "make_photo_folder", make_noise)
    monkeypatch.setattr(exports, "openvino", lambda *_: None)
    given = argparse.Namespace(photos=2, seed=0, epochs=1, formats=("onnx",))
    table, sentence = exports.measure_photos(given, tmp_path)
    picture = "onnx picture, ONNX Runtime, which prepares them"
    assert [row[0] for row in cells(table)][2:] == ["onnx, ONNX Runtime", picture]
    assert all(row[1] == "4" and float(row[2]) < 1e-5 for row in cells(table))
    assert sentence.startswith("4, accuracy ")


def test_a_record_needs_every_format():
    assert set(exports.FORMATS) == {"html", "torch", "python", "huggingface"} | {
        f"{name}{option}" for name in ("onnx", "c", "wasm") for option in ("", " int8")
    }
