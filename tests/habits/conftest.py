"""scikit-learn's digits of 8×8, as in most tutorials, and one model of them for all snippets."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import convlens

NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


@pytest.fixture(scope="session")
def X() -> Any:
    """Return 1,000 images of 8×8, floats from 0 to 1."""
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    return digits.images[:1000] / 16


@pytest.fixture(scope="session")
def y() -> Any:
    """Return 1,000 digits, integers."""
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    return digits.target[:1000]


@pytest.fixture(scope="session")
def names(y: Any) -> Any:
    """Return the names of 1,000 digits."""
    return NAMES[y]


@pytest.fixture(scope="session")
def model(X: Any, y: Any) -> convlens.TrainedModel:
    """Return a model of the first 800 digits with an accuracy of about 90 %."""
    return convlens.train(X[:800], y[:800], network="conv 16 3x3, relu, dense", epochs=10, seed=1)


@pytest.fixture
def at(X: Any, y: Any, names: Any, model: convlens.TrainedModel) -> SimpleNamespace:
    """Return the variables that the incorrect snippets use."""
    return SimpleNamespace(
        X=X[:300], y=y[:300], Xv=X[800:], yv=y[800:], names=names[:300], model=model, np=np, convlens=convlens
    )
