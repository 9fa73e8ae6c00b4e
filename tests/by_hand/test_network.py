"""Small networks by hand, with every number worked out."""

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from convlens import by_hand
from convlens.errors import UsageError
from convlens.illustrations import write_position
from convlens.network import Network

FOUR = [[[1, -2], [3, 4]]]


def outputs(text: str, weights: dict[str, Any], image: Any) -> list[Any]:
    return [result.output.tolist() for result in by_hand.run_network(Network.from_text(text), weights, image)]


def test_convolution_pooling_and_a_dense_layer() -> None:
    weights = {"0.weight": [[[[1, 0], [0, 1]]], [[[0, 1], [1, 0]]]], "0.bias": [0, -1]}
    weights |= {"4.weight": [[1, 10], [-1, 0.5]], "4.bias": [0, 100]}
    image = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    assert outputs("conv 2 2x2, relu, maxpool 2, dense", weights, image) == [
        [[[6, 8], [12, 14]], [[5, 7], [11, 13]]],  # 1 + 5, …; 2 + 4 − 1, …
        [[[6, 8], [12, 14]], [[5, 7], [11, 13]]],
        [[[14]], [[13]]],
        [14, 13],
        [144, 92.5],
    ]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("relu", [[[1, 0], [3, 4]]]),
        ("leaky_relu 0.5", [[[1, -1], [3, 4]]]),
        ("dropout 0.5", FOUR),
        ("avgpool 2", [[[1.5]]]),
        ("avgpool 1x2", [[[-0.5], [3.5]]]),
        ("maxpool 2 stride 1 pad 1", [[[1, 1, -2], [3, 4, 4], [3, 4, 4]]]),
        ("globalavgpool", [[[1.5]]]),
        ("tanh", np.tanh(FOUR).tolist()),
        ("sigmoid", by_hand.activate(FOUR, "sigmoid").tolist()),
    ],
)
def test_layers_without_weights(layer: str, expected: Any) -> None:
    numbers = np.size(expected)
    weights = {"2.weight": np.ones((1, numbers)), "2.bias": [0]}
    found = outputs(f"{layer}, dense", weights, FOUR)
    assert found[0] == expected
    assert found[1] == np.ravel(expected).tolist()
    np.testing.assert_allclose(found[2], [np.sum(expected)], rtol=1e-14)


def test_batch_normalisation_of_maps_uses_its_running_statistics() -> None:
    weights = {"0.weight": [3, 1], "0.bias": [1, 0], "0.running_mean": [2, 0], "0.running_var": [4 - 1e-5, 1 - 1e-5]}
    weights |= {"2.weight": [[0, 0]], "2.bias": [0]}
    found = outputs("batchnorm, dense", weights, [[[6]], [[5]]])[0]
    np.testing.assert_allclose(found, [[[7]], [[5]]], rtol=1e-12)  # (6 − 2)/2·3 + 1; 5


def test_batch_normalisation_after_a_dense_layer_works_on_its_numbers() -> None:
    weights = {"1.weight": [[1], [2]], "1.bias": [0, 0], "2.weight": [3, 1], "2.bias": [1, 0]}
    weights |= {"2.running_mean": [2, 0], "2.running_var": [4 - 1e-5, 1 - 1e-5], "3.weight": [[1, 1]], "3.bias": [0]}
    found = outputs("dense 2, batchnorm, dense", weights, [[[6]]])
    np.testing.assert_allclose(found[2], [7, 12], rtol=1e-12)
    np.testing.assert_allclose(found[3], [19], rtol=1e-12)


def test_a_result_cannot_be_changed() -> None:
    (result, *_) = by_hand.run_network(Network.from_text("relu, dense"), {"2.weight": [[1]], "2.bias": [0]}, [[[1]]])
    assert isinstance(result, by_hand.LayerResult)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'index'"):
        result.index = 5  # pyright: ignore[reportAttributeAccessIssue]


def test_a_network_without_a_dense_layer_ends_in_its_maps():
    network = Network.from_text("conv 3 2x2, globalavgpool")
    weights = {"0.weight": np.ones((3, 1, 2, 2)), "0.bias": [1, 2, 3]}
    assert by_hand.run_network(network, weights, np.ones((1, 4, 4)))[-1].output.tolist() == [5, 6, 7]


def test_the_trace_of_a_layer_is_that_of_its_own_operation():
    network = Network.from_text("conv 1 2x2, relu, maxpool 2, dense 2")
    weights = {"0.weight": [[[[1, 0], [0, 1]]]], "0.bias": [1], "4.weight": [[2], [-1]], "4.bias": [0, 5]}
    image = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    conv = by_hand.trace_layer(network, weights, image, 0).at(0, 1, 1)
    assert isinstance(conv, by_hand.WindowPosition)
    assert (conv.covered.tolist(), conv.bias, conv.result) == ([[[5, 6], [8, 9]]], 1, 15)
    pool = by_hand.trace_layer(network, weights, image, 2).at(0, 0, 0)
    assert isinstance(pool, by_hand.PoolPosition)
    assert (pool.winner, pool.result) == ((0, 1, 1), 15)
    dense = by_hand.trace_layer(network, weights, image, 4).at(1)
    assert isinstance(dense, by_hand.WindowPosition)
    assert (dense.covered.tolist(), dense.kernel.tolist(), dense.result) == ([15], [-1], -10)


