"""The proof of the preparation finds faults; a model and the file beside it appear together, or not at all."""

import runpy
import signal
import subprocess
import sys
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.exports.preparation.fitted import FITTED, MNIST, contents_for, run_companion

from convlens import LabelledImages, OutputError, UsageError
from convlens.errors import ProofFailed
from convlens.exports import FORMATS, export, exporting, placing
from convlens.exports.format import ExportFormat
from convlens.exports.placing import put_in_place
from convlens.exports.preparation import proving
from convlens.exports.preparation.companion import write_companion
from convlens.exports.preparation.proof_pictures import make_proof_pictures
from convlens.exports.preparation.proving import compare, prove_preparation
from convlens.exports.proof import prove
from convlens.files import write_atomically
from convlens.pixels import encode_png
from convlens.preprocessing import prepare

PLAIN: Any = "plain"


class Plain(ExportFormat):
    """A format of one file that takes no time."""

    name: ClassVar[str] = "plain"
    suffix: ClassVar[str] = ".txt"
    help: ClassVar[str] = "one file"
    options: ClassVar[tuple[str, ...]] = ("prepare",)

    def write(self, contents, path, proof):  # noqa: ARG002
        write_atomically(path, contents.name)

    def open(self, path):
        raise AssertionError(path)

    def prove(self, contents, path, images):  # noqa: ARG002
        return prove(contents.check_answers, contents.check_answers, 1e-5)


class PlainFolder(Plain):
    """The same as a folder."""

    suffix: ClassVar[str] = ""

    def write(self, contents, path, proof):  # noqa: ARG002
        path.mkdir()
        write_atomically(path / "model.txt", contents.name)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setitem(FORMATS, "plain", Plain())
    made = tmp_path / "exports"
    made.mkdir()
    return made


MODEL = contents_for(FITTED["digit"]).model
DATA = LabelledImages(MNIST[:3, None], np.arange(3), ("a", "b", "c"), "digits")


def state(folder):
    return {path.name: path.read_text(encoding="utf-8")[:6] for path in folder.iterdir()}


NEW = {"a.txt": "new", "a_prepare.py": '"""Pre'}
OLD = {"a.txt": "old", "a_prepare.py": "old"}


def write_old(folder):
    for name in OLD:
        (folder / name).write_text("old", encoding="utf-8")


def test_both_are_written_and_proved(folder):
    written = export(MODEL, folder / "a.txt", PLAIN, data=DATA, prepare=True, name="new")
    assert state(folder) == NEW
    assert written.prepare == folder / "a_prepare.py"
    assert written.bytes == 3
    count = len(make_proof_pictures(DATA.images))
    assert written.proof.details == {"prepared_pictures": count}
    assert f"; {count} pictures prepared pixel for pixel as in Convlens; " in f"{written.proof}; "
    assert f"Proof: {count} pictures had the same pixels" in (folder / "a_prepare.py").read_text(encoding="utf-8")
    assert export(MODEL, folder / "b.txt", PLAIN, prove=0).prepare is None


def test_a_folder_has_it_inside(folder, monkeypatch):
    monkeypatch.setitem(FORMATS, "plain", PlainFolder())
    written = export(MODEL, folder / "a", PLAIN, prove=0, prepare=True)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert {path.name for path in (folder / "a").iterdir()} == {"model.txt", "a_prepare.py"}
    assert written.prepare == folder / "a" / "a_prepare.py"
    assert written.bytes > 10_000


FAULTS = {
    "digit": [
        ("_FILL = 20 / 28", "_FILL = 19 / 28"),
        ("Image.Resampling.HAMMING", "Image.Resampling.BICUBIC"),
        ("_WINDOW = 0.42", "_WINDOW = 0.3"),
        ("_ACROSS = 0.88", "_ACROSS = 1.1"),
        ("_UNIFORM = 0.9", "_UNIFORM = 1.1"),
        ("np.uint32) + 128) // 257", "np.uint32) + 128) // 256"),
        ('"stroke": [0.', '"stroke": [1.'),
    ],
    "glyph, alike": [("_MIDDLE = 0.4", "_MIDDLE = 0.6"), ("inside[axis] - 0.5", "inside[axis] + 0.5")],
    "letterbox, colour": [
        ("middle.sum() // 2", "middle.sum() // 3"),
        ("(height - pixels.shape[0]) // 2", "(height - pixels.shape[0] + 1) // 2"),
    ],
}


def said(prepared):
    return prepared.pixels.tobytes(), prepared.notes, prepared.unlike


