"""Uploading to the Hugging Face Hub, against a stand-in on this machine."""

import hashlib
import inspect
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from tests.exports.hub.hub_stand_in import READER, WRITER, line_of, refuse
from tests.hostile.test_public_calls import FEW, ODD, try_odd_values

from convlens import (
    HubError,
    ProofFailed,
    UsageError,
    load_model,
    push_to_hub,
)
from convlens.cli.main import run
from convlens.errors import MissingDependency
from convlens.exports import Pushed

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # huggingface_hub's own call


def test_a_model_goes_to_the_hub_and_comes_back(hub, model, data):
    pushed = push_to_hub(model, "anna/pets", data=data, private=True, license="mit", samples=8)
    repository = hub.repositories["anna/pets"]
    assert repository.private
    assert repository.messages == ["Upload a model with Convlens"]
    assert pushed.notes == (
        "8 held-out images are in samples/, for everybody to see; samples=0 (--samples 0) leaves them out.",
    )
    assert (pushed.url, pushed.commit) == (f"{hub.url}/anna/pets", repository.branches["main"])
    assert {"README.md", "config.json", "model.safetensors", "samples/0.png"} <= set(repository.files)
    card = repository.files["README.md"].decode()
    assert 'load_model("hf://anna/pets")' in card
    assert "USER/NAME" not in card
    loaded = load_model("hf://anna/pets")
    np.testing.assert_array_equal(loaded.logits(data.images), model.logits(data.images))
    assert (loaded.class_names, loaded.calibration) == (model.class_names, model.calibration)
    assert b"/home/anna" not in b"".join(repository.files.values())
    assert load_model(f"hf://anna/pets@{pushed.commit}").class_names == model.class_names
    assert load_model(Path("hf://anna/pets")).class_names == model.class_names


def test_your_own_images_are_not_uploaded_unless_you_say_so(hub, model, data):
    data = replace(data, images=255 - data.images)  # drawn from the seed of the noise in check.safetensors
    pushed = push_to_hub(model, "anna/pets", data=data, license="mit")
    files = hub.repositories["anna/pets"].files
    assert not any(name.startswith("samples/") for name in files)
    pixels = safetensors.numpy.load(files["check.safetensors"])["images"]
    assert not set(map(bytes, pixels)) & set(map(bytes, data.images))
    assert pushed.notes[0].startswith("None of the held-out images is in the folder, because they may be yours alone;")
    again = push_to_hub(model, "anna/pets", data=data, license="mit")
    assert len(again.notes) == 2
    assert again.notes[1].startswith("This upload replaces README.md and config.json of anna/pets.")


def test_a_folder_replaces_what_an_earlier_upload_left(hub, folder, prepared_folder, tmp_path, monkeypatch):
    """And nothing else: files like those of Convlens that others made stay there."""
    names = ["notes.md", "tools/data_prepare.py", "mine_prepare.py", "tools/README.md"]
    mine = dict.fromkeys([*names, "samples/cat.png", "samples/99.png", "samples/a/1.png"], b"mine")
    hub.put("anna/pets", mine)
    first = push_to_hub(prepared_folder, "anna/pets")
    assert first.notes == ()
    repository = hub.repositories["anna/pets"]
    assert {"model.onnx", "samples/7.png", "pets_prepare.py"} <= set(repository.files)
    other = tmp_path / "other"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("model.onnx", "7.png"))
    (other / "README.md").write_text("---\nlicense: mit\n---\nMy own words on USER/NAME.\n", encoding="utf-8")
    (other / ".DS_Store").write_bytes(b"")
    (other / "more.md").write_text("USER/NAME", encoding="utf-8")
    monkeypatch.delenv("HF_TOKEN")
    again = push_to_hub(other, "anna/pets", commit_message="Again", token=WRITER)
    assert again.notes == (
        "This upload replaces README.md and config.json of anna/pets. Its history keeps what was there.",
    )
    assert repository.messages[-1] == "Again"
    assert repository.files["more.md"] == b"USER/NAME"
    here = {path.relative_to(other).as_posix() for path in other.rglob("*.*")} - {".DS_Store"}
    assert not {"model.onnx", "samples/7.png", "pets_prepare.py"} & here
    assert set(repository.files) == {*mine, *here}
    assert {name: repository.files[name] for name in mine} == mine
    assert repository.files["README.md"].decode().endswith("My own words on anna/pets.\n")


