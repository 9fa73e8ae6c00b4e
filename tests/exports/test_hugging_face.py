"""The folder for the Hugging Face Hub: its files, its card, and what it must not hold."""

import builtins
import html
import json
import re
import shutil
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import yaml
from markdown_it import MarkdownIt
from PIL import Image
from tests.exports.test_page_model import make

import convlens
from convlens import LabelledImages, ProofFailed, TrainedModel, UsageError
from convlens.calibration import Calibration
from convlens.exports import export
from convlens.exports.hugging_face import HuggingFaceFolder
from convlens.exports.hugging_face.card import escape
from convlens.files import sha256_of_file
from convlens.metrics import wilson_interval

HOSTILE = ("<script>alert(1)</script>", "a|b`c*d_e", "![x](https://example.org)", "new\nline --- # x")


@pytest.fixture(scope="module")
def light_or_dark():
    """A model of one number for one pixel, and ten images: 8 of them right, worked out by hand."""
    weights = {"1.weight": np.array([[1.0], [-1.0]], np.float32), "1.bias": np.array([-0.5, 0.5], np.float32)}
    facts = {"data": "mnist", "data_source": {"path": "/home/anna/patients", "options": {}}, "settings": {"seed": 3}}
    from convlens.preprocessing import Preprocessing

    model = TrainedModel(
        convlens.Network.from_text("dense"), weights, Preprocessing((1, 1, 1)), ("light", "dark"), facts, Calibration(2)
    )
    pixels = np.array([255, 250, 240, 230, 200, 0, 5, 10, 210, 20], np.uint8).reshape(-1, 1, 1, 1)
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 0])  # the last two are wrong
    return model, LabelledImages(pixels, labels, ("light", "dark"), "pixels")


@pytest.fixture
def written(light_or_dark, tmp_path):
    model, images = light_or_dark
    folder = tmp_path / "bright"
    return export(model, folder, "huggingface", data=images, license="MIT", samples=8), folder


def parts(folder):
    """The head of the card as YAML reads it, and the text."""
    _, head, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), text


def test_the_files_of_a_folder(light_or_dark, written, tmp_path):
    model, images = light_or_dark
    exported, folder = written
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    samples = [f"samples/{number}.png" for number in range(8)]
    assert names == ["README.md", "check.safetensors", "config.json", "model.onnx", "model.safetensors", *samples]
    assert exported.bytes == sum((folder / name).stat().st_size for name in names)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["class_names"] == ["light", "dark"]
    assert config["model_sha256"] == sha256_of_file(folder / "model.safetensors")
    assert config["proof"] == exported.proof.as_dict()
    assert sorted(config["files"]) == names
    model.save(tmp_path / "run.safetensors")
    assert config["source_sha256"] == sha256_of_file(tmp_path / "run.safetensors")
    assert config["source_sha256"] != config["model_sha256"]
    assert (exported.proof.images, exported.proof.ties) == (10 + 6, 0)
    assert exported.notes == (
        "8 held-out images are in samples/, for everybody to see; samples=0 (--samples 0) leaves them out.",
    )
    assert list(exported.proof.versions) == ["convlens", "onnxruntime"]
    assert exported.proof.details == {"files": ["model.safetensors", "model.onnx"], "opset": 17}
    checked = safetensors.numpy.load_file(folder / "check.safetensors")
    by_hand = checked["images"].reshape(-1, 1) / 255 * [1.0, -1.0] + [-0.5, 0.5]
    np.testing.assert_allclose(checked["logits"], by_hand, atol=1e-6)
    shown = {int(np.asarray(Image.open(folder / name)).item()) for name in samples}
    assert shown <= set(images.images.ravel().tolist())
    loaded = convlens.load_model(folder)
    assert loaded.facts == {"data": "mnist", "settings": {"seed": 3}}
    assert b"anna" not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_head_of_the_card_is_what_the_hub_reads(written):
    """0.8 of ten images: the number that huggingface_hub finds, too."""
    from huggingface_hub import ModelCard

    head, _ = parts(written[1])
    assert (head["license"], head["library_name"], head["pipeline_tag"]) == ("mit", "convlens", "image-classification")
    assert head["tags"] == ["convlens", "image-classification", "onnx"]
    facts: Any = ModelCard.load(written[1] / "README.md").data
    (result,) = facts.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_name) == ("accuracy", 0.8, "pixels")
    assert (result.task_type, result.dataset_type) == ("image-classification", "mnist")


