"""A tiny MNIST, a local web server, and replacements for package clients: nothing here reaches the network."""

import gzip
import io
import socket
import stat
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data.catalogue import CATALOGUE, CatalogueEntry, RawFile
from convlens.files import sha256_of_bytes


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Empty PATH, remove outside settings, and raise an error for every connection that leaves this machine."""
    clients = tmp_path / "clients"
    clients.mkdir()
    monkeypatch.setenv("PATH", str(clients))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("CONVLENS_DATA", raising=False)
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", f"a test tried to reach {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    return clients


@dataclass(frozen=True)
class TinyDataset:
    """Three training and two test images in the files of MNIST, `contents` by name."""

    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    contents: dict[str, bytes]
    entry: CatalogueEntry

    def with_sources(self, *sources: Any) -> CatalogueEntry:
        return replace(self.entry, sources=sources)

    def write(self, data_dir: Path, *, packed: bool = False) -> Path:
        """Write the files to their folder, as if a user had copied them there."""
        folder = data_dir / "MNIST" / "raw"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
        return folder

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(content) for name, content in self.contents.items()}

    def tar(self, prefix: str, suffix: str = "") -> bytes:
        """Return an archive with the files under `prefix`/NAME`suffix`, compressed if the suffix is .gz."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, content in self.contents.items():
                content = gzip.compress(content) if suffix == ".gz" else content
                member = tarfile.TarInfo(f"{prefix}/{name}{suffix}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return buffer.getvalue()


@pytest.fixture
def tiny() -> TinyDataset:
    random = np.random.default_rng(3)
    images = {part: random.integers(0, 256, (count, 28, 28)).astype(np.uint8) for part, count in _COUNTS.items()}
    labels = {part: np.arange(count, dtype=np.uint8) + 5 for part, count in _COUNTS.items()}
    contents: dict[str, bytes] = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        count = _COUNTS[part]
        contents[f"{prefix}-images-idx3-ubyte"] = (
            bytes([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]) + images[part].tobytes()
        )
        contents[f"{prefix}-labels-idx1-ubyte"] = bytes([0, 0, 8, 1, 0, 0, 0, count]) + labels[part].tobytes()
    files = {name: RawFile(len(content), sha256_of_bytes(content)) for name, content in contents.items()}
    entry = replace(CATALOGUE["mnist"], title="Tiny MNIST", files=files, sources=())
    return TinyDataset(images, labels, contents, entry)


_COUNTS = {"train": 3, "test": 2}


@pytest.fixture
def install_client(no_way_out: Path) -> Callable[[str, str], Path]:
    """Put a program called `name` on PATH whose Python source is `source`; `arguments` contains its arguments."""

    def install(name: str, source: str) -> Path:
        program = no_way_out / name
        program.write_text(f"#!{sys.executable} -IS\nimport os, shutil, sys\narguments = sys.argv[1:]\n{source}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program

    return install


@dataclass
class Mirror:
    """A local web server: its content, its faults, and the requests it received."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)  # for each answer in turn: break off after this many bytes
    stalls: bool = False
    knows_ranges: bool = True
    range_shift: int = 0
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mirror))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield mirror
    mirror.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.lstrip("/"), self.headers.get("Range")
            mirror.requests.append((name, wanted))
            if name not in mirror.files:
                return self.send_error(404)
            content = mirror.files[name]
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and mirror.knows_ranges else 0
            if start >= len(content):
                return self.send_error(416)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                first = start + mirror.range_shift
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            if mirror.stalls:
                mirror.released.wait(10)
                return None
            stop = start + mirror.cut_after.pop(0) if mirror.cut_after else len(content)
            self.wfile.write(content[start:stop])
            return None

        def log_message(self, format: str, *args: Any) -> None:
            """Write no log."""

    return Handler