@pytest.mark.parametrize(
    "config",
    [b'{"files": ["notes.md", "../a", 3, "model.onnx/x"]}', b'{"files": "notes.md"}', b"[]", b"\xff", b"[" * 9999],
)
def test_a_config_of_another_program_removes_nothing(hub, folder, config):
    hub.put("anna/pets", {"config.json": config, "notes.md": b"mine", "model.bin": b"mine"})
    push_to_hub(folder, "anna/pets")
    assert {"notes.md", "model.bin"} <= set(hub.repositories["anna/pets"].files)


@pytest.mark.parametrize("change", ["other code", "none", "another's"])
def test_a_changed_file_that_prepares_pictures_is_not_uploaded(hub, prepared_folder, tmp_path, change):
    changed = tmp_path / "changed"
    shutil.copytree(prepared_folder, changed)
    preparing = changed / "pets_prepare.py"
    text = preparing.read_text(encoding="utf-8")
    assert "\nProof: " in text
    if change == "other code":
        preparing.write_text(text + "import this\n", encoding="utf-8")
    elif change == "another's":
        preparing.write_text(text.replace('"model_sha256": "', '"model_sha256": "0'), encoding="utf-8")
    else:
        preparing.unlink()
    said = "is missing" if change == "none" else "was changed, or was written by other versions of Convlens, NumPy or"
    with pytest.raises(ProofFailed, match=f"^{changed} was not uploaded: pets_prepare.py {said}") as error:
        push_to_hub(changed, "anna/pets")
    assert line_of(error).endswith("Export the model again.")
    assert hub.asked == []


def test_a_pull_request_and_another_branch_leave_the_main_branch_alone(hub, folder):
    hub.put("anna/pets", {"README.md": b"old"})
    pushed = push_to_hub(folder, "anna/pets", create_pr=True)
    repository = hub.repositories["anna/pets"]
    said = "This upload replaces README.md of anna/pets. Its history keeps what was there."
    assert pushed == Pushed(f"{hub.url}/anna/pets/discussions/1", repository.branches["refs/pr/1"], (said,))
    assert repository.files == {"README.md": b"old"}
    with pytest.raises(HubError, match=r"^anna/pets was not uploaded: there is no such revision") as error:
        push_to_hub(folder, "anna/pets", revision="v2")
    assert line_of(error)
    config = b'{"files": ["samples/99.png"]}'
    repository.commit({"samples/99.png": b"old", "samples/98.png": b"mine", "config.json": config}, "v2")
    push_to_hub(folder, "anna/pets", revision="v2")
    there = repository.commits[repository.branches["v2"]]
    assert "samples/98.png" in there
    assert "samples/99.png" not in there
    assert repository.files == {"README.md": b"old"}


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("config.json", '"0"', '"zero"', "class_names in config.json is not that of model.safetensors"),
        ("config.json", '"threshold": 0.35', '"threshold": 0.3', "calibration in config.json is not"),
        ("config.json", '"model_sha256": "', '"model_sha256": "0', "model.safetensors has another SHA-256 than"),
        ("config.json", "{", "[", "it cannot be run (JSONDecodeError"),
    ],
)
def test_a_folder_that_was_changed_is_not_uploaded(hub, folder, tmp_path, file, old, new, reason):
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    text = (changed / file).read_text(encoding="utf-8")
    assert old in text
    (changed / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProofFailed, match=re.escape(f"{changed} was not uploaded: {reason}")) as error:
        push_to_hub(changed, "anna/pets")
    assert line_of(error).endswith("Export the model again.")
    assert hub.asked == []


