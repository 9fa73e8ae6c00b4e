"""The network's text as chips: every change of a chip changes that layer in the text and nothing else."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlens.errors import NetworkError
from convlens.network import PRESETS, read_network

IMPORT = 'const text = await import("convlens/views/train/network_text.js");'
TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


def run(call: Any, expression: str, *values: Any) -> Any:
    return call(f"async (values) => {{ {IMPORT} return {expression}; }}", list(values))


def test_split_layers_keeps_places(call):
    assert run(call, "text.splitLayers(values[0])", "conv 8 3x3,  relu ,\ndense") == [
        {"text": "conv 8 3x3", "start": 0, "end": 10},
        {"text": "relu", "start": 13, "end": 17},
        {"text": "dense", "start": 20, "end": 25},
    ]
    assert run(call, "text.splitLayers(values[0])", " , ,") == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("text.replaceLayer(t, 1, 'tanh')", "Conv 8 3 x 3,\n tanh ,dense"),
        ("text.insertLayer(t, 1, 'batchnorm')", "Conv 8 3 x 3,\n batchnorm, relu ,dense"),
        ("text.insertLayer(t, 3, 'tanh')", "Conv 8 3 x 3,\n relu ,dense, tanh"),
        ("text.insertLayer('', 0, 'dense')", "dense"),
        ("text.insertLayer('relu, ', 1, 'dense')", "relu, dense"),
        ("text.removeLayer(t, 0)", "relu ,dense"),
        ("text.removeLayer(t, 2)", "Conv 8 3 x 3,\n relu"),
        ("text.removeLayer('dense', 0)", ""),
        ("text.moveLayer(t, 0, 2)", "relu,\n dense ,Conv 8 3 x 3"),
        ("text.moveLayer(t, 2, 0)", "dense,\n Conv 8 3 x 3 ,relu"),
    ],
)
def test_changes_leave_the_rest_as_typed(call, expression, expected):
    assert run(call, f"((t) => {expression})(values[0])", "Conv 8 3 x 3,\n relu ,dense") == expected


def test_layers_taken_apart(call):
    assert run(call, "text.readLayer(values[0])", "Conv 8 3 x 5 pad 1 STRIDE 2") == {
        "word": "conv",
        "numbers": ["8", "3x5"],
        "options": {"pad": "1", "stride": "2"},
    }
    for odd in (
        "rleu",
        "conv pad",
        "conv 8 3x3 pad",
        "relu 3",
        "maxpool 2 dilation 2",
        "__proto__",
        "<b>",
        "constructor",
    ):
        assert run(call, "text.readLayer(values[0])", odd) is None
    written = run(call, "text.writeLayer(values[0])", {"word": "conv", "numbers": ["8", "3x3"], "options": {"pad": ""}})
    assert written == "conv 8 3x3"


def test_new_layers_go_before_the_last_dense(call):
    assert run(call, "text.placeForNewLayer(values[0])", TUTORIAL) == 6
    assert run(call, "text.placeForNewLayer(values[0])", "relu, dense 10") == 2
    assert run(call, "text.placeForNewLayer(values[0])", "") == 0


def test_layer_at_a_place(call):
    places = run(
        call,
        "values[1].map((place) => text.layerAt(text.splitLayers(values[0]), place))",
        "relu,  tanh",
        [0, 4, 5, 8, 99],
    )
    assert places == [0, 1, 1, 1, 1]
    assert run(call, "text.layerAt([], 3)") == -1


def test_places_that_python_counted(call):
    """Python counts characters; JavaScript counts an emoji twice."""
    text = "relu, 🦊🦊 tanh"
    with pytest.raises(NetworkError) as caught:
        read_network(text)
    start = text.index("🦊")
    assert caught.value.start == start
    assert run(call, "[6, 7, 8].map((place) => text.unitsOf(values[0], place))", text) == [6, 8, 10]


def test_presets_are_pythons(call):
    page = call('async () => (await import("convlens/views/train/network_editor.js")).PRESETS')
    assert page == PRESETS


def test_every_layer_that_can_be_added_is_one(call):
    kinds = run(call, "text.LAYER_KINDS")
    for word, kind in kinds.items():
        (layer,) = [one for one in read_network(f"{kind['default']}, dense").layers if one.word == word][:1]
        assert str(layer) == kind["default"]


LAYERS = st.sampled_from(
    (
        *("conv 8 3x3 pad 1", "conv 4 5x3 stride 2 dilation 2", "relu", "maxpool 2", "avgpool 3x2 pad 1", "batchnorm"),
        *("dropout 0.25", "leaky_relu 0.1", "tanh", "sigmoid", "globalavgpool"),
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(layers=st.lists(LAYERS, min_size=1, max_size=6), data=st.data())
def test_chips_against_python_lists(call, layers, data):
    """What the chips make of a text is what a list of its layers would become, whatever stands between them."""
    gaps = data.draw(st.lists(st.sampled_from([", ", ",", " ,\n", ",  "]), min_size=len(layers), max_size=len(layers)))
    text = "".join(layer + gap for layer, gap in zip(layers, gaps, strict=True)).rstrip(", \n")
    source, target = (data.draw(st.integers(0, len(layers) - 1)) for _ in range(2))
    moved = [*layers]
    moved.insert(target, moved.pop(source))
    found = run(
        call,
        "[text.moveLayer(values[0], values[1], values[2]), text.removeLayer(values[0], values[1]),"
        " text.insertLayer(values[0], values[1], 'tanh'),"
        " text.splitLayers(values[0]).map((layer) => text.writeLayer(text.readLayer(layer.text)))]",
        *(text, source, target),
    )
    as_layers = [[layer.strip() for layer in one.split(",") if layer.strip()] for one in found[:3]]
    removed = layers[:source] + layers[source + 1 :]
    assert as_layers == [moved, removed, [*layers[:source], "tanh", *layers[source:]]]
    assert [sorted(layer.split()) for layer in found[3]] == [sorted(layer.split()) for layer in layers]