@pytest.mark.parametrize("name", FAULTS)
def test_a_changed_constant_is_found(tmp_path, name):
    run_companion(tmp_path, FITTED[name])
    path = tmp_path / "signs_prepare.py"
    text = path.read_text(encoding="utf-8")
    pictures = make_proof_pictures(MNIST[:8, None]).values()
    expected = [prepare(FITTED[name], source) for source in pictures]
    missed = []
    for right, wrong in FAULTS[name]:
        assert right in text
        path.write_text(text.replace(right, wrong), encoding="utf-8")
        prepare_picture = runpy.run_path(str(path))["prepare_picture"]
        found = (prepare_picture(source) for source in pictures)
        if all(said(one) == said(other) for one, other in zip(found, expected, strict=True)):
            missed.append(right)
    assert not missed


def test_every_difference_counts():
    picture = {"noise": MNIST[0]}
    right = prepare(FITTED["digit"], MNIST[0])
    pixels, texts = right.pixels[None], [[list(right.notes), list(right.unlike)]]
    compare(FITTED["digit"], picture, pixels, texts)
    wrong = pixels.copy()
    wrong[0, 0, 3, 3] ^= 1
    other: Any
    for other, words_of_it, words in (
        (wrong, texts, r"otherwise than Convlens, such as noise \(other pixels\)"),
        (pixels.astype(np.int16), texts, "other pixels"),
        (pixels[:, :, 1:], texts, "other pixels"),
        (pixels, [[["else"], []]], "other words"),
        (pixels, [[[], ["else"]]], "other words"),
        (pixels[:0], texts, "it prepared 0 of 1 picture"),
        (pixels, [], "it prepared 1 of 1 picture"),
    ):
        with pytest.raises(ProofFailed, match=words):
            compare(FITTED["digit"], picture, other, words_of_it)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import convlens", r"it cannot be run without Convlens \(ModuleNotFoundError: import of convlens halted"),
        ("import convlens.words", r"it cannot be run without Convlens \(ModuleNotFoundError: "),
        ("prepare_picture = lambda source: 1 / 0", r"it cannot be run without Convlens \(ZeroDivisionError: "),
        ("import os; os._exit(3)", r"it cannot be run without Convlens \(exit code 3\)"),
        ("import time; time.sleep(60)", r"it does not prepare 1 picture in 0\.3 s"),
    ],
)
def test_a_file_that_cannot_be_run(tmp_path, monkeypatch, code, words):
    if "sleep" in code:
        monkeypatch.setattr(proving, "LONGEST", 0.3)
    path = tmp_path / "a_prepare.py"
    path.write_text(code, encoding="utf-8")
    with pytest.raises(ProofFailed, match=words):
        prove_preparation(path, FITTED["digit"], {"digit": MNIST[0]})


def test_a_wrong_file_is_deleted_with_the_model(folder, monkeypatch):
    def write_wrong(contents, path, *arguments):
        write_companion(contents, path, *arguments)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("_FILL = 20 / 28", "_FILL = 18 / 28"), encoding="utf-8")

    monkeypatch.setattr(exporting, "write_companion", write_wrong)
    words = (
        r"a\.txt, with a_prepare\.py, was deleted, because it does not answer like the model: "
        r"it prepares \d+ of \d+ pictures otherwise than Convlens, such as .* \(other pixels\)\. Please report this\.$"
    )
    write_old(folder)
    with pytest.raises(ProofFailed, match=words):
        export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=True, overwrite=True)
    assert state(folder) == OLD


def test_the_preparation_inside_a_python_file_is_proved(folder, monkeypatch):
    kind = type(FORMATS["python"])
    write = kind.write

    def write_wrong(self, contents, path, proof):
        write(self, contents, path, proof)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("_FILL = 20 / 28", "_FILL = 18 / 28"), encoding="utf-8")

    monkeypatch.setattr(kind, "write", write_wrong)
    with pytest.raises(ProofFailed, match=r"b\.py was deleted, .*: it prepares \d+ of \d+ pictures otherwise"):
        export(MODEL, folder / "b.py", prove=0)
    assert state(folder) == {}


def test_neither_is_replaced_without_overwrite(folder):
    for name in OLD:
        (folder / name).write_text("old", encoding="utf-8")
        with pytest.raises(OutputError, match=rf"{name} exists already\. Give another name, or overwrite= to replace"):
            export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=True)
        assert state(folder) == {name: "old"}
        (folder / name).unlink()
    write_old(folder)
    export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=True, overwrite=True, name="new")
    assert state(folder) == NEW
    (folder / "a_prepare.py").unlink()
    (folder / "a_prepare.py").mkdir()
    with pytest.raises(OutputError, match=r"a_prepare\.py exists and is not a file, which 'plain' writes"):
        export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=True, overwrite=True)


