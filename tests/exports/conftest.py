"""What tests of several formats share."""

import importlib
import importlib.util

import pytest


@pytest.fixture(scope="session")
def loaded_torch() -> None:
    """Load PyTorch and its `torch.export`, which takes longer than most exports, if they are installed."""
    if importlib.util.find_spec("torch"):
        importlib.import_module("torch.export._trace")
        importlib.import_module("torch._dynamo")
