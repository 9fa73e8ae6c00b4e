"""Memory that is mapped from a file: what is lost reads as zeros while it is guarded, and is noticed."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from convlens.engines import can_guard_mapped, choice, guard_mapped

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a mapped file cannot be cut there")
PAGE = 65536  # a multiple of the page size of every system
PIXELS = np.arange(1, 4 * PAGE + 1, dtype=np.uint8) | 1


def map_file(name: str) -> np.memmap:
    PIXELS.tofile(name)
    return np.memmap(name, np.uint8, "r")


def test_lost_pages_are_zeros_and_whole_ones_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert can_guard_mapped()
    first, second = map_file("first.bin"), map_file("second.bin")
    before = signal.getsignal(signal.SIGBUS)
    with guard_mapped(first) as is_lost, guard_mapped(second[: 2 * PAGE]) as is_other_lost:
        assert int(first.sum()) == int(PIXELS.sum())
        assert not is_lost()
        os.truncate("first.bin", PAGE)
        assert not is_lost()  # nothing was read yet
        np.testing.assert_array_equal(first[:PAGE], PIXELS[:PAGE])
        assert not first[PAGE:].any()
        assert (is_lost(), is_other_lost()) == (True, False)
        np.testing.assert_array_equal(second, PIXELS)
    assert (is_lost(), is_other_lost()) == (True, False)  # still known
    assert signal.getsignal(signal.SIGBUS) == before


def test_a_guard_begins_without_losses(tmp_path):
    name = str(tmp_path / "images.bin")
    mapped = map_file(name)
    with guard_mapped(mapped) as is_lost:
        os.truncate(name, 0)
        assert not mapped.any()
        assert is_lost()
    with guard_mapped(map_file(name)) as is_lost:
        assert not is_lost()


def test_without_the_native_engine_nothing_is_guarded(monkeypatch):
    monkeypatch.setattr(choice, "_why_native_is_missing", lambda: "no compiler")
    assert not can_guard_mapped()
    with guard_mapped(np.zeros(3, np.uint8)) as is_lost:
        assert not is_lost()


PROGRAM = """
import os, signal, sys, numpy as np
from convlens.engines import guard_mapped
size = 4 * 65536
def map_file(name):
    np.ones(size, np.uint8).tofile(name)
    return np.memmap(name, np.uint8, "r")
guarded, other = map_file("guarded.bin"), map_file("other.bin")
os.truncate("guarded.bin", 0), os.truncate("other.bin", 0)
with guard_mapped(guarded[: size // 2]):
    with guard_mapped(guarded[:1]): pass
    print(guarded[0], guarded[size // 2 - 1], flush=True)
    {}
{}
print("alive")
"""


@pytest.mark.parametrize(
    ("inside", "after"),
    [
        ("other[0]", ""),
        ("guarded[size // 2]", ""),
        ("os.kill(os.getpid(), signal.SIGBUS)", ""),
        ("", "guarded[size // 2]"),
    ],
)
def test_everything_else_ends_as_without_a_guard(inside, after, tmp_path):
    command = [sys.executable, "-c", PROGRAM.format(inside or "pass", after)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.stdout, ran.returncode) == ("0 0\n", -signal.SIGBUS)


def test_a_handler_of_others_stays(tmp_path):
    """`faulthandler`, whether it was there before, gets the signal of what is not guarded, and says where it was."""
    command = [sys.executable, "-X", "faulthandler", "-c", PROGRAM.format("other[0]", "")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == -signal.SIGBUS
    assert "Fatal Python error: Bus error" in ran.stderr


def test_so_many_at_once_are_allowed_as_no_program_needs():
    mapped = np.zeros(3, np.uint8)
    native = choice._native()
    guards = [native.MappedGuard(mapped) for _ in range(256)]
    with pytest.raises(RuntimeError, match="too many mapped files are guarded"):
        native.MappedGuard(mapped)
    guards.pop().release()
    native.MappedGuard(mapped).release()