@pytest.mark.parametrize("old", [{}, OLD, {"a.txt": "old"}, {"a_prepare.py": "old"}])
@pytest.mark.parametrize("failing", ["a.txt", "a_prepare.py", "neither"])
def test_both_or_none_are_moved(tmp_path, monkeypatch, old, failing):
    move = placing.move_into_place

    def fail(written, path):
        if path.name == failing:
            raise KeyboardInterrupt
        move(written, path)

    monkeypatch.setattr(placing, "move_into_place", fail)
    parts, place = tmp_path / "parts", tmp_path / "place"
    for folder, files in ((parts, OLD), (place, old)):
        folder.mkdir()
        for name in files:
            (folder / name).write_text("new" if folder == parts else "old", encoding="utf-8")
    moves = [(parts / name, place / name) for name in ("a_prepare.py", "a.txt")]
    if failing == "neither":
        put_in_place(moves, parts)
        assert state(place) == {"a.txt": "new", "a_prepare.py": "new"}
        return
    with pytest.raises(KeyboardInterrupt):
        put_in_place(moves, parts)
    assert state(place) == old


KILLED = """
import os, signal, sys
from pathlib import Path
from convlens import temporary
from convlens.exports import placing
move = placing.move_into_place
def kill(written, path):
    if path.name == "a.txt":
        os.kill(os.getpid(), signal.SIGKILL)
    move(written, path)
placing.move_into_place = kill
path = Path(sys.argv[1])
with temporary.temporary_folder(path) as folder:
    moves = [(folder / name, path.with_name(name)) for name in ("a_prepare.py", "a.txt")]
    for written, _ in moves:
        written.write_text("new")
    placing.put_in_place(moves, folder)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no signal that cannot be caught")
def test_a_killed_export_leaves_no_model_with_the_preparation_of_another(folder):
    """Killed between the two: the old model is gone, the new one is not there yet, and the next export cleans up."""
    write_old(folder)
    ran = subprocess.run([sys.executable, "-c", KILLED, str(folder / "a.txt")], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert not (folder / "a.txt").exists()
    assert (folder / "a_prepare.py").read_text(encoding="utf-8") == "new"
    export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=True, overwrite=True, name="new")
    assert state(folder) == NEW


def test_formats_that_prepare_pictures_themselves(folder):
    for name in ("python", "html"):
        with pytest.raises(UsageError, match=rf"prepare is True, but the format '{name}' prepares pictures without it"):
            export(MODEL, folder / f"a.{name}", name, prove=0, prepare=True)
    with pytest.raises(UsageError, match="prepare is 1"):
        export(MODEL, folder / "a.txt", PLAIN, prove=0, prepare=1)  # pyright: ignore[reportArgumentType]
    assert state(folder) == {}


def test_a_graph_that_prepares_pictures_needs_no_file(folder):
    pytest.importorskip("onnxruntime")
    model = contents_for(FITTED["letterbox, colour"]).model
    with pytest.raises(UsageError, match="prepare is True, but with the input 'picture' the graph itself prepares"):
        export(model, folder / "a.onnx", input="picture", prepare=True, prove=0)
    with pytest.raises(UsageError, match="Leave it out, and give prepare= for a Python file that does") as refused:
        export(MODEL, folder / "a.onnx", input="picture", prove=0)
    assert "give --prepare for a Python file" in refused.value.named(lambda name: f"--{name}")
    written = export(MODEL, folder / "a.onnx", prepare=True, prove=0)
    assert {path.name for path in folder.iterdir()} == {"a.onnx", "a_prepare.py"}
    assert written.proof.details["prepared_pictures"] > 30


def test_a_python_file_predicts_pictures(folder, capsys):
    """Answers as `predict` gives them: a class, or unknown for what is unlike the training images."""
    written = export(MODEL, folder / "a.py", prove=0)
    assert written.proof.details["prepared_pictures"] > 30
    file = runpy.run_path(str(written.path))
    found, expected = [], []
    for place, (name, source) in enumerate(make_proof_pictures(MNIST[:4, None]).items()):
        path = folder / f"{place}.png"
        path.write_bytes(source if isinstance(source, bytes) else encode_png(source))
        prediction = MODEL.predict(path)
        expected.append("unknown" if prediction.why_unknown else prediction.class_name)
        found.append(file["MODEL"].predict_picture(path))
        if name == "light on dark":
            assert file["main"](file["MODEL"], [str(path), str(folder / "no.png"), str(path)]) == 1
            out, err = capsys.readouterr()
            assert out == f"{path}: {expected[-1]}\n" * 2
            assert err == f"{folder / 'no.png'} does not exist: check the path.\n"
    assert found == expected
    assert {"unknown", *MODEL.class_names} >= set(found) > {"unknown"}
