"""The choice of engine, device and threads: what is not there or not allowed is one clear line."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from convlens.engines import EngineChoice, Plan, choice, choose_engine, native, open_engine
from convlens.errors import MissingDependency, UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation

PLAN = Plan(Network.from_text("dense"), (1, 2, 2), 2, Normalisation())


@pytest.fixture(autouse=True)
def no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a GPU's driver would stand; it is not there unless a test writes it."""
    monkeypatch.setattr(choice, "NVIDIA_DRIVER", tmp_path / "nvidia")
    return tmp_path / "nvidia"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Hide packages, as if they were not installed."""

    def hide(*names: str) -> None:
        monkeypatch.setattr(choice, "_is_installed", lambda name: name.split(".")[-1] not in names)

    return hide


def test_auto_is_the_native_engine_on_a_processor():
    engine = open_engine(PLAN, threads=1)
    assert (engine.name, engine.device, engine.threads, engine.plan) == ("native", "cpu", 1, PLAN)
    assert choose_engine(PLAN) == EngineChoice("native", "the fastest on a CPU")
    assert choose_engine(PLAN, device="cpu") == EngineChoice("native", "the fastest on a CPU")


def test_a_named_engine_is_taken_and_needs_no_reason():
    engine = open_engine(PLAN, "torch", "cpu", threads=1)
    assert (engine.name, engine.plan) == ("torch", PLAN)
    assert engine.description == f"torch {torch.__version__.partition('+')[0]} on cpu, 1 thread"
    assert open_engine(PLAN, "torch", "cpu", 2).description.endswith("on cpu, 2 threads")
    assert choose_engine(PLAN, "torch") == EngineChoice("torch")
    assert choose_engine(PLAN, "native") == EngineChoice("native")


def test_auto_is_torch_where_there_is_a_gpu_and_pytorch(no_gpu, without):
    no_gpu.write_text("NVRM version")
    assert choose_engine(PLAN) == EngineChoice("torch", "there is an NVIDIA GPU")
    assert choose_engine(PLAN, device="cpu").name == "native"
    without("torch")
    assert choose_engine(PLAN).name == "native"


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_gpu_that_is_asked_for_means_torch(device):
    assert choose_engine(PLAN, device=device) == EngineChoice("torch", f"the device is {device}")


MISSING = (
    "The native engine is not installed. Install a C++ compiler (Debian, Ubuntu: apt install g++; "
    "macOS: xcode-select --install), then install Convlens again"
)


def test_auto_is_torch_where_the_extension_is_not_there(without):
    without("_native")
    assert choose_engine(PLAN) == EngineChoice("torch", MISSING)
    assert open_engine(PLAN, device="cpu", threads=1).name == "torch"
    with pytest.raises(MissingDependency) as caught:
        open_engine(PLAN, "native")
    assert str(caught.value) == f'{MISSING}. Or give engine="torch".'


def test_auto_is_torch_where_the_extension_does_not_load(monkeypatch):
    def fail() -> None:
        raise ImportError("no C++ compiler was found when Convlens was installed. Install one.")

    monkeypatch.setattr(choice, "_native", fail)
    assert choose_engine(PLAN).reason == (
        "The native engine is not installed: no C++ compiler was found when Convlens was installed. Install one"
    )


def test_auto_is_torch_for_a_network_that_is_too_large_for_native(without):
    plan = Plan(
        Network.from_text("conv 12000 3x3 pad 1, globalavgpool, dense"),
        (4, 96, 96),
        2,
        Normalisation((0.0,) * 4, (1.0,) * 4),
    )
    reason = native.why_not(plan)
    assert reason is not None
    assert reason.startswith("layer 0 needs more than 1 GiB for ")
    assert choose_engine(plan) == EngineChoice("torch", f"the native engine cannot compute this network: {reason}")
    with pytest.raises(UsageError, match=r"^the native engine cannot compute this: layer 0 needs more than 1 GiB"):
        open_engine(plan, "native")
    without("torch")
    with pytest.raises(
        MissingDependency,
        match=r"^the native engine cannot compute this network \(layer 0 needs .*\)\. The torch engine needs PyTorch",
    ):
        choose_engine(plan)


def test_no_number_of_threads_is_one_a_core(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("convlens.machine.available_cores", lambda: 2)
    assert open_engine(PLAN, device="cpu").description.endswith("on cpu, 2 threads")


def test_without_pytorch_the_message_says_what_to_install(without):
    without("torch")
    with pytest.raises(MissingDependency) as caught:
        open_engine(PLAN, "torch", threads=1)
    assert str(caught.value) == (
        "the torch engine needs PyTorch, which is not installed. pip install 'convlens[torch]'"
    )
    assert isinstance(caught.value, ImportError)
    assert caught.value.exit_code == 1


def test_without_any_engine_the_message_says_both_ways_out(without):
    without("torch", "_native")
    with pytest.raises(MissingDependency) as caught:
        open_engine(PLAN)
    assert str(caught.value) == (
        f"no engine is installed. {MISSING}. PyTorch is not installed either: pip install 'convlens[torch]'"
    )


def test_a_mistake_is_told_before_a_missing_package(without):
    without("torch", "_native")
    with pytest.raises(UsageError, match=r"^engine 'tensorflow' is not known; give auto, native or torch\.$"):
        open_engine(PLAN, "tensorflow")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"engine": ""}, r"^engine '' is not known; give auto, native or torch\.$"),
        (
            {"engine": "native", "device": "cuda"},
            r"^the native engine runs on the CPU, not on cuda\. Give engine=.torch., or no device\.$",
        ),
        ({"device": "gpu"}, r"^device 'gpu' is not known; give auto, cpu, cuda or mps\. Did you mean 'cpu'\?$"),
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
    with pytest.raises(UsageError, match=r"^device 'cuda' is not available; PyTorch finds only: cpu\.$"):
        open_engine(PLAN, device="cuda", threads=1)


def test_a_machine_with_more_cores_than_threads_are_allowed_gets_the_most(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("convlens.machine.available_cores", lambda: 1000)
    assert open_engine(PLAN, device="cpu").description.endswith("on cpu, 256 threads")
