"""Addresses of models on the Hugging Face Hub; what is downloaded is tested in `tests/exports/test_pushing.py`."""

import re
from pathlib import Path

import pytest

from convlens import UsageError
from convlens.trained_model.hub import HubAddress, endpoint, name_in_cache, read_address
from convlens.trained_model.location import name_of_model


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [
        ("hf://anna/digits", "anna/digits", None),
        ("hf:/anna/digits", "anna/digits", None),
        (Path("hf://anna/digits"), "anna/digits", None),
        ("hf://anna/digits/", "anna/digits", None),
        ("hf://Anna_B/di.gi-ts_2@v1.0", "Anna_B/di.gi-ts_2", "v1.0"),
        ("hf://a/b@refs/pr/1", "a/b", "refs/pr/1"),
    ],
)
def test_an_address_is_read(text, repository, revision):
    assert read_address(text) == HubAddress(repository, revision)


@pytest.mark.parametrize(
    "text", ["runs/first", "latest", "hf", "hf:", "hf:anna/digits", "a/hf://b", Path("hf"), 3, None]
)
def test_other_places_are_no_addresses(text):
    assert read_address(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("hf://digits", "hf://anna/", "hf://anna/digits@", "hf://anna/digits/model.safetensors", "hf://anna/dig its"),
        *("hf://../digits", "hf://anna/..", "hf://anna/a--b", "hf://anna/-a", f"hf://anna/{'a' * 97}", "hf://ä/b"),
    ],
)
def test_an_address_that_is_wrong_is_named_with_the_right_form(text):
    said = f"{text} is not the address of a model. Give hf://user/name, or hf://user/name@revision."
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        read_address(text)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x/models--anna--digits/snapshots/8e/model.safetensors", "digits"),
        ("models--anna--digits/snapshots/8e/model.safetensors", "digits"),
        ("x/models--anna--digits/blobs/8e/model.safetensors", None),
        ("x/runs/snapshots/8e/model.safetensors", None),
        ("model.safetensors", None),
        ("snapshots/model.safetensors", None),
    ],
)
def test_a_file_in_the_cache_has_the_name_of_its_model(path, name):
    assert name_in_cache(Path(path)) == name
    assert name_of_model(Path(path)) == (name or Path(path).resolve().parent.name)


@pytest.mark.parametrize(("value", "read"), [(None, None), ("", None), ("http://hub/", "http://hub")])
def test_another_hub_is_named_by_the_environment(monkeypatch, value, read):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    if value is not None:
        monkeypatch.setenv("HF_ENDPOINT", value)
    assert endpoint() == read
