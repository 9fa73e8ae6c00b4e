"""The benchmark of the operations by hand: everybody computes the same."""

import numpy as np
import pytest


def test_everybody_computes_the_same():
    pytest.importorskip("torch")
    from operations_by_hand import contenders

    results = {name: contender() for name, contender in contenders((12, 9), (3, 2)).items()}
    expected = results["scipy.signal.correlate2d"]
    np.testing.assert_allclose(results["by hand"], expected, atol=1e-12)
    np.testing.assert_allclose(np.asarray(results["torch conv2d"])[0, 0], expected, atol=1e-12)
    window = results["by hand, trace and one position"]
    assert window.total == pytest.approx(expected[window.position])
