"""A plain https mirror, read with the standard library: short time-outs, and downloads that go on where they were cut.

A half file stays as NAME.….part and the next try asks for the rest of it (a Range request), within this run and in
later ones. Mirrors may have packed the same file differently, so each has a part file of its own. `requests` would add
a dependency and still leave the resuming to us.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from convlens.data.sources.archives import copy_unpacked
from convlens.data.sources.source import FetchProgress, OnProgress, SourceError
from convlens.files import explain_write_errors, sha256_of_bytes

if TYPE_CHECKING:
    from http.client import HTTPResponse

_CHUNK = 1 << 16


class _LostConnectionError(Exception):
    """The connection broke or stalled; another try may go on from here."""


@dataclass(frozen=True)
class HttpsMirror:
    """The files `base_url` + NAME + `suffix`, tried up to `attempts` times as long as each try brings something new.

    `timeout` (seconds) holds for connecting and for every wait for more bytes.

    >>> HttpsMirror("https://example.org/mnist/").describe()
    'https://example.org/mnist/'
    """

    base_url: str
    suffix: str = ".gz"
    timeout: float = 5.0
    attempts: int = 5

    def describe(self) -> str:
        return self.base_url

    def deliver(self, wanted: Mapping[str, int], into: Path, on_progress: OnProgress) -> Generator[str, None, None]:
        mark = sha256_of_bytes(self.base_url.encode())[:8]
        for name, size in wanted.items():
            part = into / f"{name}{self.suffix}.{mark}.part"
            from_earlier = _size(part)

            def report(done: int, total: int | None, name: str = name) -> None:
                on_progress(FetchProgress(self.describe(), name, done, total))

            try:
                self._bring(name, size, part, into, report)
            except SourceError:
                if not from_earlier or _size(part):
                    raise
                self._bring(
                    name, size, part, into, report
                )  # what an earlier run left did not fit: once more without it
            yield name

    def _bring(self, name: str, size: int, part: Path, into: Path, report: Callable[[int, int | None], None]) -> None:
        """Download and unpack one file; a part file that turns out to be wrong is removed."""
        self._download(f"{self.base_url}{name}{self.suffix}", part, _longest_packed(size), report)
        try:
            with part.open("rb") as packed:
                copy_unpacked(packed, into / name, size)
        finally:
            part.unlink(missing_ok=True)

    def _download(self, url: str, part: Path, limit: int, report: Callable[[int, int | None], None]) -> None:
        failure = "it was not tried"
        for _ in range(self.attempts):
            before = _size(part)
            try:
                return _receive(url, part, limit, self.timeout, report)
            except _LostConnectionError as interrupted:
                failure = str(interrupted)
            if _size(part) <= before:
                break
        raise SourceError(failure)


def _receive(url: str, part: Path, limit: int, timeout: float, report: Callable[[int, int | None], None]) -> None:
    """Ask for what `part` still lacks and append it; a server that cannot do ranges sends everything again."""
    offset = _size(part)
    response = _open(url, offset, timeout)
    if response is None:
        return
    with response:
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                part.unlink(missing_ok=True)
                raise SourceError("it answered with another part of the file than asked for")
        else:
            offset = 0
        length = response.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdecimal() else None
        done = offset
        with explain_write_errors(part, total or limit), part.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            for piece in _pieces(response, timeout):
                done += len(piece)
                if done > limit:
                    file.truncate(0)
                    raise SourceError(f"it sent more than the {limit:,} bytes that the file can have")
                file.write(piece)
                report(done, total)
    if total is not None and done < total:
        raise _LostConnectionError(f"the connection was cut after {done:,} of {total:,} bytes")


def _open(url: str, offset: int, timeout: float) -> "HTTPResponse | None":
    """The answer to a request for everything after `offset`; None where the server says that nothing comes after it."""
    import urllib.error
    import urllib.request

    headers = {"User-Agent": "convlens"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with _network_errors(timeout):
        try:
            return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
                return None
            raise SourceError(f"it answered {error.code} {error.reason} for {url.rpartition('/')[2]}") from error


def _pieces(response: "HTTPResponse", timeout: float) -> Iterator[bytes]:
    while True:
        with _network_errors(timeout):
            piece = response.read1(_CHUNK)
        if not piece:
            return
        yield piece


@contextmanager
def _network_errors(timeout: float) -> Iterator[None]:
    """Turn the network's errors into `_LostConnectionError`; as OSErrors they would be taken for errors of the disk."""
    import http.client
    import socket

    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise _LostConnectionError(f"it did not answer within {timeout:g} s") from error
        if isinstance(reason, socket.gaierror):
            raise _LostConnectionError("its name cannot be looked up; is there a network?") from error
        raise _LostConnectionError(f"the connection failed ({reason})") from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _longest_packed(size: int) -> int:
    """The most bytes a gz file with `size` bytes inside can have: packing adds little even to noise."""
    return size + size // 100 + 4096
