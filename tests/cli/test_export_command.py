"""`convlens export`: where it writes, with which pictures, and what it does not know yet."""

from pathlib import Path

import pytest

from convlens.data import LabelledImages
from convlens.export import FORMATS, ExportFormat, export_html
from convlens.trained_model import TrainedModel, load_model


def test_a_run_becomes_a_file_with_its_name(convlens, trained_run):
    ran = convlens("export", trained_run, "--to", "html")
    assert ran.code == 0, ran.err
    written = Path("first.html")
    assert ran.out == f"first.html: {written.stat().st_size:,} bytes, with 60 images\n"
    assert ran.err == ""
    assert "<title>first · Convlens</title>" in written.read_text(encoding="utf-8")


def test_json_says_the_same(convlens, trained_run):
    (result,) = convlens("export", trained_run, "--to", "html", "--out", "mine.html", "--json").lines
    assert result == {"file": "mine.html", "bytes": Path("mine.html").stat().st_size, "samples": 60}


def test_without_its_data_a_model_has_no_pictures(convlens, trained_run, monkeypatch):
    monkeypatch.setenv("CONVLENS_DATA", "nowhere")
    ran = convlens("export", trained_run, "--to", "html", "--out", "a.html")
    assert ran.code == 0, ran.err
    assert "with 0 images" in ran.out
    # The command writes what the library writes.
    alone = export_html(load_model(trained_run), "b.html", name="first")
    assert Path("a.html").read_bytes() == alone.read_bytes()


def test_pictures_may_come_from_elsewhere(convlens, trained_run, monkeypatch):
    ran = convlens("export", trained_run, "--to", "html", "--data", "tiny", "--json")
    assert ran.lines[0]["samples"] == 60
    missing = convlens("export", trained_run, "--to", "html", "--data", "mnits")
    assert missing.code == 2
    assert "unknown dataset 'mnits'" in missing.err


@pytest.mark.parametrize("target", ["onnx", "torch", "pdf"])
def test_other_targets_are_not_known_yet(convlens, trained_run, target):
    ran = convlens("export", trained_run, "--to", target)
    known = "html, the page with the model inside, as one file"
    assert (ran.code, ran.err) == (2, f"error: --to '{target}' is not a known format; give --to {known}.\n")


def test_another_format_is_one_entry(convlens, trained_run, monkeypatch):
    def write_names(model: TrainedModel, path: Path, samples: LabelledImages | None, name: str) -> Path:
        path.write_text(f"{name}: {' '.join(model.class_names)}; {len(samples or ())}", encoding="utf-8")
        return path

    monkeypatch.setitem(FORMATS, "names", ExportFormat(".txt", "the classes as text", write_names))
    ran = convlens("export", trained_run, "--to", "names")
    assert ran.out == "first.txt: 30 bytes, with 60 images\n"
    assert Path("first.txt").read_text(encoding="utf-8") == "first: 0 1 2 3 4 5 6 7 8 9; 60"
    refused = convlens("export", trained_run, "--to", "pdf").err
    assert refused.endswith(
        "give --to html, the page with the model inside, as one file; names, the classes as text.\n"
    )


def test_a_target_must_be_named(convlens, trained_run):
    ran = convlens("export", trained_run)
    assert ran.code == 2
    assert "--to" in ran.err
    assert "convlens export --help" in ran.err
