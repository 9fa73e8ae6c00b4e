"""scripts/runtimes installs what is missing, and asks for fresh lists only if a package was not found."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/runtimes"
ALL = "clang lld gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user"
INSTALL = "install -y -qq --no-install-recommends"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell script")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with an `apt-get` that logs its calls, and with nothing else that the script looks for."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "dirname").symlink_to(str(shutil.which("dirname")))
    write(folder / "apt-get", 'echo "$@" >>log; [ "$1" != install ] || [ ! -e stale ] || { rm stale; exit 100; }')
    return folder


def write(path: Path, code: str) -> None:
    path.write_text(f"#!/bin/sh\nPATH={os.environ['PATH']}\n{code}\n")
    path.chmod(0o755)


def run(programs: Path, *arguments: str) -> tuple[int, str, list[str]]:
    place = programs.parent
    script = ["/bin/sh", str(place / "scripts/runtimes"), *arguments]
    done = subprocess.run(script, env={"PATH": str(programs)}, capture_output=True, text=True, check=False)
    log = place / "log"
    return done.returncode, done.stderr, log.read_text().splitlines() if log.exists() else []


def test_everything_is_installed_in_one_call(programs: Path):
    assert run(programs, "debian") == (0, "", [f"{INSTALL} {ALL}"])


def test_what_is_there_is_left_out(programs: Path):
    for name in ("clang", "qemu-arm-static", "arm-linux-gnueabihf-gcc"):
        write(programs / name, "")
    assert run(programs, "debian") == (0, "", [f"{INSTALL} lld"])
    write(programs / "wasm-ld", "")
    (programs.parent / "log").unlink()
    assert run(programs, "debian") == (0, "", [])


def test_lists_are_fetched_if_a_package_is_not_found(programs: Path):
    (programs.parent / "stale").touch()
    assert run(programs, "debian") == (0, "", [f"{INSTALL} {ALL}", "update -qq", f"{INSTALL} {ALL}"])


def test_other_words_are_refused(programs: Path):
    said = "runtimes: 'ubuntu' is not known; give debian, packages or nothing.\n"
    assert run(programs, "ubuntu") == (2, said, [])
