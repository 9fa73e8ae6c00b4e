"""A stand-in for the Hub, and a model and folders to upload to it."""

from contextlib import suppress

import pytest
from tests.exports.hub.hub_stand_in import WRITER, serve_hub
from tests.exports.test_page_model import make, make_samples

import convlens
from convlens.calibration import Calibration

NETWORK, SHAPE = "conv 2 3x3, relu, dense", (1, 8, 8)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub that huggingface_hub talks to, with an empty cache, and a token with the right to write for `anna`."""
    from huggingface_hub import constants

    with serve_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        with suppress(ImportError):  # older versions do not ask the Hub which programs use it
            registry = {"standardEnvVars": [], "harnesses": {}}
            monkeypatch.setattr("huggingface_hub.utils._detect_agent._registry", registry)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in has LFS only
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
        yield hub


@pytest.fixture(scope="module")
def model():
    facts = {"data_source": {"path": "/home/anna/patients", "options": {}}, "data": "patients"}
    return make(NETWORK, SHAPE, 3, facts, Calibration(temperature=1.5, threshold=0.35))


@pytest.fixture(scope="module")
def data(model):
    return make_samples(model, 12)


@pytest.fixture(scope="module")
def folder(model, data, tmp_path_factory):
    """An exported folder; tests that change it copy it."""
    path = tmp_path_factory.mktemp("exported") / "pets"
    convlens.export(model, path, "huggingface", data=data, license="mit", samples=8)
    return path


@pytest.fixture(scope="module")
def prepared_folder(model, data, tmp_path_factory):
    """One with the file that prepares pictures."""
    path = tmp_path_factory.mktemp("exported") / "pets"
    convlens.export(model, path, "huggingface", data=data, license="mit", prepare=True, samples=8)
    return path
