"""`convlens report` with models and data that it cannot use: exit codes, and one clear line."""

import json
import re
from pathlib import Path

from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, load_model


def test_something_between_the_models_that_is_none_is_named(convlens, trained_run):
    for arguments in (("runs/first", "mnist", "runs/first"), ("runs/first", "mnist", "tiny")):
        ran = convlens("report", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            "error: 'mnist' is not a model: no run folder with a model, no .safetensors file and no hf://user/name. "
            "Name the models first, then at most one dataset or folder of images.\n"
        )


def test_no_model_at_all_is_a_mistake_of_usage(convlens):
    ran = convlens("report")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert "model" in ran.err.lower()


def test_places_without_a_model_have_exit_code_4(convlens):
    for model, message in (
        ("latest", "there is no latest run"),
        ("nowhere", "nowhere: no such file or folder. Give a model file, a run folder, latest, or hf://user/name."),
        (".", "this folder contains no model.safetensors"),
    ):
        ran = convlens("report", model)
        assert (ran.code, ran.out) == (4, "")
        assert message in ran.err
    assert list(Path().glob("*.html")) == []


def test_a_damaged_model_has_exit_code_4_and_leaves_no_report(convlens, trained_run):
    file = trained_run / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    ran = convlens("report", str(trained_run))
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("error: ")
    assert "is damaged: its SHA-256 does not match" in ran.err
    assert len(ran.err.splitlines()) == 1
    file.write_bytes(content[:2000])
    ran = convlens("report", str(trained_run), "tiny")
    assert ran.code == 4
    assert "is cut short" in ran.err
    assert not (trained_run / "report.html").exists()


def test_a_model_that_answers_with_no_numbers_has_exit_code_4(convlens, trained_run):
    model = load_model(trained_run)
    for array in model.weights.values():
        array[:] = 1e30
    model.save("huge.safetensors")
    for command in (("report", "huge.safetensors"), ("evaluate", "huge.safetensors", "--json")):
        ran = convlens(*command)
        assert (ran.code, ran.out) == (4, "")
        assert ran.err == (
            "error: this model's output is NaN or infinite: its weights are too large. Train it again.\n"
        )
    assert not Path("report.html").exists()


def test_data_of_no_name_that_is_known_have_exit_code_2(convlens, trained_run):
    ran = convlens("report", str(trained_run), "tniy")
    assert (ran.code, ran.out) == (2, "")
    assert "tiny" in ran.err


def test_a_model_of_other_classes_says_both(convlens, trained_run):
    model = load_model(trained_run)
    others = tuple(f"class {number}" for number in range(10))
    TrainedModel(model.network, model.weights, model.preprocessing, others, model.facts).save("other.safetensors")
    ran = convlens("report", "other.safetensors", "tiny")
    assert ran.code == 3
    assert "this model has other classes: 10 classes (class 0, " in ran.err


def test_models_that_were_judged_on_other_images_are_not_compared(convlens, trained_run):
    network, names = Network.from_text("dense"), ("cat", "dog")
    other = TrainedModel(
        network,
        initial_weights(network, (1, 8, 8), 2, 0),
        Preprocessing((1, 8, 8), "letterbox"),
        names,
        {"data": "tiny"},
    )
    other.save("other.safetensors")
    ran = convlens("report", str(trained_run), "other.safetensors")
    assert (ran.code, ran.out) == (3, "")
    assert "this model has other classes" in ran.err


def test_a_file_by_another_program_with_nan_in_its_facts_is_refused(convlens, trained_run):
    # JSON by other programs may hold NaN, and Python reads it; the seal is computed as the format describes it.
    from convlens.trained_model import file_format

    content = (trained_run / "model.safetensors").read_bytes()
    stored, weights = file_format.decode(content, "model")
    stored["facts"]["seconds"] = float("nan")
    stored["facts"]["test"]["accuracy"] = float("inf")
    head = {name: stored[name] for name in stored if name != "sha256"}
    text = json.dumps({**head, "sha256": "0" * 64})
    text = text.replace("0" * 64, file_format.checksum(text, weights), 1)

    import safetensors.numpy

    Path("nan.safetensors").write_bytes(safetensors.numpy.save(weights, metadata={"convlens": text}))
    for command in ("evaluate", "report"):
        ran = convlens(command, "nan.safetensors", "tiny")
        assert ran.code == 4
        assert re.fullmatch(
            r"error: nan\.safetensors is damaged: the metadata: (nan|inf) is not a number in JSON.*\n", ran.err
        )
