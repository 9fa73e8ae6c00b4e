"""What Look inside computes without a page: names of places, layouts of columns, samples, and the answer's words."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Call = Callable[..., Any]
HERE = "convlens/views/look"


def use(call: Call, module: str, function: str, *cases: Any) -> list[Any]:
    """The results of a function of a module of the view, one for each list of arguments."""
    code = f"async ([m, f, all]) => {{ const got = await import(`{HERE}/${{m}}.js`); return all.map(EACH); }}"
    return call(code.replace("EACH", "(one) => got[f](...one)"), [module, function, list(cases)])


MAPS = {"layers": [{"text": "conv 2 3x3", "outputShape": [2, 3, 4], "inputs": [-1]}], "inputShape": [3, 5, 6]}
BRANCHED = {
    "inputShape": [1, 4, 4],
    "classNames": ["cat", "d" * 50],
    "layers": [
        {"text": "relu", "branch": "body", "inputs": [-1], "outputShape": [1, 4, 4]},
        {"text": "add", "branch": "", "inputs": [-1, 0], "outputShape": [1, 4, 4]},
        {"text": "flatten", "branch": "", "inputs": [1], "outputShape": [16]},
        {"text": "dense 2", "branch": "", "inputs": [2], "outputShape": [2]},
    ],
}


def test_places_by_hand(call: Call) -> None:
    assert use(call, "places", "positionIn", [[2, 3, 4], 0], [[2, 3, 4], 23], [[2, 3, 4], 17], [[9], 7]) == [
        {"map": 0, "row": 0, "column": 0},
        {"map": 1, "row": 2, "column": 3},
        {"map": 1, "row": 1, "column": 1},  # 17 = 12 + 4 + 1
        {"map": 7, "row": 0, "column": 0},
    ]
    position = {"map": 1, "row": 1, "column": 1}
    assert use(call, "places", "placeAt", [[2, 3, 4], position], [[9], {"map": 7, "row": 0, "column": 0}]) == [17, 7]


def test_names_of_places(call: Call) -> None:
    assert use(call, "places", "layerName", *([BRANCHED, layer] for layer in (-1, 0, 1))) == [
        "input",
        "relu (body)",
        "add",
    ]
    assert use(call, "places", "describeInputs", *([BRANCHED, layer] for layer in (-1, 0, 1, 2))) == [
        "",
        "",
        "Inputs: input and relu (body). ",
        "",
    ]
    assert use(call, "places", "describeTarget", *([MAPS, {"layer": layer, "place": 17}] for layer in (-1, 0))) == [
        "input, channel 0, row 2, column 5",
        "conv 2 3x3, map 1, row 1, column 1",
    ]
    assert use(call, "places", "placeName", [BRANCHED, 2, 5], [BRANCHED, 3, 0], [BRANCHED, 3, 1]) == [
        "number 5",
        "class cat",
        "class " + "d" * 39 + "…",
    ]
    assert use(call, "places", "isLogits", [BRANCHED, 2], [BRANCHED, 3], [MAPS, 0]) == [False, True, False]
    assert use(
        call, "places", "describeShape", [[784], 2], [[8, 28, 28], 0], [[1, 2, 3], 0], [[1, 2, 3], -1], [[3, 2, 2], -1]
    ) == ["784 numbers", "8 maps of 28 × 28", "1 map of 2 × 3", "1 channel of 2 × 3", "3 channels of 2 × 2"]
    assert use(call, "places", "clipName", ["abcde", 5], ["abcdef", 5], [7], ["🦊" * 6, 5]) == [
        "abcde",
        "abcd…",
        "7",
        "🦊" * 4 + "…",
    ]
    assert use(
        call, "places", "hasKernels", [{"weight": {"shape": [1, 1, 3, 3]}}], [{"weight": {"shape": [2, 3]}}]
    ) == [
        True,
        False,
    ]
    assert use(call, "places", "branchesOf", ["3"], ["3.body.1.branches.0.2"], ["2.shortcut.0"]) == [
        [],
        [{"id": "3.body", "label": "body"}, {"id": "3.body.1.branches.0", "label": "branch 0"}],
        [{"id": "2.shortcut", "label": "shortcut"}],
    ]


@pytest.mark.parametrize(
    ("shape", "count", "options", "columns", "scale", "gap"),
    [
        ([8, 28, 28], 8, {}, 1, 2, 3),  # (500 + 6) / ((28 + 3) · 2) = 8.2 fit below each other
        ([16, 28, 28], 16, {}, 2, 2, 3),
        ([16, 14, 14], 16, {}, 2, 3, 2),  # 506 / 48 = 10.5
        ([16, 12, 30], 16, {}, 1, 2, 3),  # the larger side decides the scale: 506 / 30 = 16.9
        ([16, 7, 7], 16, {}, 2, 5, 1),  # 505 / 40 = 12.6
        ([4, 4, 4], 4, {}, 1, 8, 1),
        ([4, 2, 1], 4, {}, 1, 12, 1),
        ([4, 48, 48], 4, {}, 1, 1, 6),
        ([1, 28, 28], 1, {"larger": True}, 1, 3, 2),  # 88 / 28 = 3.1
        ([1, 100, 100], 1, {"larger": True}, 1, 1, 6),
        ([8, 28, 28], 8, {"width": 300}, 4, 2, 3),  # 306 / 62 = 4.9
        ([8, 28, 28], 8, {"width": 20}, 1, 2, 3),
        ([10], 10, {}, 1, 22, 0),
        ([16], 16, {"line": 30, "width": 400}, 1, 30, 0),
        ([17], 17, {}, 1, 10, 0),
        ([64], 64, {}, 2, 10, 0),  # 50 in a column
        ([65], 65, {}, 8, 10, 0),
        ([128], 128, {}, 8, 10, 0),
        ([129], 129, {}, 8, 6, 0),
        ([512], 512, {}, 8, 6, 0),  # 83 in a column
        ([784], 784, {}, 8, 4, 0),
        ([1024], 1024, {}, 9, 4, 0),  # 125 in a column
        ([128], 128, {"width": 300}, 30, 10, 0),
        ([20], 20, {"width": 300}, 20, 10, 0),
    ],
)
def test_layouts_by_hand(
    call: Call, shape: list[int], count: int, options: dict[str, Any], columns: int, scale: int, gap: int
) -> None:
    (found,) = use(call, "column_layout", "layOut", [shape, count, options])
    assert (found["columns"], found["scale"], found["gap"], found["count"]) == (columns, scale, gap, count)
    assert [found["height"], found["width"]] == (shape[1:] or [1, 1])


def test_outlines_and_how_many_are_shown(call: Call) -> None:
    layout = {"count": 3, "columns": 2, "height": 4, "width": 5, "gap": 1, "pixelWidth": 11, "pixelHeight": 9}
    vector = {**layout, "height": 1, "width": 1, "gap": 0, "pixelWidth": 2, "pixelHeight": 2}
    loose = {**vector, "gap": 1}
    assert use(call, "column_layout", "outlines", [layout], [vector], [loose]) == [
        "M0 0h5v4h-5zM6 0h5v4h-5zM0 5h5v4h-5z",
        "M0 0h2v2h-2z",
        "M0 0h1v1h-1zM2 0h1v1h-1zM0 2h1v1h-1z",
    ]
    box = {"top": 1, "left": 2, "bottom": 3, "right": 5}
    assert use(call, "column_layout", "rectangle", [layout, 2, box], [layout, 1, box]) == [
        "M2 6h3v2h-3z",
        "M8 1h3v2h-3z",
    ]
    shapes = [[[9]], [[9, 48, 48]], [[9, 49, 2]], [[9, 2, 49]]]
    assert use(call, "column_layout", "mostShown", *shapes) == [1024, 16, 8, 8]
    assert use(call, "column_layout", "isLabelled", [[16]], [[17]], [[1, 1, 1]]) == [True, False, False]


def test_the_likeliest_and_why_it_is_unknown(call: Call) -> None:
    assert use(call, "answer", "likeliest", [[0.2, 0.5, 0.2, 0.1]], [[]]) == [[1, 0, 2, 3], []]
    sure = {"threshold": 0.9}
    assert use(
        call,
        "answer",
        "whyUnknown",
        [sure, [], 0.9],
        [sure, [], 0.12345],
        [{"threshold": None}, [], 0],
        [sure, ["a", "b"], 1],
    ) == [
        "",
        "confidence 12.35 % is below the threshold of 90.00 %",
        "",
        "unlike the training images: a; b",
    ]


def test_samples_are_judged_and_chosen(call: Call, build_model: Callable[..., TrainedModel]) -> None:
    """Of the logits ln 3 and 0 the shares are 75 and 25 per cent: a lead of a half, which is not uncertain."""
    payload = page_model(build_model("dense", (1, 2, 2), 2))
    code = f"""async (payload) => {{
        const m = await import("{HERE}/samples.js");
        const {{ openModel }} = await import("convlens/engine/network.js");
        const model = {{ ...openModel(payload), temperature: 1 }};
        const logits = [[1.0987, 0], [1.0985, 0], [0, 9]].map((one) => Float32Array.from(one));
        const judged = m.judge(model, logits.map((one, place) => ({{ label: Number(place === 1), logits: one }})));
        const places = (filter) => m.choose(judged, filter).map(({{ place }}) => place);
        return [judged, [undefined, {{ which: "wrong" }}, {{ which: "uncertain" }}, {{ label: 0 }},
            {{ which: "wrong", label: 0 }}, {{ which: "all", label: null }}].map(places)];
    }}"""
    judged, chosen = call(code, payload)
    assert [(one["label"], one["best"], one["wrong"], one["uncertain"]) for one in judged] == [
        (0, 0, False, False),
        (1, 0, True, True),
        (0, 1, True, False),
    ]
    assert judged[0]["probability"] == pytest.approx(0.75, abs=1e-4)
    assert chosen == [[0, 1, 2], [1, 2], [1], [0, 2], [2], [0, 1, 2]]


def test_one_class_is_never_uncertain(call: Call, build_model: Callable[..., TrainedModel]) -> None:
    code = f"""async (payload) => {{
        const m = await import("{HERE}/samples.js");
        const {{ openModel }} = await import("convlens/engine/network.js");
        return m.judge(openModel(payload), [{{ label: 0, logits: Float32Array.of(3) }}]);
    }}"""
    (judged,) = call(code, page_model(build_model("dense", (1, 2, 2), 1)))
    assert judged == {"place": 0, "label": 0, "best": 0, "probability": 1, "wrong": False, "uncertain": False}


@pytest.mark.parametrize(("network", "target"), [("conv 2 1x1, relu, dense", [0, 3]), ("flatten, dense", [1, 1])])
def test_a_session_looks_at_the_largest_number(
    call: Call, build_model: Callable[..., TrainedModel], network: str, target: list[int]
) -> None:
    """Of the first convolution, or else of the last layer; weights and pixels are set by hand."""
    code = f"""async (payload) => {{
        const m = await import("{HERE}/session.js");
        const {{ openModel }} = await import("convlens/engine/network.js");
        const model = openModel(payload);
        model.normalisation = {{ mean: [0], std: [1] }};
        for (const {{ weight, bias }} of model.layers) {{
            weight?.data.fill(0); bias?.data.fill(0);
            if (weight?.shape.length === 4) weight.data[0] = 1;
            else if (weight) weight.data[weight.shape[1]] = 1;
        }}
        const session = m.lookAtSample(model, {{ pixels: Uint8Array.of(10, 20, 20, 30), label: 1 }});
        const {{ layer, place }} = m.interestingTarget(session);
        const nothing = [true, false, null].map((light_on_dark) =>
            m.lookAtNothing({{ ...model, preprocessing: {{ ...model.preprocessing, light_on_dark }} }}));
        const {{ label, source, prepared }} = session;
        return [[layer, place], [label, source, prepared],
            [...nothing.map(({{ pixels }}) => pixels[3]), nothing[0].source, nothing[0].label],
            [m.answerOf(session).nothing, m.answerOf(nothing[0]).nothing],
            m.lookAtPicture(model, null, "drawing").source];
    }}"""
    found, sample, nothing, answers, empty = call(code, page_model(build_model(network, (1, 2, 2), 2)))
    assert found == target
    assert sample == [1, "sample", None]
    assert nothing == [0, 255, 0, "nothing", None]
    assert (answers, empty) == ([False, True], "nothing")
