"""The limits of a network's memory for one image, at the limit and just above it."""

import pytest

from convlens.network import Network
from convlens.network.memory import MemoryLimit, check_memory


def test_an_image_may_have_2_to_the_26_numbers() -> None:
    check_memory(Network("globalavgpool, dense"), (1, 8192, 8192), 10)
    with pytest.raises(MemoryLimit) as caught:
        check_memory(Network("globalavgpool, dense"), (1, 8192, 8193), 10)
    assert str(caught.value) == (
        "an image of 1×8,192×8,193 has 67,117,056 numbers; at most 67,108,864 are allowed. Use smaller images."
    )


def test_an_image_and_all_outputs_may_have_2_to_the_28_numbers() -> None:
    # Four maps of 8,191×8,193 = 2²⁶ − 1 numbers, one number after the pool, one after the flatten, and two classes.
    network = Network("relu, relu, relu, globalavgpool, dense")
    check_memory(network, (1, 8191, 8193), 2)
    with pytest.raises(MemoryLimit):
        check_memory(network, (1, 8191, 8193), 3)
    with pytest.raises(MemoryLimit) as caught:
        check_memory(Network("conv 4 1x1, globalavgpool, dense"), (1, 8192, 8192), 2)
    assert str(caught.value) == (
        "the outputs of all layers for one image of 1×8,192×8,192 take 1.3 GiB; at most 1 GiB is allowed. Use smaller "
        "images, fewer maps or a larger stride."
    )
