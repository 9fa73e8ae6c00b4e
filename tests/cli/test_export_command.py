"""`convlens export`: where it writes, what it is proved with, and what it refuses."""

import inspect
from pathlib import Path

import pytest

from convlens.cli.export_command import export_command
from convlens.exports import FORMATS, export
from convlens.trained_model import load_model


def test_a_run_becomes_a_file_with_its_name(convlens, trained_run):
    ran = convlens("export", trained_run, "--to", "html")
    assert ran.code == 0, ran.err
    written = Path("first.html")
    first, proof = ran.out.splitlines()
    assert first == f"first.html: {written.stat().st_size:,} bytes"
    assert proof.startswith("Proof: same answers as the model on ")
    assert ran.err == ""
    assert "<title>first · Convlens</title>" in written.read_text(encoding="utf-8")


def test_json_says_the_same(convlens, trained_run):
    (result,) = convlens("export", trained_run, "--to", "python", "--out", "mine.py", "--prove", "7", "--json").lines
    assert (result["file"], result["bytes"]) == ("mine.py", Path("mine.py").stat().st_size)
    assert result["proof"]["images"] == 7 + 6  # the check images are four of the data and two of noise
    assert 0 <= result["proof"]["largest_difference"] <= result["proof"]["tolerance"] == 1e-5


def test_without_images_there_is_no_proof(convlens, trained_run, monkeypatch):
    monkeypatch.setenv("CONVLENS_DATA", "nowhere")
    ran = convlens("export", trained_run, "--to", "html", "--out", "a.html")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: there are no images to prove the export with: the data that the model was trained on is not on this "
        "machine. Name images, such as --data photos/, or give --prove 0 to run the export on noise only.\n"
    )
    noise = convlens("export", trained_run, "--to", "html", "--out", "a.html", "--prove", "0", "--json")
    assert noise.lines[0]["proof"]["images"] == 2


def test_images_may_come_from_elsewhere(convlens, trained_run):
    ran = convlens("export", trained_run, "--to", "html", "--data", "tiny", "--json")
    assert ran.lines[0]["proof"]["images"] > 6
    missing = convlens("export", trained_run, "--to", "html", "--data", "mnits", "--out", "b.html")
    assert missing.code == 2
    assert "unknown dataset 'mnits'" in missing.err


def test_an_unknown_format_lists_the_known_ones(convlens, trained_run):
    ran = convlens("export", trained_run, "--to", "pdf")
    known = "; ".join(f"{name}, {kind.help}" for name, kind in FORMATS.items())
    assert (ran.code, ran.err) == (2, f"error: --to 'pdf' is not known; give {known}.\n")


def test_an_existing_file_is_kept_unless_forced(convlens, trained_run):
    Path("a.html").write_text("mine", encoding="utf-8")
    arguments = ("export", trained_run, "--to", "html", "--out", "a.html")
    ran = convlens(*arguments)
    assert (ran.code, Path("a.html").read_text(encoding="utf-8")) == (1, "mine")
    assert ran.err == "error: a.html exists already. Give another name, or --force to replace it.\n"
    assert convlens(*arguments, "--force").code == 0
    assert Path("a.html").stat().st_size > 10_000


def test_a_format_has_only_its_options(convlens, trained_run):
    ran = convlens("export", trained_run, "--to", "html", "--int8")
    assert (ran.code, ran.err) == (
        2,
        "error: --int8 is True, which the format 'html' does not have. Leave it out.\n",
    )
    assert load_model(trained_run).class_names == tuple("0123456789")


def test_the_preparation_of_pictures_is_written_beside_a_model(convlens, trained_run):
    pytest.importorskip("onnxruntime")
    arguments = ("export", trained_run, "--to", "onnx", "--out", "a.onnx", "--prove", "7")
    refused = convlens(*arguments, "--input", "picture")
    assert refused.code == 2
    assert refused.err.endswith("Leave it out, and give --prepare for a Python file that does.\n")
    ran = convlens(*arguments, "--prepare")
    assert (ran.code, ran.err) == (0, "")
    first, second, proof = ran.out.splitlines()
    assert first == f"a.onnx: {Path('a.onnx').stat().st_size:,} bytes"
    assert second == "a_prepare.py: prepares pictures for it"
    prepared = "; 38 pictures prepared pixel for pixel as in Convlens; ONNX opset 17; run with "
    assert prepared in proof  # 31 drawn, 7 of the data
    again = convlens(*arguments, "--prepare")
    assert (again.code, again.err) == (
        1,
        "error: a_prepare.py exists already. Give another name, or --force to replace it.\n",
    )
    (result,) = convlens(*arguments, "--prepare", "--force", "--json").lines
    assert result["prepare"] == "a_prepare.py"
    assert result["proof"]["details"]["prepared_pictures"] == 38


@pytest.mark.parametrize("left_out", [(), ("--out", "a.html")])
def test_a_format_must_be_named(convlens, trained_run, left_out):
    ran = convlens("export", trained_run, *left_out)
    assert ran.code == 2
    assert "--to" in ran.err
    assert "convlens export --help" in ran.err


def test_the_defaults_are_those_of_python():
    by_command, in_python = (inspect.signature(one).parameters for one in (export_command, export))
    for name in ("data", "data_dir", "prove", "int8", "input", "prepare", "license", "samples", "overwrite"):
        assert by_command[name].default == in_python[name].default, name
