"""The choice of engine, device and threads: what is not there or not allowed is one clear line."""

import importlib.util
import os
from pathlib import Path

import pytest
import torch

from convlens.engines import Plan, choice, open_engine
from convlens.engines.choice import available_cores
from convlens.errors import MissingDependency, UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation

PLAN = Plan(Network.from_text("dense"), (1, 2, 2), 2, Normalisation())


def test_auto_is_the_torch_engine_for_the_plan():
    engine = open_engine(PLAN, device="cpu", threads=1)
    assert (engine.name, engine.plan) == ("torch", PLAN)
    assert engine.description == f"torch {torch.__version__.partition('+')[0]} on cpu, 1 thread"
    assert open_engine(PLAN, "torch", "cpu", 2).description.endswith("on cpu, 2 threads")


def test_no_number_of_threads_is_one_a_core(monkeypatch):
    monkeypatch.setattr("convlens.engines.choice.available_cores", lambda: 2)
    assert open_engine(PLAN, device="cpu").description.endswith("on cpu, 2 threads")


@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_without_pytorch_the_message_says_what_to_install(monkeypatch, engine):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependency) as caught:
        open_engine(PLAN, engine, threads=1)
    assert str(caught.value) == (
        "the torch engine needs PyTorch, which is not installed. pip install 'convlens[torch]'"
    )
    assert isinstance(caught.value, ImportError)
    assert caught.value.exit_code == 1


def test_a_mistake_is_told_before_a_missing_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"^engine 'tensorflow' is not known; give auto or torch\.$"):
        open_engine(PLAN, "tensorflow")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": ""}, r"^engine '' is not known; give auto or torch\.$"),
        ({"device": "gpu"}, r"^device 'gpu' is not known; give auto, cpu, cuda or mps\.$"),
        ({"threads": 0}, r"^threads is 0; give 1 to 256\. This machine has 3 cores\.$"),
        ({"threads": -1}, r"^threads is -1; give 1 to 256\."),
        ({"threads": 257}, r"^threads is 257; give 1 to 256\."),
    ],
)
def test_what_is_not_allowed_says_what_is(monkeypatch, arguments, message):
    monkeypatch.setattr("convlens.engines.choice.available_cores", lambda: 3)
    with pytest.raises(UsageError, match=message):
        open_engine(PLAN, **arguments)


def test_a_device_that_is_not_here_lists_those_that_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UsageError, match=r"^device 'cuda' is not available; PyTorch finds here: cpu\.$"):
        open_engine(PLAN, device="cuda", threads=1)


@pytest.fixture
def quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a container's quota would stand; it is not there unless a test writes it."""
    monkeypatch.setattr(choice, "CPU_QUOTA", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_cores_are_those_that_this_process_may_use(monkeypatch, quota):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5, 7}, raising=False)
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


def test_a_machine_with_more_cores_than_threads_are_allowed_gets_the_most(monkeypatch):
    monkeypatch.setattr(choice, "available_cores", lambda: 1000)
    assert open_engine(PLAN, device="cpu").description.endswith("on cpu, 256 threads")