def test_the_card_has_the_numbers_of_the_evaluation(light_or_dark, written):
    model, images = light_or_dark
    _, text = parts(written[1])
    judged = convlens.evaluate(model, images)
    low, high = wilson_interval(8, 10)
    assert "**80.00 %** of 10 images (pixels) are classified correctly; the 95 % interval is\n49.02 to 94.33 %." in text
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert "| light | 6 | 83.3 % (43.6 to 97.0 %) | 83.3 % (43.6 to 97.0 %) |" in text
    assert "| dark | 4 | 75.0 % (30.1 to 95.4 %) | 75.0 % (30.1 to 95.4 %) |" in text
    assert [round(row.recall, 3) for row in judged.classes] == [0.833, 0.75]
    assert "The class with the lowest recall is dark: 1 of 4 images is missed (25.0 %)." in text
    assert f"The expected calibration error is {judged.calibration_error * 100:.2f} %." in text
    assert "- With only 10 images, the accuracy may be anywhere from 49.0 to 94.3 %. Evaluate on more images." in text
    assert "- These images could not be compared with the training images" in text
    assert "| data | mnist: MNIST handwritten digits; licence of the data: CC BY-SA 3.0 (Yann LeCun" in text
    assert "model.safetensors and model.onnx were run after they were written: same answers as the model on 16" in text
    assert '"seed": 3' in text
    assert text.endswith("## Licence\n\nmit\n")


def test_the_code_in_the_card_runs(light_or_dark, written, capsys, monkeypatch, tmp_path):
    """With the folder instead of a download; a name of the Hub is tried in hub/test_pushing.py."""
    model, _ = light_or_dark
    _, folder = written
    _, text = parts(folder)
    first, second = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    Image.open(folder / "samples/0.png").save(tmp_path / "picture.png")
    for code in (first.replace("hf://USER/NAME", str(folder)), second):
        code = code.replace('snapshot_download("USER/NAME")', f"{str(folder)!r}")
        code = code.replace('"picture.png"', repr(str(tmp_path / "picture.png")))
        exec(compile(code, "card", "exec"), {"__builtins__": builtins})
    said = capsys.readouterr().out.split()
    pixel = np.asarray(Image.open(folder / "samples/0.png")).reshape(1, 1, 1, 1)
    (expected,) = model.predict(pixel).labels
    assert said[-2] == expected
    assert float(said[-1]) == pytest.approx(model.predict_proba(pixel).max(), abs=1e-5)


def test_the_card_shows_how_pictures_are_prepared(light_or_dark, capsys, monkeypatch, tmp_path):
    model, images = light_or_dark
    folder = tmp_path / "bright-1"
    exported = export(model, folder, "huggingface", data=images, samples=8, prepare=True)
    preparing = folder / "bright_1_prepare.py"
    assert exported.prepare == preparing
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert f"the SHA-256 {config['model_sha256']}." in preparing.read_text(encoding="utf-8")
    assert "/home/anna" not in preparing.read_text(encoding="utf-8")
    assert "give prepared.pixels[None] to the model\n" in preparing.read_text(encoding="utf-8")
    assert config["files"][-1] == preparing.name
    assert config["proof"]["details"]["prepared_pictures"] > 31
    _, text = parts(folder)
    assert "`bright_1_prepare.py` makes them of pictures of any size" in text
    _, code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[4:] = (250, 240, 255)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.delitem(sys.modules, "bright_1_prepare", raising=False)
    code = code.replace('snapshot_download("USER/NAME")', f"{str(folder)!r}")
    exec(compile(code.replace('"picture.png"', repr(str(tmp_path / "picture.png"))), "card", "exec"), {})
    said = capsys.readouterr().out.split()
    (expected,) = model.predict([tmp_path / "picture.png"])
    assert said[-2] == expected.class_name == "light"
    assert float(said[-1]) == pytest.approx(expected.probability, abs=1e-5)


