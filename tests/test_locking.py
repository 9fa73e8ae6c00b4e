"""The lock: one at a time, across processes, and free again when its holder dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from convlens.errors import OutputError
from convlens.locking import hold_lock


def fail() -> None:
    raise AssertionError("waited for a lock that nobody holds")


def test_waits_for_another_process_and_goes_on_when_it_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    program = (
        "import sys, time; from pathlib import Path; from convlens.locking import hold_lock\n"
        "with hold_lock(Path(sys.argv[1]), lambda: None):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        waits: list[int] = []

        def on_wait() -> None:
            waits.append(1)
            if len(waits) == 2:
                other.kill()

        with hold_lock(lock, on_wait):
            assert len(waits) >= 2


def test_is_free_afterwards_and_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_lock(tmp_path / "lock", fail):
            pass


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"cannot write .*file: a part of that path is a file, not a folder"),
        hold_lock(tmp_path / "file" / "lock", fail),
    ):
        pass
