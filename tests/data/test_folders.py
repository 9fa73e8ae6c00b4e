"""Which folder holds the data: the one given, the environment's, the user's cache, in this order."""

from pathlib import Path

import pytest
from platformdirs import user_cache_path

from convlens.data import cache_folder, data_folder
from convlens.data.folders import make_data_folder
from convlens.errors import OutputError


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


@pytest.mark.parametrize("data", ["data", "data/own"])
def test_a_data_folder_that_somebody_chose_is_made_but_nothing_above_it(data):
    make_data_folder(Path(data) / "MNIST" / "raw", Path(data))
    assert Path(data, "MNIST", "raw").is_dir()
    with pytest.raises(OutputError, match=r"^cannot write nowhere/data: there is no folder nowhere\. Make it first"):
        make_data_folder(Path("nowhere", data, "MNIST"), Path("nowhere", data))
    assert not Path("nowhere").exists()


def test_the_users_cache_is_made_with_all_that_is_above_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "there"))
    make_data_folder(cache_folder() / "photos", cache_folder())
    assert (cache_folder() / "photos").is_dir()
    make_data_folder(data_folder() / "MNIST", data_folder())
    assert (data_folder() / "MNIST").is_dir()
