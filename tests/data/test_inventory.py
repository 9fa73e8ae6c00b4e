"""What `convlens data list` can say without hashing or fetching anything."""

from pathlib import Path
from typing import Any

from convlens.data import CATALOGUE, status


def test_missing(tmp_path: Path) -> None:
    found = status(CATALOGUE["mnist"], tmp_path)
    assert (found.state, found.size, len(found.missing)) == ("missing", 0, 4)
    assert found.path == tmp_path / "MNIST" / "raw"
    assert not any(tmp_path.glob("MNIST"))


def test_present_raw_and_packed(tiny: Any, tmp_path: Path) -> None:
    tiny.write(tmp_path / "raw")
    found = status(tiny.entry, tmp_path / "raw")
    assert (found.state, found.missing) == ("present", ())
    assert found.size == 16 + 3 * 784 + 8 + 3 + 16 + 2 * 784 + 8 + 2 == 3973
    tiny.write(tmp_path / "packed", packed=True)
    assert status(tiny.entry, tmp_path / "packed").state == "present"


def test_incomplete_names_what_is_absent_or_has_another_size(tiny: Any, tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    (folder / "train-labels-idx1-ubyte").unlink()
    (folder / "t10k-images-idx3-ubyte").write_bytes(b"short")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    (folder / "t10k-labels-idx1-ubyte").mkdir()
    found = status(tiny.entry, tmp_path)
    assert found.state == "incomplete"
    assert set(found.missing) == {"train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}
