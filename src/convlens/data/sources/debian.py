"""A Debian package with the files, downloaded with `apt-get download` and read with `dpkg-deb`, never installed.

It needs neither root nor changes to the system. In a new container with empty package lists, the lists are downloaded
to a temporary folder.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from convlens.data.sources.archives import deliver_from_tar
from convlens.data.sources.clients import find_client, run_client, single_file, work_folder
from convlens.data.sources.source import FetchProgress, OnProgress, SourceError

# As root, apt downloads as another user, who cannot write into our folder. For other users, this changes nothing.
_SANDBOX = ("-o", "APT::Sandbox::User=root")
_IMPATIENT = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20")


@dataclass(frozen=True)
class DebianPackage:
    """The files `folder`/NAME.gz inside a Debian package.

    >>> DebianPackage("dataset-fashion-mnist", "./usr/share/datasets/fashion-mnist").describe()
    'Debian package dataset-fashion-mnist'
    """

    package: str
    folder: str
    suffix: str = ".gz"
    seconds: float = 600.0

    def describe(self) -> str:
        return f"Debian package {self.package}"

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        def report(done: int) -> None:
            on_progress(FetchProgress(self.describe(), self.package, done, None))

        apt_get, dpkg_deb = find_client("apt-get"), find_client("dpkg-deb")
        with work_folder(into) as folder:
            package = self._download(apt_get, folder, report)
            archive = folder / "content.tar"
            run_client("dpkg-deb", [dpkg_deb, "--fsys-tarfile", str(package)], folder, self.seconds, report, archive)
            members = {name: f"{self.folder}/{name}{self.suffix}" for name in wanted}
            yield from deliver_from_tar(archive, members, wanted, into, self.describe(), on_progress)

    def _download(self, apt_get: str, folder: Path, report: Callable[[int], None]) -> Path:
        """Download with the machine's package lists; if that fails, with new lists in a temporary folder."""

        def run_apt(*arguments: str) -> None:
            run_client("apt-get", [apt_get, *_SANDBOX, *_IMPATIENT, *arguments], folder, self.seconds, report)

        try:
            run_apt("download", self.package)
        except SourceError as first_failure:
            own_lists, trouble = _own_lists(folder), ""
            try:
                run_apt(*own_lists, "-o", "APT::Update::Error-Mode=any", "update")
            except SourceError as failure:  # the package may be in another list, so go on
                trouble = f"; updating them: {failure}"
            try:
                run_apt(*own_lists, "download", self.package)
            except SourceError as failure:
                raise SourceError(f"{first_failure}; with new package lists: {failure}{trouble}") from failure
        return single_file(folder, "*.deb", "apt-get")


def _own_lists(folder: Path) -> list[str]:
    """Return options that make apt keep its package lists inside `folder`."""
    lists, cache = folder / "lists", folder / "cache"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "Acquire::Languages=none"]
