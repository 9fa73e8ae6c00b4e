"""What a benchmark says about its machine."""

import platform
import subprocess
from pathlib import Path

import pytest

import machine
from machine import (
    Neighbours,
    current_commit,
    describe_machine,
    package_versions,
    parse_busy_ticks,
    parse_cpuinfo,
)


def test_every_fact_about_the_machine_has_a_value():
    facts = describe_machine()
    assert set(facts) == {"processor", "cores", "memory", "system"}
    assert all(facts.values())
    assert int(facts["cores"]) >= 1


def test_the_first_processor_names_the_machine():
    text = "model name\t: First\nflags\t\t: avx2\n\nmodel name\t: Second\nflags\t\t: avx512f\n"
    assert parse_cpuinfo(text) == "First (avx2)"


def test_a_processor_without_a_name_or_flags():
    assert parse_cpuinfo("flags : avx2\n") == ""
    assert parse_cpuinfo("model name : Plain\n") == "Plain"


def test_versions_name_what_is_missing():
    versions = package_versions(["numpy", "no-such-package-here"])
    assert versions["python"] == platform.python_version()
    assert versions["numpy"].count(".") == 2
    assert versions["no-such-package-here"] == "not installed"


def test_idle_and_waiting_are_not_busy():
    assert parse_busy_ticks("cpu  1 2 4 1000 2000 8 16 32 0 0\n") == 63


def test_neighbours_use_no_less_than_nothing_and_no_more_than_all_cores():
    cores = Neighbours().cores()
    assert cores is None or cores >= 0


def test_own_work_is_not_a_neighbours(monkeypatch: pytest.MonkeyPatch):
    seconds = iter([10.0, 13.0])
    clock = iter([100.0, 104.0])
    monkeypatch.setattr(machine, "_seconds_of_others", lambda: next(seconds))
    monkeypatch.setattr(machine.time, "monotonic", lambda: next(clock))
    assert Neighbours().cores() == 0.75


def test_a_system_that_does_not_say_is_unknown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "_seconds_of_others", lambda: None)
    assert Neighbours().cores() is None


def test_a_folder_outside_of_a_repository_has_no_commit(tmp_path: Path):
    assert current_commit(tmp_path) == "unknown"


def test_the_commit_says_whether_files_were_changed(tmp_path: Path):
    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "--message", "empty")
    clean = current_commit(tmp_path)
    assert len(clean) == 10
    (tmp_path / "new.txt").write_text("x", encoding="utf-8")
    assert current_commit(tmp_path) == f"{clean} and changes not yet committed"
