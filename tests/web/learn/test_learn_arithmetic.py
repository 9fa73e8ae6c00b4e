"""The arithmetic of the Learn view.

Against convlens.by_hand on random numbers over all options, and against numbers worked out by hand.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from scipy import special

import convlens
from convlens import by_hand, window
from convlens.errors import UsageError
from convlens.illustrations.numbers import short_number, write_position
from convlens.network import layer_table

MODES = ["zeros", "reflect", "replicate"]

Call = Callable[..., list[Any]]


CALL_ALL = """async ([module, name, cases]) => {
  const found = await import(`convlens/views/learn/arithmetic/${module}.js`);
  return cases.map((one) => found[name](...one));
}"""


@pytest.fixture(scope="module")
def call(call: Callable[..., Any]) -> Call:
    """Call one function of a module of views/learn/arithmetic for each list of arguments, all in one go."""
    return lambda name, *cases: call(CALL_ALL, [*name.split("."), list(cases)])


def numbers(rng: np.random.Generator, *shape: int | np.integer) -> np.ndarray:
    """Whole numbers, many of them 0, in half of the cases; else numbers with many digits."""
    whole = rng.integers(-4, 5, shape).astype(float)
    return whole if rng.random() < 0.5 else rng.normal(size=shape) * 10.0 ** rng.integers(-2, 4)


# Windows


def axis(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> dict[str, int]:
    return {"size": size, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def test_the_size_of_a_result_by_hand(call: Call) -> None:
    assert call("windows.outputSize", [axis(28, 3, 1, 1)], [axis(28, 2, 2)], [axis(7, 2, 2)], [axis(2, 3)]) == [
        28,
        14,
        3,
        0,
    ]
    # 9 cells, kernel 3 with dilation 2 reaches 5; starts 0, 2, 4 read 0 2 4 | 2 4 6 | 4 6 8: cells 1, 3, 5, 7 never
    wide = axis(9, 3, 2, 0, 2)
    assert call("windows.countReads", [wide]) == [[1, 0, 2, 0, 3, 0, 2, 0, 1]]
    assert call("windows.skipped", [wide]) == [4]
    assert call("windows.dropped", [axis(7, 2, 2)], [axis(7, 2, 2, 1)], [axis(2, 3)]) == [1, 0, 2]
    formula = "⌊(28 + 2·2 − (2·(3 − 1) + 1))/1⌋ + 1 = 28"
    assert call("windows.outputSizeFormula", [axis(28, 3, 1, 2, 2)]) == [formula]


def test_every_window_agrees_with_the_package(call: Call) -> None:
    cases = [
        [size, kernel, stride, padding, dilation]
        for size in range(1, 12)
        for kernel in range(1, 6)
        for stride in range(1, 5)
        for padding in range(4)
        for dilation in range(1, 4)
    ]
    for name, function in [
        ("outputSize", window.output_size),
        ("outputSizeFormula", window.output_size_formula),
        ("dropped", window.dropped),
        ("skipped", window.skipped),
    ]:
        assert call(f"windows.{name}", *[[axis(*case)] for case in cases]) == [function(*case) for case in cases]


def test_coverage_agrees_and_its_corner_is_one(call: Call) -> None:
    one = {"kernel": [3, 3], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "mode": "zeros"}
    assert call("windows.countCoverage", [[4, 4], one]) == [[[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]]
    rng = np.random.default_rng(5)
    sizes = rng.integers(5, 12, (60, 2)).tolist()
    slidings = [random_sliding(rng) for _ in sizes]
    found = call("windows.countCoverage", *map(list, zip(sizes, slidings, strict=True)))
    for size, sliding, counts in zip(sizes, slidings, found, strict=True):
        pairs = {key: tuple(sliding[key]) for key in ("stride", "padding", "dilation")}
        expected = by_hand.count_coverage(tuple(size), tuple(sliding["kernel"]), **pairs)
        assert counts == expected.tolist()


def test_a_window_that_does_not_fit_is_named_in_the_words_of_the_package(call: Call) -> None:
    rng, cases, expected = np.random.default_rng(6), [], []
    for _ in range(400):
        size, sliding = rng.integers(1, 6, 2).tolist(), random_sliding(rng)
        cases.append([size, sliding])
        try:
            by_hand.cross_correlate2d(np.ones(size), np.ones(sliding["kernel"]), **options(sliding))
            expected.append(None)
        except UsageError as error:
            expected.append(str(error))
    assert call("windows.findWindowMistake", *cases) == expected
    assert {bool(line) for line in expected} == {True, False}


# Two vectors


def test_two_vectors_by_hand(call: Call) -> None:
    a, b = [3, 1, 2], [2, 4, 1]
    asked = [[a, b, {"turned": turned, "ends": "valid"}] for turned in (False, True)]
    [correlation], [convolution] = call("vectors.slideAlong", *asked)
    assert (correlation["products"], correlation["total"]) == ([[[6, 4, 2]]], 12)
    assert convolution["total"] == 11  # 3·1 + 1·4 + 2·2
    full = call("vectors.slideAlong", [a, b, {"turned": True, "ends": "full"}])[0]
    assert [one["total"] for one in full] == [6, 14, 11, 9, 2]
    assert full[0]["outside"] == [[True, True, False]]


def test_every_way_to_slide_a_vector_agrees(call: Call) -> None:
    rng, cases = np.random.default_rng(1), []
    for _ in range(50):
        a, b = numbers(rng, rng.integers(1, 8)).tolist(), numbers(rng, rng.integers(1, 8)).tolist()
        cases += [[a, b, {"turned": t, "ends": ends}] for t in (True, False) for ends in ("full", "same", "valid")]
    for (a, b, how), found in zip(cases, call("vectors.slideAlong", *cases), strict=True):
        word = "convolve" if how["turned"] else "correlate"
        trace = getattr(by_hand, f"trace_{word}_{how['ends']}")(a, b)
        result = getattr(by_hand, f"{word}_{how['ends']}")(a, b)
        np.testing.assert_allclose([one["total"] for one in found], result, rtol=1e-9, atol=1e-9)
        for one, expected in zip(found, trace, strict=True):
            assert one["columns"][0] == expected.start[0]
            assert one["covered"] == [[expected.covered.tolist()]]
            assert one["products"] == [[expected.products.tolist()]]


# Kernels over images


def random_sliding(rng: np.random.Generator) -> dict[str, Any]:
    pair = lambda least, most: rng.integers(least, most + 1, 2).tolist()  # noqa: E731
    sliding = {"kernel": pair(1, 3), "stride": pair(1, 3), "padding": pair(0, 2), "dilation": pair(1, 2)}
    return sliding | {"mode": MODES[rng.integers(3)]}


def options(sliding: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(sliding[key]) for key in ("stride", "padding", "dilation")} | {"padding_mode": sliding["mode"]}


def test_a_layer_by_hand(call: Call) -> None:
    matrix, kernel = [[1, 2, 0], [3, 1, 2], [0, 2, 4]], [[1, 0], [2, 1]]
    plain = {"kernel": [2, 2], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "mode": "zeros"}
    assert call("tensors.makeMap", [matrix, kernel, plain], [matrix, kernel]) == [[[8, 6], [5, 9]]] * 2
    padded = plain | {"padding": [1, 1]}
    assert call("tensors.makeMap", [matrix, kernel, padded])[0][0] == [1, 4, 4, 0]
    image = [[[1, 0, 2], [0, 1, 1], [2, 1, 0]], [[0, 1, 1], [2, 0, 1], [1, 0, 2]], [[1, 1, 0], [0, 2, 1], [0, 1, 1]]]
    one = [[[1, 0], [0, 1]], [[0, -1], [1, 0]], [[1, 1], [0, 0]]]
    other = [[[0, 1], [-1, 0]], [[1, 0], [0, -2]], [[0, 0], [1, -1]]]
    found = call("tensors.kernelAt", [image, one, plain, [0, 1]])[0]
    assert (found["channelSums"], found["total"]) == ([1, -1, 1], 1)
    settings = {"biases": [-2, 1], "activation": "relu"}
    assert call("tensors.makeMaps", [image, [one, other], plain, settings]) == [[[[3, 0], [2, 1]], [[0, 2], [1, 0]]]]
    assert call("tensors.turnKernel", [kernel]) == [[[1, 2], [0, 1]]]


def test_every_layer_agrees(call: Call) -> None:
    rng, cases = np.random.default_rng(2), []
    for _ in range(150):
        channels, kernels, sliding = rng.integers(1, 4), rng.integers(1, 4), random_sliding(rng)
        image = numbers(rng, channels, *rng.integers(6, 9, 2)).tolist()
        weights = numbers(rng, kernels, channels, *sliding["kernel"]).tolist()
        how = {"biases": numbers(rng, kernels).tolist(), "activation": rng.choice(list(by_hand.ACTIVATIONS))}
        cases.append([image, weights, sliding, how])
    found = call("tensors.makeMaps", *cases)
    for (image, weights, sliding, how), maps in zip(cases, found, strict=True):
        layer = {"bias": how["biases"], "activation": how["activation"]}
        expected = by_hand.conv2d(image, weights, **layer, **options(sliding))
        np.testing.assert_allclose(maps, expected, rtol=1e-9, atol=1e-9 * max(1, np.abs(expected).max()))


def test_every_position_agrees_and_its_sum_is_written_alike(call: Call) -> None:
    rng, cases, expected = np.random.default_rng(3), [], []
    for _ in range(150):
        sliding, channels = random_sliding(rng), rng.integers(1, 3)
        image = numbers(rng, channels, *rng.integers(6, 9, 2)).tolist()
        kernel = numbers(rng, channels, *sliding["kernel"]).tolist()
        bias, activation = float(rng.integers(-2, 3)), rng.choice(["none", *by_hand.ACTIVATIONS])
        trace = by_hand.trace_conv2d(image, kernel, bias=bias, activation=activation, **options(sliding))
        expected.append(trace[int(rng.integers(len(trace)))])
        how = {"bias": bias, "activation": activation}
        cases.append([image, kernel, sliding, list(expected[-1].position), how])
    found = call("tensors.kernelAt", *cases)
    for one, wanted, (image, *_) in zip(found, expected, cases, strict=True):
        assert (one["rows"][0], one["columns"][0]) == wanted.start
        assert one["covered"] == wanted.covered.tolist()
        assert one["products"] == wanted.products.tolist()
        np.testing.assert_allclose(one["channelSums"], wanted.channel_sums, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose([one["total"], one["result"]], [wanted.total, wanted.result], atol=1e-9, rtol=1e-9)
        rows, columns = (np.array(one[key]) for key in ("rows", "columns"))
        inside = np.outer((rows >= 0) & (rows < len(image[0])), (columns >= 0) & (columns < len(image[0][0])))
        assert one["outside"] == (~inside).tolist()
    exact = [number for number, one in enumerate(found) if one["total"] == expected[number].total]
    sentences = call("sentences.writeKernelSum", *[[found[number]] for number in exact])
    assert sentences == [write_position(expected[number]) for number in exact]
    assert len(exact) > 75


def test_padding_agrees_with_numpy(call: Call) -> None:
    rng = np.random.default_rng(4)
    names: dict[str, Any] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
    cases = [[numbers(rng, 4, 5).tolist(), rng.integers(0, 4, 2).tolist(), MODES[one % 3]] for one in range(60)]
    for (matrix, (down, across), mode), found in zip(cases, call("tensors.padMatrix", *cases), strict=True):
        assert found == np.pad(matrix, [(down, down), (across, across)], mode=names[mode]).tolist()


def test_matrices_are_resized_and_changed_by_hand(call: Call) -> None:
    assert call("tensors.resizeMatrix", [[[1, 2], [3, 4]], 3, 1]) == [[[1], [3], [0]]]
    assert call("tensors.replaceAt", [[[1, 2], [3, 4]], 1, 0, 7]) == [[[1, 2], [7, 4]]]


# Activations and pooling


def test_activations_by_hand_and_agree(call: Call) -> None:
    assert call("activations.activate", [-2, "relu"], [-2, "leaky_relu", 0.25], [0, "sigmoid"]) == [0, -0.5, 0.5]
    values = [*np.linspace(-9, 9, 37).tolist(), -1000.0, 1000.0]
    assert call("activations.ruleOf", ["relu"], ["leaky_relu", -0.5]) == ["max(x, 0)", "x for x > 0, else −0.5·x"]
    for name in [*by_hand.ACTIVATIONS, "none"]:
        assert call("activations.ruleOf", [name])[0]
        found = call("activations.activate", *[[value, name] for value in values])
        digits = 1e-12 if name == "gelu" else 1e-14  # Φ by its series, in double precision
        np.testing.assert_allclose(found, by_hand.activate(values, cast(Any, name)), rtol=digits, atol=0)


def test_smooth_activations_by_hand_and_against_scipy(call: Call) -> None:
    # Φ(1) = 0.8413447460685429 and 1 / (1 + 1/e) = 0.7310585786300049, from tables
    asked = [[1, "gelu"], [-1, "gelu"], [1, "silu"], [-1, "silu"]]
    expected = [0.8413447460685429, -0.15865525393145707, 0.7310585786300049, -0.2689414213699951]
    np.testing.assert_allclose(call("activations.activate", *asked), expected, rtol=1e-15)
    values = np.array([*np.linspace(-37, 37, 297), 0, 2.9999, 3, -3, -1000.0, 1000.0])
    gelu, silu = (call("activations.activate", *[[value, name] for value in values]) for name in ("gelu", "silu"))
    np.testing.assert_allclose(gelu, values * special.ndtr(values), rtol=1e-12, atol=0)
    np.testing.assert_allclose(silu, values * special.expit(values), rtol=1e-14, atol=0)


def test_pooling_by_hand(call: Call) -> None:
    values = [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]]
    two = {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0], "dilation": [1, 1]}
    assert call("pooling.poolMatrix", [values, "max", two], [values, "average", two]) == [
        [[8, 2], [4, 7]],
        [[4, 1], [2, 5]],
    ]
    assert call("pooling.poolAt", [values, "max", two, [0, 0]])[0]["winner"] == [1, 1]
    assert call("windows.outputSize", [axis(5, 2, 2)], [axis(5, 2, 2) | {"ceil": True}]) == [2, 3]


@pytest.mark.parametrize("kind", ["max", "average"])
def test_every_pooling_agrees(call: Call, kind: str) -> None:
    rng, cases, expected, mistakes = np.random.default_rng(7), [], [], []
    trace_of: Any = by_hand.trace_max_pool2d if kind == "max" else by_hand.trace_avg_pool2d
    for _ in range(200):
        matrix, ceil = numbers(rng, *rng.integers(1, 9, 2)), bool(rng.integers(2))
        sliding = {"kernel": rng.integers(1, 5, 2).tolist(), "stride": rng.integers(1, 4, 2).tolist()}
        sliding |= {"padding": rng.integers(0, 2, 2).tolist(), "dilation": [1, 1], "ceil": ceil}
        pooling = [tuple(sliding[key]) for key in ("kernel", "stride", "padding")]
        try:
            trace = trace_of(matrix, *pooling, ceil)
            cases.append([matrix.tolist(), kind, sliding])
            expected.append(trace)
        except UsageError as error:
            mistakes.append(([list(matrix.shape), sliding], str(error)))
    lines = call("pooling.findPoolingMistake", *[asked for asked, _ in mistakes])
    assert lines == [line for _, line in mistakes]
    assert lines
    asked = [[list(np.shape(matrix)), sliding] for matrix, _, sliding in cases]
    assert call("pooling.findPoolingMistake", *asked) == [None] * len(cases)
    for found, trace in zip(call("pooling.poolMatrix", *cases), expected, strict=True):
        np.testing.assert_allclose(np.array(found).ravel(), [one.result for one in trace], rtol=1e-9, atol=1e-9)
    chosen = [trace[int(rng.integers(len(trace)))] for trace in expected]
    asked = [[*case, list(one.position)] for case, one in zip(cases, chosen, strict=True)]
    for found, wanted in zip(call("pooling.poolAt", *asked), chosen, strict=True):
        assert found["covered"] == wanted.as_dict()["covered"]
        assert (found["winner"], found["divisor"]) == (wanted.as_dict()["winner"], wanted.divisor)
    exact = [one for one, case in zip(chosen, cases, strict=True) if np.array_equal(case[0], np.round(case[0]))]
    asked = [one for one, case in zip(asked, cases, strict=True) if np.array_equal(case[0], np.round(case[0]))]
    sentences = call("sentences.writePooling", *[[one] for one in call("pooling.poolAt", *asked)])
    assert sentences == [write_position(one) for one in exact]


# Counting


def test_counts_by_hand(call: Call) -> None:
    # the tutorial's layers: 8·(1·9 + 1) = 80, 16·(8·9 + 1) = 1168, 10·(784 + 1) = 7850
    layer = {"channels": 1, "kernels": 8, "kernel": [3, 3], "output": [28, 28]}
    assert call("counting.countConvParameters", [layer]) == [{"count": 80, "formula": "8·(1·3·3 + 1) = 80"}]
    expected = {"count": 56448, "formula": "28·28·8·(1·3·3) = 56,448"}
    assert call("counting.countConvMultiplyAdds", [layer]) == [expected]
    dense = {"inputs": 784, "outputs": 10}
    assert call("counting.countDenseParameters", [dense])[0]["count"] == 7850


def test_counts_agree_with_the_layer_table(call: Call) -> None:
    rng = np.random.default_rng(8)
    for _ in range(30):
        channels, kernels, size, outputs = (int(n) for n in rng.integers([1, 1, 6, 2], [5, 40, 40, 1200]))
        kernel, padding = rng.integers(1, 5, 2).tolist(), int(rng.integers(0, 3))
        network = convlens.Network.from_text(f"conv {kernels} {kernel[0]}x{kernel[1]} pad {padding}, dense {outputs}")
        conv, _, dense = layer_table(network, (channels, size, size), outputs).rows
        layer = {"channels": channels, "kernels": kernels, "kernel": kernel, "output": list(conv.output_shape[1:])}
        inputs = {"inputs": int(np.prod(conv.output_shape)), "outputs": outputs}
        for function, argument, row in [("Conv", layer, conv), ("Dense", inputs, dense)]:
            found = call(f"counting.count{function}Parameters", [argument])[0]
            assert found == {"count": row.parameters, "formula": row.parameters_formula}
            found = call(f"counting.count{function}MultiplyAdds", [argument])[0]
            assert found == {"count": row.multiply_adds, "formula": row.multiply_adds_formula}


# A network, and one step back

MATRIX = [[1, 2, 0], [3, 1, 2], [0, 2, 4]]
KERNEL = [[1, 0], [2, 1]]
GIVEN = {
    "image": MATRIX,
    "kernel": KERNEL,
    "bias": [[-7]],
    "weights": [[1, 1, 1, 1], [1, 0, 0, -1]],
    "biases": [[0], [0.5]],
}


def test_a_network_by_hand(call: Call) -> None:
    made = call("network.runNetwork", [GIVEN])[0]
    assert (made["conv"], made["relu"]) == ([[1, -1], [-2, 2]], [[1, 0], [0, 2]])
    assert (made["flatten"], made["dense"]) == ([[1, 0, 0, 2]], [[3], [-0.5]])
    np.testing.assert_allclose(made["powers"], [[20.0855369], [0.6065307]], rtol=1e-7)
    np.testing.assert_allclose(made["softmax"], [[0.9706878], [0.0293122]], rtol=1e-5)
    asked = [("conv", 0, 0), ("relu", 1, 0), ("flatten", 0, 2), ("dense", 1, 0), ("powers", 0, 0), ("powers", 1, 0)]
    asked.append(("softmax", 1, 0))
    found = call("network.explainNumber", *[[made, name, [row, column]] for name, row, column in asked])
    assert [one["sentence"] for one in found] == [
        "1·1 + 2·0 + 3·2 + 1·1 + bias (−7) = 1",
        "max(−2, 0) = 0",
        "row 1, column 0 of relu as it is, 0",
        "1·1 + 0·0 + 0·0 + 2·(−1) + bias 0.5 = −0.5",
        "e^3 ≈ 20.09",
        "e^(−0.5) ≈ 0.6065",
        "0.6065 / (20.09 + 0.6065) ≈ 0.02931",
    ]
    square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [one["lit"] for one in found] == [
        {"image": square, "kernel": square, "bias": [[0, 0]]},
        {"conv": [[1, 0]]},
        {"relu": [[1, 0]]},
        {"flatten": [[0, 0], [0, 1], [0, 2], [0, 3]], "weights": [[1, 0], [1, 1], [1, 2], [1, 3]], "biases": [[1, 0]]},
        {"dense": [[0, 0]]},
        {"dense": [[1, 0]]},
        {"powers": [[0, 0], [1, 0]]},
    ]


def test_softmax_far_from_zero(call: Call) -> None:
    large, small, near = call("network.softmax", [[1000, 999]], [[-1000, -1000]], [[100, 0]])
    assert (large["shift"], large["powers"][0], small["shift"]) == (1000, 1, -1000)
    np.testing.assert_allclose(large["probabilities"], [0.7310586, 0.2689414], rtol=1e-6)
    assert (small["probabilities"], near["shift"]) == ([0.5, 0.5], 0)
    made = call("network.runNetwork", [GIVEN | {"biases": [[1000], [-1000]]}])[0]
    asked = [[made, "powers", [0, 0]], [made, "powers", [1, 0]]]
    sentences = [one["sentence"] for one in call("network.explainNumber", *asked)]
    assert sentences == ["e^(1003 − 1003) = 1", "e^(−1001 − 1003) ≈ 0"]


def test_every_network_agrees(call: Call) -> None:
    rng, cases = np.random.default_rng(12), []
    for _ in range(60):
        height, width = rng.integers(1, 4, 2)
        rows, columns = rng.integers(0, 3, 2)
        outputs = rng.integers(2, 5)
        cases.append(
            {
                "image": numbers(rng, height + rows, width + columns).tolist(),
                "kernel": numbers(rng, height, width).tolist(),
                "bias": numbers(rng, 1, 1).tolist(),
                "weights": numbers(rng, outputs, (rows + 1) * (columns + 1)).tolist(),
                "biases": numbers(rng, outputs, 1).tolist(),
            }
        )
    found = call("network.runNetwork", *[[case] for case in cases])
    for case, made in zip(cases, found, strict=True):
        network, weights = as_network(case)
        results = [result.output for result in by_hand.run_network(network, weights, [case["image"]])]
        for name, expected in zip(["conv", "relu", "flatten", "dense"], results, strict=True):
            close: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9 * max(1, np.abs(expected).max())}
            np.testing.assert_allclose(np.ravel(made[name]), expected.ravel(), **close)
        logits = np.ravel(made["dense"])
        np.testing.assert_allclose(np.ravel(made["softmax"]), special.softmax(logits), rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(np.ravel(made["powers"]), np.exp(logits - made["shift"]), rtol=1e-9)
    assert {bool(made["shift"]) for made in found} == {True, False}
    asked, expected = [], []
    for case, made in zip(cases, found, strict=True):
        if not all(np.array_equal(case[key], np.round(case[key])) for key in case):
            continue  # the last digit of a sum may differ, and with it the sign between = and ≈
        for layer, name in [(0, "conv"), (3, "dense")]:
            window = by_hand.trace_layer(*as_network(case), [case["image"]], layer)[-1]
            asked.append([made, name, [len(made[name]) - 1, len(made[name][0]) - 1]])
            expected.append(write_position(window))
    assert [one["sentence"] for one in call("network.explainNumber", *asked)] == expected
    assert expected


def as_network(case: dict[str, Any]) -> tuple[convlens.Network, dict[str, Any]]:
    height, width = np.shape(case["kernel"])
    network = convlens.Network.from_text(f"conv 1 {height}x{width}, relu, dense {len(case['weights'])}")
    weights = {"0.weight": [[case["kernel"]]], "0.bias": case["bias"][0], "3.weight": case["weights"]}
    return network, weights | {"3.bias": np.ravel(case["biases"])}


def test_a_gradient_by_hand(call: Call) -> None:
    slopes, target, gradient = [[1, 0], [0, 10]], [[7, 6], [5, -1]], [[11, 22], [23, 41]]
    one = call("gradients.gradientOf", [MATRIX, slopes, [0, 0]])[0]
    assert (one["covered"], one["products"], one["total"]) == ([[[1, 2], [3, 1]]], [[[1, 0], [0, 10]]], 11)
    assert call("sentences.writeKernelSum", [one]) == ["1·1 + 2·0 + 3·0 + 1·10 = 11"]
    assert call("gradients.kernelGradient", [MATRIX, slopes]) == [gradient]
    assert call("gradients.subtract", [[[8, 6], [5, 9]], target]) == [slopes]
    assert call("gradients.lossOf", [slopes]) == [50.5]
    assert call("gradients.writeLoss", [slopes], [[[-2]]]) == ["½·(1² + 0² + 0² + 10²) = 50.5", "½·((−2)²) = 2"]
    after = call("gradients.subtract", [KERNEL, gradient, 0.01])[0]
    np.testing.assert_allclose(after, [[0.89, -0.22], [1.77, 0.59]], rtol=1e-12)


def test_every_gradient_agrees_and_is_the_slope_of_the_loss(call: Call) -> None:
    rng, cases = np.random.default_rng(13), []
    for _ in range(40):
        kernel = rng.integers(1, 4, 2)
        image = numbers(rng, *(kernel + rng.integers(0, 4, 2)))
        cases.append((image, numbers(rng, *kernel), numbers(rng, *(np.array(image.shape) - kernel + 1))))
    asked = [[by_hand.cross_correlate2d(image, kernel).tolist(), target.tolist()] for image, kernel, target in cases]
    slopes = call("gradients.subtract", *asked)
    asked = [[case[0].tolist(), one] for case, one in zip(cases, slopes, strict=True)]
    for (image, kernel, target), slope, found in zip(
        cases, slopes, call("gradients.kernelGradient", *asked), strict=True
    ):
        close: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9 * max(1, np.abs(found).max())}
        for weight in np.ndindex(kernel.shape):
            where: dict[str, Any] = {"weight": (0, 0, *weight), "kernel_size": kernel.shape}
            expected = by_hand.kernel_weight_gradient([image], [slope], **where)
            np.testing.assert_allclose(found[weight[0]][weight[1]], expected, **close)
            trace = by_hand.trace_kernel_weight_gradient([image], [slope], **where)
            one = call("gradients.gradientOf", [image.tolist(), slope, list(weight)])[0]
            assert np.ravel(one["covered"]).tolist() == [term.met for term in trace]
            np.testing.assert_allclose(np.ravel(one["products"]), [term.product for term in trace], rtol=1e-12)
            nudge = np.zeros(kernel.shape)
            nudge[weight] = 1  # the loss is a parabola, for which the difference over any distance is exact
            up, down = (half_squared_distance(image, kernel + sign * nudge, target) for sign in (1, -1))
            np.testing.assert_allclose((up - down) / 2, expected, rtol=1e-6, atol=1e-6 * max(1, up))


def half_squared_distance(image: np.ndarray, kernel: np.ndarray, target: np.ndarray) -> float:
    return float(((by_hand.cross_correlate2d(image, kernel) - target) ** 2).sum() / 2)


# Numbers as text


def test_numbers_are_written_as_the_package_writes_them(call: Call) -> None:
    rng = np.random.default_rng(9)
    values = [*rng.normal(size=300) * 10.0 ** rng.integers(-8, 12, 300), 0, -3, 1 / 3, 1e20, 255, 1e9, 0.001, 999999.9]
    values = [float(value) for value in values]
    assert call("sentences.shortNumber", *[[value] for value in values]) == [short_number(value) for value in values]
    assert call("sentences.shortNumber", [-0.5], [1 / 3], [-0.00012345]) == ["−0.5", "0.3333", "−1.234e−4"]


def test_typed_numbers_are_read_or_refused_in_one_line(call: Call) -> None:
    asked = ["2", "−0.5", "1,5", "1/4", ".5", "-0"]
    found = call("reading.readNumber", *[["row 0, column 1", text] for text in asked])
    assert [one["value"] for one in found] == [2, -0.5, 1.5, 0.25, 0.5, 0]
    refused = ["", "abc", "1/0", "1/2/3", "2000000", "<b>1</b>", "0x10", "Infinity"]
    lines = [one["mistake"] for one in call("reading.readNumber", *[["row 0, column 1", text] for text in refused])]
    assert lines[0] == "row 0, column 1 is empty; give a number, such as 2, −0.5 or 1/3."
    assert lines[1] == "row 0, column 1 is “abc”; give a number, such as 2, −0.5 or 1/3."
    assert lines[4] == "row 0, column 1 is 2000000; give a number from −1,000,000 to 1,000,000."
    assert all(line.endswith(".") for line in lines)
    found = call("reading.readWhole", *[["stride", text, 1, 4] for text in ("3", "0", "5", "", "1.5", "x")])
    assert found[0] == {"value": 3}
    assert found[1] == {"mistake": "the stride is 0; give a whole number from 1 to 4."}
    assert found[3] == {"mistake": "the stride is empty; give a whole number from 1 to 4."}
    assert all("mistake" in one for one in found[1:])
