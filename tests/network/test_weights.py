import numpy as np
import pytest
from scipy import stats

from convlens.errors import NetworkError, UsageError
from convlens.network import TUTORIAL, Network, initial_weights

EVERY_KIND = Network.from_text("conv 16 5x3, batchnorm, relu, maxpool 2, flatten, batchnorm, dense 40, dense")


def test_names_shapes_and_order_are_those_of_the_network() -> None:
    weights = initial_weights(EVERY_KIND, (3, 12, 14), 7, seed=0)
    assert [(name, array.shape) for name, array in weights.items()] == list(
        EVERY_KIND.parameter_shapes((3, 12, 14), 7).items()
    )
    assert {name: array.dtype.name for name, array in weights.items() if array.dtype != np.float32} == {
        "1.num_batches_tracked": "int64",
        "5.num_batches_tracked": "int64",
    }


def test_weights_and_biases_are_uniform_within_one_over_the_root_of_the_inputs() -> None:
    weights = initial_weights(EVERY_KIND, (3, 12, 14), 7, seed=1)
    for layer, inputs in (("0", 3 * 5 * 3), ("6", 16 * 4 * 6), ("7", 40)):
        bound = 1 / inputs**0.5
        for kind in ("weight", "bias"):
            values = weights[f"{layer}.{kind}"].ravel()
            assert np.abs(values).max() <= np.float32(bound)
            assert stats.kstest(values, stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.001


def test_batch_normalisation_starts_by_changing_nothing() -> None:
    weights = initial_weights(EVERY_KIND, (3, 12, 14), 7, seed=1)
    for layer in ("1", "5"):
        starts = [weights[f"{layer}.{kind}"] for kind in ("weight", "bias", "running_mean", "running_var")]
        assert [set(start.tolist()) for start in starts] == [{1.0}, {0.0}, {0.0}, {1.0}]
        assert weights[f"{layer}.num_batches_tracked"] == 0


def test_a_seed_says_every_weight_and_another_seed_other_ones() -> None:
    network = Network.from_text(TUTORIAL)
    first, again, other = (initial_weights(network, (1, 28, 28), 10, seed) for seed in (3, 3, 4))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not any(np.array_equal(first[name], other[name]) for name in first)
    assert not np.array_equal(first["0.bias"], first["0.weight"].ravel()[:8])


def test_the_first_weights_of_seed_3_never_change() -> None:
    """A published result names its seed, so the stream behind a seed is a promise; numbers as NumPy 2 draws them."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([3, 0])))
    expected = (generator.random(72) * 2 - 1) / 3
    weight = initial_weights(Network.from_text(TUTORIAL), (1, 28, 28), 10, seed=3)["0.weight"]
    np.testing.assert_allclose(weight.ravel(), expected, rtol=1e-6)


@pytest.mark.parametrize("seed", [-1, 0.5, "3", True])
def test_seeds_that_are_none(seed: int) -> None:
    with pytest.raises(UsageError, match=r"seed is .*; give a whole number of 0 or more\."):
        initial_weights(EVERY_KIND, (3, 12, 14), 7, seed)


def test_a_network_too_large_for_any_memory_is_refused_before_it_is_made() -> None:
    with pytest.raises(
        NetworkError, match=r"has 4,294,967,296 parameters; at most 1,000,000,000 can be made\. Use fewer"
    ):
        initial_weights(Network.from_text("conv 65536 1x1"), (65_535, 1, 1), 65_536, seed=0)