def test_a_folder_with_other_check_images_is_not_uploaded(hub, folder, tmp_path):
    """The files of the model agree with each other, but not with the check images."""
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    arrays = safetensors.numpy.load_file(changed / "check.safetensors")
    arrays["logits"] = arrays["logits"][:, ::-1].copy()
    safetensors.numpy.save_file(arrays, changed / "check.safetensors")
    with pytest.raises(ProofFailed, match="was not uploaded: a probability of image"):
        push_to_hub(changed, "anna/pets")
    assert hub.asked == []


def test_a_folder_without_a_proof_is_not_uploaded(hub, folder, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    config = json.loads((changed / "config.json").read_text(encoding="utf-8"))
    (changed / "config.json").write_text(json.dumps(config | {"proof": None}), encoding="utf-8")
    with pytest.raises(ProofFailed, match=r"was not uploaded: it was never proved\. Export the model again\."):
        push_to_hub(changed, "anna/pets")
    assert hub.asked == []


def test_nothing_is_uploaded_before_the_proof(hub, model, data, monkeypatch):
    from convlens.exports.hugging_face import HuggingFaceFolder

    monkeypatch.setattr(HuggingFaceFolder, "tolerance", -1.0)
    with pytest.raises(ProofFailed):
        push_to_hub(model, "anna/pets", data=data)
    assert hub.asked == []
    assert hub.repositories == {}


@pytest.mark.parametrize(
    ("token", "name", "faults", "reason"),
    [
        (None, "anna/pets", {}, "there is no token to upload anna/pets with. Make one with the right to write, in"),
        ("hf_wrong", "anna/pets", {}, r"refuses access (401: Invalid username or password.). Check the rights of"),
        (READER, "anna/pets", {}, "refuses access (403: You don't have the rights to create a model under anna)."),
        (WRITER, "berta/pets", {}, "refuses access (403: You don't have the rights to create a model under berta)."),
        (WRITER, "anna/pets", {"commit": refuse(500, message="Oh no")}, "answered 500: Oh no. Try again later."),
        (
            WRITER,
            "anna/pets",
            {"PUT": refuse(413, message="Too large")},
            "answered 413: Too large. Check repo_id, revision or license.",
        ),
        (WRITER, "anna/pets", {"create": refuse(429)}, "answered 429: Too Many Requests. Try again later."),
        (WRITER, "anna/pets", {"create": lambda _: None}, "cannot be reached, or broke off (RemoteProtocolError"),
        (WRITER, "anna/pets", {"preupload": lambda handler: handler.answer(b"<html>")}, "broke off (JSONDecodeError"),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_line(hub, folder, monkeypatch, token, name, faults, reason):
    if token is None:
        monkeypatch.delenv("HF_TOKEN")
    else:
        monkeypatch.setenv("HF_TOKEN", token)
    hub.faults |= faults
    with pytest.raises(HubError, match=re.escape(reason)) as error:
        push_to_hub(folder, name)
    assert name in line_of(error)
    assert token is not None or hub.asked == []


def test_a_licence_that_the_hub_does_not_know_is_named_by_it(hub, model):
    with pytest.raises(HubError, match=r'refuses it \(.*"license" must be one of \[.*\]\). Check license\.$') as error:
        push_to_hub(model, "anna/pets", prove=0, license="beerware")
    assert "anna/pets was not uploaded" in line_of(error)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("latest", "anna/pets"), "latest is not a folder that convlens.export(model, path, 'huggingface') wrote."),
        (("folder", "pets"), "repo_id is 'pets'. Give user/name, or organisation/name."),
        (("folder", "anna/pe--ts"), "repo_id is 'anna/pe--ts'."),
        (("folder", None), "repo_id is None."),
    ],
)
def test_wrong_arguments_are_named(hub, folder, arguments, reason):
    given = [folder if one == "folder" else one for one in arguments]
    with pytest.raises(UsageError, match=re.escape(reason)):
        push_to_hub(*given)
    with pytest.raises(UsageError, match="license was given with a folder, which is uploaded as it is") as error:
        push_to_hub(folder, "anna/pets", license="mit")
    assert error.value.argument == "license"
    assert hub.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("data", np.zeros((2, 1, 8, 8), np.uint8)), ("data", [np.zeros((8, 8))]), ("prepare", np.bool_(True))),
        *(("data_dir", "data"), ("samples", 8), ("prove", np.arange(2))),
    ],
)
def test_what_a_folder_has_already_cannot_be_given_with_it(hub, folder, name, value):
    with pytest.raises(UsageError, match=f"^{name} was given with a folder, which is uploaded as it is") as error:
        push_to_hub(folder, "anna/pets", **{name: value})
    assert error.value.argument == name
    assert hub.asked == []


