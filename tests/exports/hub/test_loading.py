"""Loading from the Hugging Face Hub, against a stand-in on this machine."""

import json
import re
from pathlib import Path

import pytest
from tests.exports.hub.hub_stand_in import WRITER, cut_short, line_of, other_bytes, refuse

from convlens import (
    DamagedModel,
    HubError,
    ModelFileError,
    OutputError,
    UsageError,
    load_model,
    push_to_hub,
)
from convlens.cli.report_command import _default_place, divide_arguments
from convlens.server.models import Models
from convlens.trained_model.location import place_of_model

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # huggingface_hub's own call


def test_the_cache_serves_without_a_connection(hub, model, data, monkeypatch):
    from huggingface_hub import constants

    hub.put("anna/pets", {"model.safetensors": model.to_bytes()})
    load_model("hf://anna/pets")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert load_model("hf://anna/pets").class_names == model.class_names
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert load_model("hf://anna/pets").class_names == model.class_names
    with pytest.raises(HubError, match=r"and HF_HUB_OFFLINE forbids downloading it\. Unset HF_HUB_OFFLINE\.$"):
        load_model("hf://anna/dogs")


def test_a_changed_file_in_the_cache_is_downloaded_again(hub, model, tmp_path, monkeypatch):
    hub.put("anna/pets", {"model.safetensors": model.to_bytes()})
    load_model("hf://anna/pets")
    (blob,) = (tmp_path / "hub" / "models--anna--pets" / "blobs").iterdir()
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    assert load_model("hf://anna/pets").class_names == model.class_names
    assert blob.read_bytes() == model.to_bytes()
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        DamagedModel, match="has another SHA-256 than the Hub said, and cannot be downloaded again"
    ) as error:
        load_model("hf://anna/pets")
    assert line_of(error).startswith("hf://anna/pets is damaged: ")


def test_the_page_and_the_report_take_an_address(hub, model):
    hub.put("anna/pets", {"model.safetensors": model.to_bytes()})
    models = Models(Path("runs"), Path("hf://anna/pets"))
    assert models.given_name == "pets"
    assert json.loads(models.payload(""))["name"] == "pets"
    assert divide_arguments(["hf://anna/pets", "hf://anna/dogs@v2", "mnist"]) == (
        ["hf://anna/pets", "hf://anna/dogs@v2"],
        "mnist",
    )
    assert _default_place(["hf://anna/pets"]) == Path("report.html")
    assert place_of_model("hf://anna/pets") == "hf://anna/pets"


FAULTS = {
    "no repository": ({}, "hf://anna/cats", ModelFileError, "there is no such model on http://127.0.0.1:"),
    "no revision": ({}, "hf://anna/pets@v2", ModelFileError, "there is no such revision. Give a branch, a tag or"),
    "no file": ({}, "hf://anna/empty", ModelFileError, "there is no model.safetensors in it, so it is not a model"),
    "gated": (
        {"HEAD /anna/pets": refuse(403, "GatedRepo")},
        "hf://anna/pets",
        HubError,
        "this model is gated. Ask for access on its page",
    ),
    "down": ({"HEAD": refuse(503)}, "hf://anna/pets", HubError, "answered 503: Service Unavailable. Try again later."),
    "not a hub": (
        {"HEAD": lambda handler: handler.answer(b"hello")},
        "hf://anna/pets",
        HubError,
        "broke off (FileMetadataError: Response from",
    ),
    "cut short": ({"/content/": cut_short}, "hf://anna/pets", HubError, "cannot be reached, or broke off ("),
    "other bytes": (
        {"/content/": other_bytes},
        "hf://anna/pets",
        DamagedModel,
        "is damaged: its model.safetensors has another SHA-256 than the Hub says.",
    ),
    "a pickle": ({}, "hf://anna/pickle", ModelFileError, "is a pickle, such as torch.save writes."),
    "another file": ({}, "hf://anna/other", ModelFileError, "is a safetensors file, but not a trained model"),
    "a wrong checksum": ({}, "hf://anna/flipped", DamagedModel, "is damaged: its SHA-256 does not match"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_loaded_is_said_in_one_line(hub, model, folder, fault):
    faults, address, kind, reason = FAULTS[fault]
    content = model.to_bytes()
    hub.put("anna/pets", {"model.safetensors": content})
    hub.put("anna/empty", {"pytorch_model.bin": b"PK\x03\x04"})
    hub.put("anna/pickle", {"model.safetensors": b"PK\x03\x04 and more"})
    hub.put("anna/other", {"model.safetensors": (folder / "check.safetensors").read_bytes()})
    hub.put("anna/flipped", {"model.safetensors": content[:-1] + bytes([content[-1] ^ 1])})
    hub.faults |= faults
    with pytest.raises(kind, match=re.escape(reason)) as error:
        load_model(address)
    assert line_of(error).startswith(f"{address}")


def test_a_wrong_token_or_no_connection_is_said_in_one_line(hub, model, monkeypatch):
    hub.put("anna/pets", {"model.safetensors": model.to_bytes()}, private=True)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(
        ModelFileError, match=r"or it is private\. Check its name; if it is private, log in with"
    ) as error:
        load_model("hf://anna/pets")
    monkeypatch.setenv("HF_TOKEN", "hf_old")
    with pytest.raises(HubError, match=r"refuses access \(401: Invalid credentials in Authorization header\)") as error:
        load_model("hf://anna/pets")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        HubError, match=r"^hf://anna/pets: http://127\.0\.0\.1:9 cannot be reached, or broke off"
    ) as error:
        load_model("hf://anna/pets")
    assert line_of(error).endswith("Check the connection, and try again.")


def test_secrets_are_not_shown(hub, folder, monkeypatch):
    """Neither in an error, nor in the error that it came from, nor in the address of what was uploaded."""
    with pytest.raises(UsageError, match=r"^token has a space, a line break or") as error:
        push_to_hub(folder, "anna/pets", token="hf_SECRET\n")
    assert "SECRET" not in line_of(error)
    monkeypatch.setenv("HF_TOKEN", "hf_SEC\x01RET")
    with pytest.raises(UsageError, match=r"^the token in HF_TOKEN, or of `hf auth login`, has a space"):
        push_to_hub(folder, "anna/pets")
    assert hub.asked == []
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setenv("HF_ENDPOINT", hub.url.replace("//", f"//anna:{WRITER}@"))
    with pytest.raises(ModelFileError, match=f"there is no such model on {hub.url}, or it is private"):
        load_model("hf://anna/cats")
    assert push_to_hub(folder, "anna/pets").url == f"{hub.url}/anna/pets"
    monkeypatch.setenv("HF_ENDPOINT", "http://anna:PASSWORD@127.0.0.1:9")
    with pytest.raises(HubError, match=r"^hf://anna/cats: http://127\.0\.0\.1:9 cannot be reached") as error:
        load_model("hf://anna/cats")
    assert "PASSWORD" not in line_of(error)


def test_a_cache_that_cannot_be_written_is_named(hub, model, tmp_path, monkeypatch):
    hub.put("anna/pets", {"model.safetensors": model.to_bytes()})
    (tmp_path / "file").touch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        OutputError, match=r"^hf://anna/pets: the cache of huggingface_hub cannot be written \("
    ) as error:
        load_model("hf://anna/pets")
    assert line_of(error).endswith("or set HF_HUB_CACHE to another folder.")
