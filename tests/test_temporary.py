"""What killed processes leave beside a path: the next write to the same path removes it, and nothing else."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from convlens import files
from convlens.files import write_atomically
from convlens.temporary import temporary_folder, try_to_lock

PROGRAM = """
import os, signal, sys, time
from convlens import files
def stop(descriptor):
    print("writes", flush=True)
    os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == "killed" else sys.stdin.read()
files.sync = stop
files.write_atomically(sys.argv[1], "half")
"""
IN_A_FOLDER = """
import os, signal, sys
from pathlib import Path
from convlens.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "half").touch()
    print("writes", flush=True)
    os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == "killed" else sys.stdin.read()
"""


def start_writing(path: str, end: str, program: str = PROGRAM) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", program, path, end], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n"
    return process


def temporary_files() -> list[str]:
    return sorted(path.name for path in Path().glob(".*.part"))


@pytest.fixture
def abandoned() -> str:
    """The temporary file of a process that was killed while it wrote `model`."""
    process = start_writing("model", "killed")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    (name,) = temporary_files()
    return name


def test_the_next_write_to_the_same_path_removes_the_file_of_a_killed_process(abandoned):
    write_atomically("model.txt", "new")
    write_atomically("mode", "new")
    assert temporary_files() == [abandoned]
    write_atomically("model", "new")
    assert temporary_files() == []
    assert Path("model").read_text() == "new"


def test_the_file_of_a_living_process_stays_and_its_write_ends_well(abandoned):
    process = start_writing("model", "when told")
    (living,) = temporary_files()
    assert living != abandoned
    write_atomically("model", "new")
    assert temporary_files() == [living]
    process.communicate("")
    assert process.returncode == 0
    assert Path("model").read_text() == "half"  # the last one to finish
    assert temporary_files() == []


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_stays():
    start_writing("model", "killed", IN_A_FOLDER).communicate()
    (abandoned,) = temporary_files()
    assert [path.name for path in Path(abandoned).iterdir()] == ["half"]
    process = start_writing("model", "when told", IN_A_FOLDER)
    (living,) = temporary_files()
    assert living != abandoned
    with temporary_folder(Path("model")) as ours:
        assert temporary_files() == sorted([living, ours.name])
    process.communicate("")
    assert process.returncode == 0
    assert temporary_files() == []


def test_files_with_similar_names_stay(abandoned):
    kept = [".model.part", ".model.1f00ab12.part", ".model.1f00ab121f00ab12.part", ".model..part", ".model.old.part"]
    kept += [abandoned.replace(".part", ".partial"), abandoned.replace(".model", ".model.")]
    for name in kept:
        Path(name).touch()
    Path(abandoned[1:]).touch()
    write_atomically("model", "new")
    assert sorted(path.name for path in Path().iterdir()) == sorted([*kept, abandoned[1:], "model"])


def test_without_locks_nothing_is_removed(abandoned, monkeypatch):
    def fail(file: object, how: int) -> None:
        raise OSError(45, "Operation not supported")

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", fail)
        write_atomically("model", "new")
    assert Path("model").read_text() == "new"
    assert temporary_files() == [abandoned]


@pytest.mark.parametrize("moment", ["holds the lock", "has removed it"])
def test_a_file_that_another_process_takes_for_abandoned_is_written_again(monkeypatch, moment):
    tries: list[str] = []

    def lock_later(file) -> bool | None:
        tries.append(file.name)
        if len(tries) == 1:
            with Path(file.name).open("rb") as other:
                assert try_to_lock(other)
                if moment == "holds the lock":
                    return try_to_lock(file)
                Path(file.name).unlink()
        return try_to_lock(file)

    monkeypatch.setattr(files, "try_to_lock", lock_later)
    assert write_atomically("model", "new") == Path("model")
    assert len(set(tries)) == 2
    assert [path.name for path in Path().iterdir()] == ["model"]
    assert Path("model").read_text() == "new"


def test_a_folder_that_cannot_be_listed_is_written_to_all_the_same(abandoned, monkeypatch):
    def fail(folder: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", fail)
        write_atomically("model", "new")
    assert Path("model").read_text() == "new"
