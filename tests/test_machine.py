"""How many cores this process may use: bound to, counted, and paid for."""

import os
from pathlib import Path

import pytest

from convlens import machine
from convlens.machine import available_cores, usual_threads


@pytest.fixture
def quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a container's quota would stand; it is not there unless a test writes it."""
    monkeypatch.setattr(machine, "CPU_QUOTA", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_cores_are_those_that_this_process_may_use(monkeypatch, quota):
    this_process, another = 0, 1
    of_process = {this_process: {0, 5, 7}, another: {1}}
    monkeypatch.setattr(os, "sched_getaffinity", of_process.__getitem__, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert available_cores() == 3


@pytest.mark.parametrize(("counted", "expected"), [(8, 8), (None, 1)])
def test_where_the_system_does_not_tell_all_cores_count(monkeypatch, quota, counted, expected):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert available_cores() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("350000 100000\n", 3),
        ("50000 100000\n", 1),
        ("9900000 100000\n", 8),
        ("", 8),
        ("nonsense", 8),
    ],
)
def test_a_containers_quota_counts(monkeypatch, quota, text, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    quota.write_text(text)
    assert available_cores() == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("1", 1), ("3", 3), (" 3 ", 3), ("3,1", 3), ("9", 8), ("0", 8), ("-2", 8), ("", 8), ("many", 8), (None, 8)],
)
def test_threads_are_one_a_core_and_no_more_than_openmp_is_told(monkeypatch, quota, asked, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    if asked is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert usual_threads() == expected
    assert available_cores() == 8
