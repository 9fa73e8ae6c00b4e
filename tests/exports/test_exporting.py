"""Every format: written, run, proved and only then put in place; wrong files are found, and nothing is lost."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.exports.test_page_model import TUTORIAL, make, make_samples
from tests.exports.tools import skip_without_tools

import convlens
from convlens import LabelledImages, OutputError, UsageError, by_hand
from convlens.calibration import Calibration
from convlens.errors import ProofFailed
from convlens.exports import FORMATS, export, find_format
from convlens.exports.contents import check_images, name_in_export
from convlens.exports.format import ExportFormat
from convlens.exports.formats import format_of
from convlens.exports.python_file import PythonFile

EVERY_KIND = (
    "conv 6 3x3 pad 1 stride 2, batchnorm, silu, residual(conv 6 3x3 pad 1, batchnorm, shortcut conv 6 1x1), "
    "maxpool 3 stride 2 pad 1, concat(conv 4 1x1; conv 4 3x3 pad 2 dilation 2 groups 2), leaky_relu 0.1, gelu, "
    "avgpool 2 pad 1, tanh, globalavgpool, dropout 0.5, sigmoid, dense 20, relu, dense"
)


@pytest.fixture(scope="module")
def model():
    return make(TUTORIAL, calibration=Calibration(temperature=1.5, threshold=0.102))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "exports"
    made.mkdir()
    return made


@pytest.fixture
def data(model):
    return make_samples(model, 12)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("loaded_torch")
@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize(("text", "shape"), [(EVERY_KIND, (3, 20, 17))])
def test_every_format_answers_like_the_model(folder, name, text, shape):
    kind = find_format(name)
    one = make(text, shape, 3, calibration=Calibration(temperature=0.5, threshold=0.35))
    skip_without_tools(kind, one)
    path = folder / f"model{kind.suffix}"
    written = export(one, path, name, data=make_samples(one, 9), prove=5)
    assert written.path == path
    assert names(folder) == [path.name]
    check_images = 2 if name == "huggingface" else 6  # a folder for everybody has none of your own images
    assert (written.proof.images, written.proof.ties) == (5 + check_images, 0)
    assert written.proof.largest_difference <= kind.tolerance
    images = np.random.default_rng(5).integers(0, 256, (20, *shape), np.uint8)
    found, expected = kind.open(path)(images), one.predict(images)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=kind.tolerance)
    assert found.class_names == one.class_names
    assert found.unknown.tolist() == [label == "unknown" for label in expected.labels.tolist()]


def test_the_plain_numpy_of_an_exported_file_equals_the_operations_by_hand(folder):
    one = make(EVERY_KIND, (3, 20, 17), 3)
    written = export(one, folder / "model.py", prove=0)
    images = check_images(one)
    logits = runpy.run_path(str(written.path))["MODEL"].logits(images)
    for image, row in zip(one.plan.normalisation.apply(images), logits, strict=True):
        by_hands = one.network.resolve((3, 20, 17), 3)
        values = [image.astype(np.float64)]
        for node in by_hands:
            weights = {key.removeprefix(f"{node.path}."): one.weights[key] for key in node.parameter_shapes()}
            values.append(node.layer.run(by_hand, weights, *(values[index + 1] for index in node.inputs)))
        np.testing.assert_allclose(row, values[-1], atol=1e-5)


def test_an_exported_python_file_needs_only_numpy(folder, model, data):
    path = export(model, folder / "digits.py", data=data, name="my digits").path
    np.save(folder / "images.npy", data.images[:, 0])
    block = "import sys; sys.modules['convlens'] = None; import runpy; sys.argv = sys.argv[1:]; "
    run = [sys.executable, "-c", f"{block}runpy.run_path(sys.argv[0], run_name='__main__')", str(path)]
    checked = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("OK: logits of the check images differ by at most ")
    predicted = subprocess.run([*run, str(folder / "images.npy")], capture_output=True, text=True, check=False)
    assert predicted.stdout.split() == model.predict(data.images).labels.tolist()
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""my digits: an image classifier in plain NumPy, made with Convlens ')
    assert f"Network: {TUTORIAL}\nProof: same answers as the model on 18 images" in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (np.zeros((2, 27, 28), np.uint8), r"the images are uint8 of shape \(2, 1, 27, 28\); give uint8 of N×1×28×28"),
        (np.zeros((2, 28, 28)), "the images are float64"),
        (b"no array", "pickle"),
        (None, "No such file"),
    ],
)
def test_an_exported_python_file_refuses_other_images(folder, model, capsys, content, reason):
    file = runpy.run_path(str(export(model, folder / "a.py", prove=0).path))
    path = folder / "images.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    assert file["main"](file["MODEL"], [str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: ")
    assert re.search(reason, line)
    assert file["main"](file["MODEL"], ["a.npy", "b.npy"]) == 1


class Faulty(PythonFile):
    """A format that writes a fault into its file."""

    faults: ClassVar[dict] = {
        "swapped class names": lambda facts: facts["class_names"].reverse(),
        "other mean": lambda facts: facts["preprocessing"]["normalisation"].update(mean=[0.26]),
        "other deviation": lambda facts: facts["preprocessing"]["normalisation"].update(std=[0.51]),
        "no temperature": lambda facts: facts["calibration"].update(temperature=1.0),
        "other threshold": lambda facts: facts["calibration"].update(threshold=0.1021),
        "no padding": lambda facts: facts["layers"][0].update(padding=[0, 1]),
    }

    def __init__(self, fault):
        self.change = self.faults[fault]

    def write(self, contents, path, proof):
        super().write(contents, path, proof)
        text = path.read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if line.startswith("MODEL = "))
        facts = json.loads(eval(line.removeprefix("MODEL = PictureClassifier(").removesuffix(")")))
        self.change(facts)
        path.write_text(text.replace(line, f"MODEL = PictureClassifier({json.dumps(facts)!r})"), encoding="utf-8")


@pytest.mark.parametrize("fault", list(Faulty.faults))
def test_the_proof_finds_faults(folder, monkeypatch, model, data, fault):
    monkeypatch.setitem(FORMATS, "python", Faulty(fault))
    with pytest.raises(ProofFailed, match=r"a\.py was deleted, because it "):
        export(model, folder / "a.py", data=data)
    assert names(folder) == []


def test_a_changed_weight_is_refused_by_the_file_itself(folder, model):
    path = export(model, folder / "a.py", prove=0).path
    text = path.read_text(encoding="utf-8")
    place = text.index('"data": "') + 30
    path.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :], encoding="utf-8")
    with pytest.raises(ValueError, match="the weights in this file have changed: their SHA-256 differs"):
        runpy.run_path(str(path))


def test_an_old_file_stays_if_the_new_one_is_wrong(folder, monkeypatch, model, data):
    path = folder / "a.py"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match=r"a\.py exists already\. Give another name, or overwrite= to replace it"):
        export(model, path, data=data)
    monkeypatch.setitem(FORMATS, "python", Faulty("other mean"))
    with pytest.raises(ProofFailed):
        export(model, path, data=data, overwrite=True)
    assert (names(folder), path.read_text(encoding="utf-8")) == (["a.py"], "old")
    monkeypatch.undo()
    export(model, path, data=data, overwrite=True)
    assert path.read_text(encoding="utf-8") != "old"


FOLDER: Any = "folder"


class Folder(PythonFile):
    """A format that writes a folder."""

    name: ClassVar[str] = "folder"
    suffix: ClassVar[str] = ""

    def write(self, contents, path, proof):
        path.mkdir()
        super().write(contents, path / "model.py", proof)

    def open(self, path):
        return super().open(path / "model.py")

    def prove_pictures(self, contents, path, images):
        return super().prove_pictures(contents, path / "model.py", images)


def test_a_folder_replaces_a_folder_only(folder, monkeypatch, model, data):
    monkeypatch.setitem(FORMATS, "folder", Folder())
    path = folder / "out"
    assert export(model, path, FOLDER, data=data).bytes == (path / "model.py").stat().st_size
    (path / "old.txt").write_text("old", encoding="utf-8")
    export(model, path, FOLDER, data=data, overwrite=True)
    assert (names(path), names(folder)) == (["model.py"], ["out"])
    with pytest.raises(OutputError, match=r"out exists and is not a file, which 'python' writes\. Give another name"):
        export(model, path, "python", data=data, overwrite=True)
    (folder / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="file exists and is not a folder, which 'folder' writes"):
        export(model, folder / "file", FOLDER, data=data, overwrite=True)


def test_a_full_disk_leaves_nothing(folder, monkeypatch, model, data):
    def full(self, contents, path, proof):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PythonFile, "write", full)
    with pytest.raises(OutputError, match=r"a\.py.*full"):
        export(model, folder / "a.py", data=data)
    assert names(folder) == []


def test_images_for_the_proof_are_evenly_spaced(folder, monkeypatch, model):
    many = make_samples(model, 101)
    seen = []
    run = PythonFile.open

    def watched(self, path):
        def call(images):
            seen.append(images)
            return run(self, path)(images)

        return call

    monkeypatch.setattr(PythonFile, "open", watched)
    export(model, folder / "a.py", data=many, prove=5)
    assert len(seen) == 2  # without and with the proof inside: the file that is kept is run on all images, too
    for images in seen:
        np.testing.assert_array_equal(images[6:], many.images[[0, 25, 50, 75, 100]])
    assert export(model, folder / "b.py", data=many, prove=1000).proof.images == 107


class FaultyAtLast(PythonFile):
    """A format that is right until its file contains the proof: then a later image than the check images is wrong."""

    def open(self, path):
        run = super().open(path)
        is_last = '"proof": null' not in path.read_text(encoding="utf-8").replace('\\"', '"')

        def call(images):
            found = run(images)
            found.probabilities[-1, 0] += 0.01 if is_last and len(images) > 6 else 0
            return found

        return call


def test_the_file_that_is_kept_is_proved(folder, monkeypatch, model, data):
    monkeypatch.setitem(FORMATS, "python", FaultyAtLast())
    with pytest.raises(ProofFailed, match=r"a\.py was deleted, because it does not .* image 17 differs by 0\.01"):
        export(model, folder / "a.py", data=data)
    assert names(folder) == []


@pytest.mark.usefixtures("loaded_torch")
@pytest.mark.parametrize("name", list(FORMATS))
def test_names_that_are_not_utf_8(folder, model, name):
    """Python reads bytes of file names that are not UTF-8 as halves of characters."""
    kind = find_format(name)
    skip_without_tools(kind, model)
    with pytest.raises(UsageError, match=r"^name is 'caf\\udce9'; give a text that can be stored as UTF-8"):
        export(model, folder / f"a{kind.suffix}", name, prove=0, name="caf\udce9")
    assert export(model, folder / f"b{kind.suffix}", name, prove=0, name="café\n").path.exists()
    assert name_in_export(None, Path("caf\udce9.onnx")) == "caf\\udce9"
    with pytest.raises(UsageError, match=r"^name is 3; give a text, or None"):
        export(model, folder / f"a{kind.suffix}", name, prove=0, name=3)  # pyright: ignore[reportArgumentType]
    assert names(folder) == [f"b{kind.suffix}"]


def test_arguments(folder, model, data):
    with pytest.raises(UsageError, match="model is 3"):
        export(3, folder / "a.py")  # pyright: ignore[reportArgumentType]
    with pytest.raises(UsageError, match="prove"):
        export(model, folder / "a.py", prove=-1)
    with pytest.raises(UsageError, match=r"a\.xyz has no ending that belongs to a format: \.html \(html\)"):
        export(model, folder / "a.xyz", data=data)
    with pytest.raises(UsageError, match="int8 is True, which the format 'python' does not have"):
        export(model, folder / "a.py", int8=True)
    with pytest.raises(UsageError, match="input is 'picture', which the format 'python' does not have"):
        export(model, folder / "a.py", input="picture")
    with pytest.raises(OutputError, match="there is no folder"):
        export(model, folder / "none" / "a.py", data=data)
    other = LabelledImages(np.zeros((2, 1, 9, 9), np.uint8), np.array([0, 1]), model.class_names, "other")
    with pytest.raises(convlens.DataError, match="9"):
        export(model, folder / "a.py", data=other)
    assert names(folder) == []
    assert format_of(Path("A.PY")).name == "python"


def test_a_format_says_what_it_is():
    for name, kind in FORMATS.items():
        assert isinstance(kind, ExportFormat)
        assert kind.name == name
        assert kind.help[0].islower()
        assert not kind.help.endswith(".")