NOTES = ["1 file skipped, not an image: anna_kowalski_1951.png", "rules for new images: digits"]
"""As the import of a folder writes them."""


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"data": "mnist"}, True),
        ({"data": "mnist", "data_source": {"path": "/home/anna/mnist", "options": {}}}, False),
        ({"data": "patients"}, False),
        ({}, False),
    ],
)
def test_notes_on_your_own_files_stay_on_this_machine(light_or_dark, tmp_path, facts, kept):
    model = replace(light_or_dark[0], facts={**facts, "notes": NOTES})
    export(model, tmp_path / "a", "huggingface", prove=0)
    content = b"".join(path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert (b"kowalski" in content) == kept
    assert convlens.load_model(tmp_path / "a").facts.get("notes") == (NOTES if kept else None)
    assert model.facts["notes"] == NOTES


@pytest.mark.parametrize("data", ["images", "folder", "its own folder"])
def test_your_own_images_are_stored_only_if_you_say_so(light_or_dark, tmp_path, data):
    model, given = light_or_dark
    own, count, known = replace(model, facts={"data": "pixels"}), 10, given
    if data != "images":
        own = make("dense", (1, 16, 16), 2, {"data": "pets"})
        for place in range(16):
            (tmp_path / "pets" / str(place % 2)).mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(place).integers(0, 256, (16, 16), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / str(place % 2) / f"{place}.png")
        options = convlens.ImportOptions(size=16, channels=1, test_share=0.5, validation_share=0)
        source = {"path": str(tmp_path / "pets"), "options": options.as_dict()}
        own = replace(own, facts={"data": "pets", "data_source": source}) if data == "its own folder" else own
        known, count = {"folder": tmp_path / "pets", "its own folder": None}[data], 16 if data == "folder" else 8
    exported = export(own, tmp_path / "a", "huggingface", data=known, license="mit", data_dir=tmp_path)
    assert exported.proof.images == count + 2
    assert len(safetensors.numpy.load_file(tmp_path / "a" / "check.safetensors")["images"]) == 2
    assert not (tmp_path / "a" / "samples").exists()
    assert f"of {count} images" in parts(tmp_path / "a")[1]
    (said,) = exported.notes
    assert said.startswith("None of the held-out images is in the folder, because they may be yours alone; samples=8 (")
    export(own, tmp_path / "b", "huggingface", data=known, samples=3, data_dir=tmp_path)
    assert len(list((tmp_path / "b" / "samples").iterdir())) == 3


@pytest.mark.parametrize(("learned", "data"), [("tiny", None), ("tiny", "tiny"), ("patients", "tiny")])
def test_images_of_a_known_dataset_are_shown(tiny, tmp_path, learned, data):
    model = make("dense", (1, 8, 8), 10, {"data": learned})
    exported = export(model, tmp_path / "a", "huggingface", data=data, prove=5)
    assert len(list((tmp_path / "a" / "samples").iterdir())) == 8
    assert (
        exported.notes[-1]
        == "8 held-out images are in samples/, for everybody to see; samples=0 (--samples 0) leaves them out."
    )
    assert len(safetensors.numpy.load_file(tmp_path / "a" / "check.safetensors")["images"]) == 6


def test_without_held_out_images_there_are_no_numbers(light_or_dark, tmp_path):
    model, _ = light_or_dark
    exported = export(model, tmp_path / "a", "huggingface", prove=0)
    head, text = parts(tmp_path / "a")
    assert "model-index" not in head
    assert "license" not in head
    assert "The accuracy was not measured: there were no held-out images when this folder was written." in text
    assert "No licence is named, so the usual copyright applies." in text
    assert not (tmp_path / "a" / "samples").exists()
    assert exported.notes == ("No licence is named; the option license names one, such as mit.",)


def test_an_accuracy_that_the_training_measured_says_so(light_or_dark, tmp_path):
    model, _ = light_or_dark
    known = TrainedModel(
        model.network, model.weights, model.preprocessing, model.class_names,
        {"data": "mnist", "test": {"accuracy": 0.95, "correct": 95, "total": 100}},
    )  # fmt: skip
    export(known, tmp_path / "a", "huggingface", prove=0)
    head, text = parts(tmp_path / "a")
    assert head["model-index"][0]["results"][0]["metrics"][0]["value"] == 0.95
    assert "**95.00 %** of 100 images (mnist test)" in text
    assert "This was measured at the end of the training." in text


def test_no_held_out_image_is_stored_if_none_is_wanted(light_or_dark, tmp_path):
    model, images = light_or_dark
    exported = export(model, tmp_path / "a", "huggingface", data=images, samples=0)
    assert exported.proof.images == 10 + 2
    checked = safetensors.numpy.load_file(tmp_path / "a" / "check.safetensors")["images"]
    assert len(checked) == 2
    assert not (tmp_path / "a" / "samples").exists()
    assert "**80.00 %** of 10 images" in parts(tmp_path / "a")[1]
    assert not any("samples" in note for note in exported.notes)


def test_without_the_onnx_packages_the_rest_is_written(light_or_dark, tmp_path, monkeypatch):
    model, images = light_or_dark
    monkeypatch.setattr("convlens.exports.requirements.find_spec", lambda name: None if name == "onnx" else object())
    exported = export(model, tmp_path / "a", "huggingface", data=images)
    assert not (tmp_path / "a" / "model.onnx").exists()
    assert list(exported.proof.versions) == ["convlens"]
    assert exported.proof.details == {"files": ["model.safetensors"]}
    assert exported.notes[0] == "There is no model.onnx, which needs two more packages: pip install 'convlens[onnx]'"
    head, text = parts(tmp_path / "a")
    assert "onnx" not in head["tags"]
    assert "`pip install 'convlens[onnx]'`, and export again." in text
    assert "model.onnx" not in text
    assert "model.safetensors was run after it was written" in text


def test_names_cannot_break_the_card(tmp_path):
    model = replace(make("dense", (3, 2, 2), 4), class_names=HOSTILE, facts={"data": "x: [y\n---\n", "notes": ["<b>"]})
    images = LabelledImages(np.arange(48, dtype=np.uint8).reshape(4, 3, 2, 2), np.arange(4), HOSTILE, "a: b|\n# c")
    export(model, tmp_path / "a", "huggingface", data=images, samples=8, name='d"e: <i>')
    head, text = parts(tmp_path / "a")
    assert head["model-index"][0]["name"] == 'd"e: <i>'
    assert json.loads((tmp_path / "a" / "config.json").read_text(encoding="utf-8"))["class_names"] == list(HOSTILE)
    assert head["model-index"][0]["results"][0]["dataset"]["name"] == "a: b|\\n# c"
    assert not re.search(r"<(?!/?details|/?summary)", text.replace("<s>", ""))
    assert "](https" not in text.replace("\\]", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 4, 5}
    assert all(line.isprintable() for line in text.splitlines())
    assert np.asarray(Image.open(tmp_path / "a" / "samples/0.png")).shape == (2, 2, 3)
    assert "pixels.transpose(2, 0, 1)[None]  # uint8, N×3×2×2" in text


def test_every_mark_is_escaped():
    assert escape("a_b # c\n") == r"a\_b \# c\\n"
    assert escape("2) a - b") == r"2\) a - b"
    assert escape("    code") == "code"
    assert escape("HTTPS://a.bc, WWW.a.bc, a@b.cc") == "HTTPS:&#8288;//a.bc, WWW&#8288;.a.bc, a@&#8288;b.cc"
    assert escape("a: b / c, wwwx") == "a: b / c, wwwx"


@pytest.mark.parametrize("first", ["- a", "+ a", "1. x", "12) x", "=", "---", "    code"])
def test_no_name_begins_a_list_or_a_heading(light_or_dark, tmp_path, first):
    """As another program reads the card: the same lists and headings as with ordinary names."""

    def blocks(name, folder):
        model = replace(light_or_dark[0], class_names=(name, "dark"), facts={"data": "mnist", "notes": [name]})
        export(model, tmp_path / folder, "huggingface", prove=0, name=name)
        return [token.type for token in MarkdownIt().parse(parts(tmp_path / folder)[1])]

    assert blocks(first, "a") == blocks("light", "b")


@pytest.mark.parametrize("name", ["https://example.org/x", "ftp://example.org", "www.example.org", "me@example.org"])
def test_no_name_becomes_a_link_by_itself(light_or_dark, tmp_path, name):
    """Neither in the text as it is, nor after entities are resolved, where some programs look for addresses."""
    model = replace(light_or_dark[0], class_names=(name, "dark"), facts={"data": "mnist", "notes": [name]})
    images = replace(light_or_dark[1], class_names=model.class_names)
    export(model, tmp_path / "a", "huggingface", data=images, samples=8, name=name)
    text = parts(tmp_path / "a")[1]
    text = text.replace("hf://USER/NAME", "")
    assert not re.search(r"://|www\.|@\w", text)
    assert not re.search(r"://|www\.|@\w", html.unescape(text))
    assert name in html.unescape(text).replace("\u2060", "").replace("\\", "")


def test_many_classes_are_cut_short(tmp_path):
    """At 30 in the sentence and in the table; one more, and five more."""
    for classes, more, left_out in ((31, "1 more", "1 other is left out"), (35, "5 more", "5 others are left out")):
        model = make("dense", (1, 2, 2), classes)
        images = LabelledImages(np.zeros((classes, 1, 2, 2), np.uint8), np.arange(classes), model.class_names, "pixels")
        export(model, tmp_path / str(classes), "huggingface", data=images)
        text = parts(tmp_path / str(classes))[1]
        assert f"This model sorts images into {classes} classes: 0, 1, 2, " in text
        assert f", 28, 29, and {more} (`config.json` has all).\n" in text
        assert f"The table has the 30 classes with the lowest recall; {left_out}.\n" in text


class Swapped(HuggingFaceFolder):
    """A fault in one file alone: the names in config.json."""

    def write(self, contents, path, proof):
        super().write(contents, path, proof)
        text = (path / "config.json").read_text(encoding="utf-8")
        (path / "config.json").write_text(text.replace('"light",\n  "dark"', '"dark",\n  "light"'), encoding="utf-8")


class OtherOnnx(HuggingFaceFolder):
    """A fault in one file alone: the ONNX file is that of another model."""

    def write(self, contents, path, proof):
        super().write(contents, path, proof)
        weights = {**contents.model.weights, "1.bias": np.array([-0.5, 0.51], np.float32)}
        other = path.with_name("other")
        super().write(replace(contents, model=replace(contents.model, weights=weights)), other, proof)
        (other / "model.onnx").replace(path / "model.onnx")
        shutil.rmtree(other)


def test_the_proof_has_the_larger_difference(light_or_dark, tmp_path, monkeypatch):
    """Of a logit that is 0.01 larger, at temperature 2: up to 0.00125 in a probability."""
    model, images = light_or_dark
    monkeypatch.setattr(OtherOnnx, "tolerance", 0.01)
    monkeypatch.setitem(convlens.exports.FORMATS, "huggingface", OtherOnnx())
    proof = export(model, tmp_path / "a", "huggingface", data=images).proof
    assert 0.0008 < proof.largest_difference < 0.00126


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Swapped(), "class_names in config.json is not that of model.safetensors"),
        (OtherOnnx(), "a probability of image"),
    ],
)
def test_a_fault_in_one_file_is_found(light_or_dark, tmp_path, monkeypatch, kind, reason):
    model, images = light_or_dark
    monkeypatch.setitem(convlens.exports.FORMATS, "huggingface", kind)
    with pytest.raises(ProofFailed, match=f"was deleted, because it does not answer like the model: {reason}"):
        export(model, tmp_path / "a", "huggingface", data=images)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"license": "my own"}, "license is 'my own'. Give the identifier of a licence, such as 'mit'"),
        ({"license": 3}, "license is 3."),
        ({"samples": -1}, "samples is -1; give a whole number of 0 or more."),
        ({"int8": True}, "int8 is True, which the format 'huggingface' does not have. Leave it out."),
    ],
)
def test_other_options_are_refused(light_or_dark, tmp_path, given, reason):
    with pytest.raises(UsageError, match=re.escape(reason)):
        export(light_or_dark[0], tmp_path / "a", "huggingface", prove=0, **given)
    with pytest.raises(UsageError, match="license is 'mit', which the format 'python' does not have"):
        export(light_or_dark[0], tmp_path / "a.py", prove=0, license="mit")
