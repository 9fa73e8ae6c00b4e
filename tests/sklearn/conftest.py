"""Scikit-learn's digits: 8×8 pixels from 0 to 16, as rows of 64 features."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rows, labels = load_digits(return_X_y=True)
    return np.asarray(rows)[:300], np.asarray(labels)[:300]