RESIDUAL = Network("residual(conv 2 1x1, shortcut conv 2 1x1), dense 1")
"""Body 2x and −x, shortcut x + 1 and 10."""
WEIGHTS = {
    "0.body.0.weight": [[[[2]]], [[[-1]]]], "0.body.0.bias": [0, 0],
    "0.shortcut.0.weight": [[[[1]]], [[[0]]]], "0.shortcut.0.bias": [1, 10],
    "2.weight": [[1, 1, 1, 1]], "2.bias": [0],
}  # fmt: skip


def test_a_residual_block_adds_its_branches_and_says_what_it_added():
    results = by_hand.run_network(RESIDUAL, WEIGHTS, [[[3, -4]]])
    assert [result.text for result in results] == ["conv 2 1x1", "conv 2 1x1", "add", "flatten", "dense 1"]
    assert results[2].output.tolist() == [[[10, -11]], [[7, 14]]]  # 6 + 4, −8 − 3; −3 + 10, 4 + 10
    assert results[4].output.tolist() == [20]
    window = by_hand.trace_layer(RESIDUAL, WEIGHTS, [[[3, -4]]], 2).at(0, 0, 1)
    assert window == by_hand.JoinPosition(
        (0, 0, 1), (by_hand.Term(0, (0, 0, 1), -8), by_hand.Term(1, (0, 0, 1), -3)), -11
    )
    assert write_position(window) == "(−8) (layer 0) + (−3) (layer 1) = −11"


def test_an_addition_of_the_input_itself_names_it():
    network = Network("residual(relu), dense 1")
    weights = {"2.weight": [[1, 1]], "2.bias": [0]}
    assert by_hand.run_network(network, weights, [[[3, -4]]])[1].output.tolist() == [[[6, -4]]]
    trace = by_hand.trace_layer(network, weights, [[[3, -4]]], 1)
    assert [write_position(one) for one in trace] == [
        "3 (layer 0) + 3 (input) = 6",
        "0 (layer 0) + (−4) (input) = −4",
    ]


def test_a_concatenation_says_where_each_number_was_taken_from():
    network = Network("concat(conv 2 1x1; ; avgpool 1), flatten, concat(relu; ), dense 1")
    weights = {"0.branches.0.0.weight": [[[[2]]], [[[-1]]]], "0.branches.0.0.bias": [0, 0]}
    weights |= {"3.weight": [[1] * 16], "3.bias": [0]}
    results = by_hand.run_network(network, weights, [[[3, -4]]])
    assert results[2].output.tolist() == [[[6, -8]], [[-3, 4]], [[3, -4]], [[3, -4]]]
    trace = by_hand.trace_layer(network, weights, [[[3, -4]]], 2)
    assert [one.terms for one in trace if isinstance(one, by_hand.JoinPosition)] == [
        (by_hand.Term(layer, place, value),)
        for layer, place, value in (
            (0, (0, 0, 0), 6), (0, (0, 0, 1), -8), (0, (1, 0, 0), -3), (0, (1, 0, 1), 4),
            (-1, (0, 0, 0), 3), (-1, (0, 0, 1), -4), (1, (0, 0, 0), 3), (1, (0, 0, 1), -4),
        )
    ]  # fmt: skip
    assert write_position(trace.at(1, 0, 1)) == "4, from map 1 of layer 0"
    assert write_position(by_hand.trace_layer(network, weights, [[[3, -4]]], 5).at(9)) == "−8, from place 1 of layer 3"


def test_a_kernel_of_a_group_covers_the_channels_of_its_group():
    network = Network("conv 4 1x2 groups 2, dense 1")
    weights = {"0.weight": np.arange(16).reshape(4, 2, 1, 2), "0.bias": [0, 0, 0, 1]}
    weights |= {"2.weight": [[1] * 4], "2.bias": [0]}
    image = [[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]]
    trace = by_hand.trace_layer(network, weights, image, 0)
    positions = [trace.at(kernel, 0, 0) for kernel in range(4)]
    assert all(isinstance(one, by_hand.WindowPosition) for one in positions)
    assert [one.result for one in positions] == [
        0 * 1 + 1 * 2 + 2 * 3 + 3 * 4, 4 * 1 + 5 * 2 + 6 * 3 + 7 * 4,
        8 * 5 + 9 * 6 + 10 * 7 + 11 * 8, 12 * 5 + 13 * 6 + 14 * 7 + 15 * 8 + 1,
    ]  # fmt: skip
    assert [one.first_channel for one in positions if isinstance(one, by_hand.WindowPosition)] == [0, 0, 2, 2]


def test_a_layer_that_has_no_window_positions_is_refused():
    network = Network.from_text("conv 1 2x2, relu, dense 2")
    weights = {"0.weight": np.ones((1, 1, 2, 2)), "0.bias": [0], "3.weight": np.ones((2, 4)), "3.bias": [0, 0]}
    with pytest.raises(UsageError, match="relu works on one number at a time, so it has no window position to show"):
        by_hand.trace_layer(network, weights, np.ones((1, 3, 3)), 1)
    with pytest.raises(UsageError, match="layer is 4; give a whole number from 0 to 3"):
        by_hand.trace_layer(network, weights, np.ones((1, 3, 3)), 4)
