"""An https mirror, read with the standard library, with short time-outs and resumed downloads.

A partial file is kept as NAME.….part, and the next attempt requests the rest (a Range request), in this run or a later
one. Mirrors may have packed the same file differently, so each has its own partial file. `requests` would add a
dependency, and does not resume downloads either.
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
    """The connection broke or stalled; another attempt may resume the download."""


@dataclass(frozen=True)
class HttpsMirror:
    """The files `base_url` + NAME + `suffix`; up to `attempts` attempts, as long as each one receives new bytes.

    `timeout` (seconds) applies to connecting and to each wait for more bytes.

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
                # The partial file of an earlier run was wrong and is removed: try again without it.
                self._bring(name, size, part, into, report)
            yield name

    def _bring(self, name: str, size: int, part: Path, into: Path, report: Callable[[int, int | None], None]) -> None:
        """Download and unpack one file, and remove the partial file, whether it was right or wrong."""
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
    """Request the bytes that `part` lacks, and append them; a server without range requests sends the whole file."""
    offset = _size(part)
    response = _open(url, offset, timeout)
    if response is None:
        return
    with response:
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                part.unlink(missing_ok=True)
                raise SourceError("it sent another part of the file than requested")
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
    """Request all bytes after `offset`, and return the response; None if the server says that there are no more."""
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
    """Convert network errors to `_LostConnectionError`, because OSErrors would be treated as disk errors."""
    import http.client
    import socket

    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise _LostConnectionError(f"it did not answer within {timeout:g} s") from error
        if isinstance(reason, socket.gaierror):
            raise _LostConnectionError("its host name cannot be resolved; check the network") from error
        raise _LostConnectionError(f"the connection failed ({reason})") from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _longest_packed(size: int) -> int:
    """Return the largest size of a gz file with `size` bytes of content: even noise grows little when compressed."""
    return size + size // 100 + 4096