def test_a_public_repository_gets_nothing_that_should_be_private(hub, folder):
    files = {"README.md": b"old"}
    repository = hub.put("anna/pets", files)
    with pytest.raises(
        UsageError, match=r"^private is True, but anna/pets exists already and is public\. Not"
    ) as error:
        push_to_hub(folder, "anna/pets", private=True)
    assert error.value.argument == "private"
    assert repository.files == files
    assert hub.large.keys() == {hashlib.sha256(b"old").hexdigest()}
    push_to_hub(folder, "anna/pets", private=False)
    assert "model.safetensors" in repository.files
    hub.put("anna/dogs", files, private=True)
    push_to_hub(folder, "anna/dogs", private=True)
    assert "model.safetensors" in hub.repositories["anna/dogs"].files


@pytest.fixture
def command(capsys):
    """A function: arguments → exit code, output, errors."""

    def call(*arguments):
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_commands_take_an_address(hub, command, model, data):
    hub.put("anna/pets", {"model.safetensors": model.to_bytes()})
    code, out, err = command("export", "hf://anna/pets", "--to", "python", "--prove", "0", "--json")
    assert code == 0, err
    assert (code, json.loads(out)["file"]) == (0, "pets.py")
    assert command("export", "hf://anna/cats", "--to", "python", "--prove", "0")[:2] == (4, "")
    assert command("predict", "hf://pets", "pets.png") == (
        2,
        "",
        "error: hf://pets is not the address of a model. Give hf://user/name, or hf://user/name@revision.\n",
    )
    code, out, err = command("export", "hf://anna/pets", "--to", "huggingface", "--prove", "0", "--push", "anna/copy")
    assert code == 0, err
    assert out.splitlines()[-1] == f"Uploaded: {hub.url}/anna/copy"
    assert json.loads(hub.repositories["anna/copy"].files["config.json"])["name"] == "copy"
    assert [path.name for path in Path().iterdir()] == ["pets.py"]
    for arguments, reason in (
        (("--to", "onnx", "--push", "anna/copy"), "--push uploads what --to huggingface writes, not 'onnx'."),
        (("--to", "huggingface", "--private"), "--private is for --push."),
        (("--to", "huggingface", "--push", "copy"), "--push is 'copy'. Give user/name, or organisation/name."),
    ):
        code, out, err = command("export", "hf://anna/pets", *arguments)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {reason}")


def test_without_the_package_one_line_says_what_to_install(monkeypatch, folder):
    monkeypatch.setattr("convlens.trained_model.hub.find_spec", lambda _: None)
    for does in (lambda: load_model("hf://anna/pets"), lambda: push_to_hub(folder, "anna/pets")):
        with pytest.raises(MissingDependency, match=r"needs huggingface_hub, .* pip install 'convlens\[hub\]'"):
            does()


@pytest.mark.parametrize("kind", ["model", "folder"])
def test_odd_arguments_of_an_upload(hub, model, data, folder, kind):
    arguments = {
        "private": True,
        "token": WRITER,
        "revision": None,
        "commit_message": "a",
        "create_pr": False,
    }
    whole = {"prove": 2, "license": "mit", "samples": 1, "prepare": False, "data_dir": None, "data": data}
    defaults = {name: one.default for name, one in inspect.signature(push_to_hub).parameters.items()}
    arguments |= whole if kind == "model" else {name: defaults[name] for name in whole}
    arguments |= {"model": {"model": model, "folder": folder}[kind], "repo_id": "anna/pets", "on_progress": None}
    assert set(arguments) == set(defaults)
    push_to_hub(**arguments)
    assert try_odd_values(push_to_hub, arguments, odd=FEW if kind == "model" else ODD) == []
