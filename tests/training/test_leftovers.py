"""What killed processes leave: it counts as empty, and is removed by the next start, unless somebody uses it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convlens.errors import UsageError
from convlens.training.leftovers import is_left_over, remove_empty_runs
from convlens.training.run_folder import check_run_folder, create_run_folder

OLD = time.time() - 3600


def make_run(name: str, *files: str, at: float = OLD) -> Path:
    folder = Path("runs") / name
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).touch()
    os.utime(folder, (at, at))
    return folder


def test_a_folder_with_nothing_but_traces_is_taken():
    folder = make_run("mine", ".lock", ".last.checkpoint.12ab34cd.part")
    check_run_folder(folder)
    assert create_run_folder("mnist", folder) == folder


@pytest.mark.parametrize("name", ["last.checkpoint", ".hidden", "notes.part", "model.safetensors", "config.toml"])
def test_a_folder_with_anything_else_is_not_taken(name):
    folder = make_run("mine", ".lock", name)
    assert not is_left_over(folder / name)
    with pytest.raises(UsageError, match=r"^runs/mine is not empty, and runs are never overwritten"):
        create_run_folder("mnist", folder)


def test_the_next_dated_run_removes_empty_ones():
    make_run("2026-11-23_1510_mnist")
    make_run("2026-11-23_1510_mnist_2", ".lock", ".last.checkpoint.12ab34cd.part")
    kept = [
        make_run("2026-11-23_1511_mnist", ".lock", "last.checkpoint"),
        make_run("2026-11-23_1512_mnist", at=time.time()),
        make_run("notes"),
        make_run("2026-11-23"),
    ]
    link, fresh = Path("runs/.latest.4711"), Path("runs/.latest.4712")
    link.symlink_to("gone")
    fresh.symlink_to("gone")
    os.utime(link, (OLD, OLD), follow_symlinks=False)
    created = create_run_folder("mnist", "runs/*")
    assert set(Path("runs").iterdir()) == {*kept, created, fresh}


def test_an_empty_run_that_somebody_holds_is_kept():
    folder = make_run("2026-11-23_1510_mnist", ".lock")
    program = (
        "import sys; from pathlib import Path; from convlens.locking import refuse_others\n"
        "with refuse_others(Path(sys.argv[1]), ''):\n    print(flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", program, str(folder / ".lock")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        remove_empty_runs(Path("runs"))
        assert folder.is_dir()
        holder.communicate()
    folder.joinpath(".lock").touch()
    os.utime(folder, (OLD, OLD))
    remove_empty_runs(Path("runs"))
    assert not folder.exists()
