"""Which folder holds the data: the one given, the environment's, the user's cache, in this order."""

from pathlib import Path

import pytest
from platformdirs import user_cache_path

from convlens.data import data_folder


def test_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "environment"))
    assert data_folder(tmp_path / "given") == tmp_path / "given"
    assert data_folder() == tmp_path / "environment"
    monkeypatch.setenv("CONVLENS_DATA", "")
    assert data_folder() == user_cache_path("convlens", appauthor=False) / "data"


def test_the_home_folder_is_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert data_folder("~/pictures") == tmp_path / "pictures"
