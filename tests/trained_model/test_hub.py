"""Addresses of models on the Hugging Face Hub; what is downloaded is tested in `tests/exports/hub/`."""

import re
import traceback
from pathlib import Path

import pytest

from convlens import HubError, UsageError
from convlens.trained_model.hub import (
    HubAddress,
    check_token,
    endpoint,
    explaining_hub_errors,
    name_in_cache,
    read_address,
    without_secrets,
)
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://anna:pw@hub.example/x", "https://hub.example/x"),
        ("https://hub.example/@anna", "https://hub.example/@anna"),
        (r"Illegal header value b'Bearer my token\n'", "Illegal header value b'Bearer …'"),
        ("{'authorization': 'bearer x.y', 'a': 1}", "{'authorization': 'bearer …', 'a': 1}"),
        ("no right for hf_aB9, sorry", "no right for hf_…, sorry"),
        ("https://hub.example said no", "https://hub.example said no"),
    ],
)
def test_no_text_of_others_has_a_token_or_a_password(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize("token", ["hf_a\n", "hf_a b", "hf_\u00e4", " hf_a", "hf_\x7f", "", b"hf_a", True])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(token):
    with pytest.raises(
        UsageError, match=r"^token (is|has) .*\. Give the token as your settings on the Hub show it\.$"
    ) as error:
        check_token(token, "token", "token")
    assert "hf_" not in str(error.value)
    assert error.value.argument == "token"
    check_token("hf_aB9~", "token")


def test_an_error_with_a_secret_has_no_cause_that_shows_it(monkeypatch):
    """The error of huggingface_hub hides the one that says the token."""
    monkeypatch.setenv("HF_ENDPOINT", "https://anna:PASSWORD@hub.example/")
    hidden = ConnectionError("https://anna:PASSWORD@hub.example/api is away")
    hidden.__context__ = ValueError("Illegal header value b'Bearer hf_SECRET'")
    with pytest.raises(HubError) as error, explaining_hub_errors("hf://a/b", ["the address"]):
        raise hidden
    assert str(error.value) == (
        "hf://a/b: https://hub.example cannot be reached, or broke off (ConnectionError: https://hub.example/api is "
        "away). Check the connection, and try again."
    )
    said = "".join(traceback.format_exception(error.value))
    assert "SECRET" not in said
    assert "PASSWORD" not in said
    with pytest.raises(HubError) as error, explaining_hub_errors("hf://a/b", ["the address"]):
        raise ConnectionError("away")  # the cause of an error without secrets stays
    assert str(error.value.__cause__) == "away"
