"""Downloads the files of a known dataset: tries its sources in order until every file has the right checksum.

    source → DATA_DIR/MNIST/raw/.convlens-download/NAME → checksum → DATA_DIR/MNIST/raw/NAME

A file gets its final name only after its checksum was verified, so a file with that name can always be used, also
offline. Only one process at a time downloads into a folder; others wait, then use its files.
"""

import shlex
import shutil
from contextlib import closing
from pathlib import Path

from convlens.data.catalogue import CatalogueEntry, find_entry
from convlens.data.folders import data_folder, make_data_folder
from convlens.data.raw_files import examine, raw_folder, remember
from convlens.data.sources import FetchProgress, OnProgress, Source, SourceError
from convlens.errors import DatasetUnavailable
from convlens.files import explain_write_errors, move_into_place, sha256_of_file, sync
from convlens.locking import hold_lock

_WORKSHOP = ".convlens-download"
_LOCK = ".convlens-lock"


def fetch(name: str, data_dir: Path | str | None = None, on_progress: OnProgress | None = None) -> Path:
    """Download all files of the dataset `name` into the data folder, and return the folder with the files.

    Intact files are kept, without using the network; damaged files are replaced.

    Raises:
        UsageError: no dataset has that name.
        DatasetUnavailable: all sources failed; the message says why, and where to put the files by hand.
        OutputError: the data folder cannot be written.
    """
    return fetch_entry(find_entry(name), data_dir, on_progress)


def fetch_entry(
    entry: CatalogueEntry, data_dir: Path | str | None = None, on_progress: OnProgress | None = None
) -> Path:
    """Do the same as `fetch` for a catalogue entry, which need not be in the catalogue."""
    report = on_progress or _keep_quiet
    folder = raw_folder(entry, data_dir)
    if not _wanted(entry, folder):
        return folder
    make_data_folder(folder, data_folder(data_dir))
    waiting = FetchProgress("another convlens process", entry.title, 0, None)
    with hold_lock(folder / _LOCK, lambda: report(waiting)):
        wanted = _wanted(entry, folder)  # again: another process may have downloaded them meanwhile
        if wanted:
            _bring(entry, wanted, folder, data_dir, report)
    return folder


def fetch_command(entry: CatalogueEntry, data_dir: Path | str | None = None) -> str:
    """Return the command that downloads the dataset.

    >>> fetch_command(find_entry("mnist"), "my data")
    "convlens data fetch mnist --data-dir 'my data'"
    """
    place = "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"
    return f"convlens data fetch {entry.name}{place}"


def _keep_quiet(_: FetchProgress) -> None:
    """Ignore the progress."""


def _wanted(entry: CatalogueEntry, folder: Path) -> list[str]:
    """Return the names of the files that are missing or damaged."""
    good, _ = examine(entry, folder)
    return [name for name in entry.files if name not in good]


def _bring(
    entry: CatalogueEntry, wanted: list[str], folder: Path, data_dir: Path | str | None, report: OnProgress
) -> None:
    """Try the sources in order; each is asked for the files that are still missing."""
    workshop = folder / _WORKSHOP
    failures: list[str] = []
    try:
        for source in entry.sources:
            with explain_write_errors(workshop):
                workshop.mkdir(exist_ok=True)
            try:
                _take_from(source, entry, wanted, folder, report)
            except SourceError as failure:
                failures.append(f"{source.describe()}: {failure}")
            if not wanted:
                shutil.rmtree(workshop, ignore_errors=True)
                return
            _tidy(workshop)
    except BaseException:
        _tidy(workshop)
        raise
    raise DatasetUnavailable(_explanation(entry, wanted, folder, data_dir, failures))


def _take_from(source: Source, entry: CatalogueEntry, wanted: list[str], folder: Path, report: OnProgress) -> None:
    """Accept the files of a source; stop at the first with a wrong checksum, because the others may be wrong, too."""
    sizes = {name: entry.files[name].size for name in wanted}
    with closing(source.deliver(sizes, folder / _WORKSHOP, report)) as delivered:
        for name in delivered:
            _accept(folder / _WORKSHOP / name, folder / name, entry.files[name].sha256)
            wanted.remove(name)
    if wanted:
        raise SourceError(f"it did not give {', '.join(wanted)}")


def _accept(temporary: Path, path: Path, expected: str) -> None:
    found = sha256_of_file(temporary)
    if found != expected:
        temporary.unlink()
        raise SourceError(f"its {path.name} has a wrong SHA-256 ({found[:12]}… instead of {expected[:12]}…)")
    with explain_write_errors(path):
        with temporary.open("r+b") as file:
            sync(file)
        move_into_place(temporary, path)
    remember(path.parent, [(path, found)])


def _tidy(workshop: Path) -> None:
    """Keep only the partial files of downloads, which the next fetch resumes."""
    if not workshop.is_dir():
        return
    for path in workshop.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != ".part":
            path.unlink(missing_ok=True)
    if not any(workshop.iterdir()):
        workshop.rmdir()


def _explanation(
    entry: CatalogueEntry, wanted: list[str], folder: Path, data_dir: Path | str | None, failures: list[str]
) -> str:
    lines = [f"{entry.title} could not be downloaded. These sources failed:"]
    lines += [f"  - {failure}" for failure in failures]
    lines.append(f"Try `{fetch_command(entry, data_dir)}` again later, or put these files (raw or .gz) into {folder}:")
    lines += [f"  - {name}" for name in wanted]
    return "\n".join(lines)
