"""The lock: one at a time, across processes, and free again when its holder dies."""

import errno
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from convlens import locking
from convlens.errors import OutputError, UsageError
from convlens.locking import hold_lock, refuse_others


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


def test_looks_ten_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr(locking.time, "sleep", naps.append)
    with ExitStack() as other:
        other.enter_context(hold_lock(tmp_path / "lock", fail))
        with hold_lock(tmp_path / "lock", lambda: other.close() if len(naps) == 4 else None):
            assert naps == [0.1] * 5


@pytest.mark.parametrize("hold", [lambda path: hold_lock(path, fail), lambda path: refuse_others(path, "busy")])
def test_a_folder_that_is_not_there(tmp_path: Path, hold) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"cannot write .*file: a part of that path is a file, not a folder"),
        hold(tmp_path / "file" / "lock"),
    ):
        pass


def test_another_one_is_refused_and_the_file_is_gone_at_the_end(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with refuse_others(lock, "busy: wait."):
        for _ in range(2):
            with pytest.raises(UsageError, match=r"^busy: wait\.$"), refuse_others(lock, "busy: wait."):
                fail()
            assert lock.exists()
    assert not lock.exists()
    with pytest.raises(KeyError), refuse_others(lock, "busy"):
        raise KeyError
    assert not lock.exists()


def test_a_lock_file_that_somebody_removed_is_no_error(tmp_path: Path) -> None:
    with refuse_others(tmp_path / "lock", "busy"):
        (tmp_path / "lock").unlink()
    assert not (tmp_path / "lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has locks everywhere")
def test_a_file_system_without_locks_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(file: object, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with hold_lock(tmp_path / "lock", fail), hold_lock(tmp_path / "lock", fail):
        pass
