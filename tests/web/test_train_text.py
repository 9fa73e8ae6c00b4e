"""The network's text as chips: every change of a chip changes that layer in the text and nothing else."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlens.errors import NetworkError
from convlens.network import read_network

IMPORT = """
    const text = await import("convlens/views/train/network_text.js");
    const tree = await import("convlens/views/train/network_tree.js");
    const read = (network) => tree.partsOf(tree.readNetwork(network));
"""
TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"
TYPED = "Conv 8 3 x 3,\n relu ,dense"
RESIDUAL = "relu, Residual( conv 4 3x3,tanh , shortcut conv 4 1x1 ),  dense"
CONCAT = "concat(conv 8 1x1; ;relu,  Concat(tanh;)) , dense"


def run(call: Any, expression: str, *values: Any) -> Any:
    return call(f"async (values) => {{ {IMPORT} return {expression}; }}", list(values))


def parts(call: Any, network: str) -> list[list[Any]]:
    """[text, start, chain's name, place, number of branches] of every part."""
    found = "read(values[0]).map((p) => [p.text, p.start, p.chain.name, p.place, p.branches.length])"
    return run(call, found, network)


def test_layers_of_a_chain_have_their_places(call):
    assert parts(call, "conv 8 3x3,  relu ,\ndense") == [
        ["conv 8 3x3", 0, "", 0, 0],
        ["relu", 13, "", 1, 0],
        ["dense", 20, "", 2, 0],
    ]
    assert parts(call, " , ,") == []


def test_groups_and_what_is_in_them(call):
    assert parts(call, RESIDUAL) == [
        ["relu", 0, "", 0, 0],
        ["Residual( conv 4 3x3,tanh , shortcut conv 4 1x1 )", 6, "", 1, 2],
        ["conv 4 3x3", 16, "body", 0, 0],
        ["tanh", 27, "body", 1, 0],
        ["conv 4 1x1", 43, "shortcut", 0, 0],
        ["dense", 58, "", 2, 0],
    ]
    assert parts(call, CONCAT) == [
        ["concat(conv 8 1x1; ;relu,  Concat(tanh;))", 0, "", 0, 3],
        ["conv 8 1x1", 7, "branch 0", 0, 0],
        ["", 18, "branch 1", -1, 0],
        ["relu", 20, "branch 2", 0, 0],
        ["Concat(tanh;)", 27, "branch 2", 1, 2],
        ["tanh", 34, "branch 0", 0, 0],
        ["", 39, "branch 1", -1, 0],
        ["dense", 44, "", 1, 0],
    ]


@pytest.mark.parametrize(
    ("network", "texts"),
    [
        ("residual(relu, tanh", ["residual(relu, tanh", "relu", "tanh"]),
        ("residual(", ["residual(", ""]),
        ("relu), tanh", ["relu)", "tanh"]),
        ("relu; tanh", ["relu", "tanh"]),
        ("(relu)", ["(relu)", "relu"]),
        ("residual(shortcut)", ["residual(shortcut)", "", ""]),
        ("concat(shortcut tanh)", ["concat(shortcut tanh)", "shortcut tanh"]),
        ("shortcuts, shortcut tanh", ["shortcuts", "shortcut tanh"]),
        ("", []),
    ],
)
def test_what_is_not_a_network_yet_has_parts_too(call, network, texts):
    assert [part[0] for part in parts(call, network)] == texts


@pytest.mark.parametrize(
    "network", ["(" * 20_000, "residual(" * 5_000 + "relu" + ")" * 9_000, ")" * 20_000, "(;" * 9_000]
)
def test_hostile_nesting_is_read(call, network):
    assert len(parts(call, network)) < 10_000


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("tree.replacePart(t, p[1], 'tanh')", "Conv 8 3 x 3,\n tanh ,dense"),
        ("tree.insertPart(t, top, 1, 'batchnorm').text", "Conv 8 3 x 3,\n batchnorm, relu ,dense"),
        ("tree.insertPart(t, top, 3, 'tanh').text", "Conv 8 3 x 3,\n relu ,dense, tanh"),
        ("tree.removePart(t, p[0])", "relu ,dense"),
        ("tree.removePart(t, p[2])", "Conv 8 3 x 3,\n relu"),
        ("tree.movePart(t, p[0], top, 2).text", "relu,\n dense ,Conv 8 3 x 3"),
        ("tree.movePart(t, p[2], top, 0).text", "dense,\n Conv 8 3 x 3 ,relu"),
    ],
)
def test_edits_of_a_chain_leave_the_rest_as_typed(call, expression, expected):
    assert edit(call, TYPED, expression) == expected


def edit(call: Any, network: str, expression: str) -> Any:
    """An expression of `t`, the text, `top`, its chain, and `p`, its parts."""
    names = "const t = values[0], top = tree.readNetwork(t), p = tree.partsOf(top);"
    return call(f"async (values) => {{ {IMPORT} {names} return {expression}; }}", [network])


@pytest.mark.parametrize(
    ("network", "expression", "expected"),
    [
        ("", "tree.insertPart(t, top, 0, 'dense').text", "dense"),
        ("relu, ", "tree.insertPart(t, top, 1, 'dense').text", "relu, dense"),
        ("dense", "tree.removePart(t, p[0])", ""),
        (
            RESIDUAL,
            "tree.replacePart(t, p[3], 'dropout 0.5')",
            "relu, Residual( conv 4 3x3,dropout 0.5 , shortcut conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.insertPart(t, p[2].chain, 1, 'relu').text",
            "relu, Residual( conv 4 3x3,relu, tanh , shortcut conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.insertPart(t, p[2].chain, 2, 'relu').text",
            "relu, Residual( conv 4 3x3,tanh, relu , shortcut conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.insertPart(t, p[4].chain, 1, 'relu').text",
            "relu, Residual( conv 4 3x3,tanh , shortcut conv 4 1x1, relu ),  dense",
        ),
        (RESIDUAL, "tree.removePart(t, p[1])", "relu, dense"),
        (RESIDUAL, "tree.removePart(t, p[2])", "relu, Residual( tanh , shortcut conv 4 1x1 ),  dense"),
        (RESIDUAL, "tree.removePart(t, p[4])", "relu, Residual( conv 4 3x3,tanh ),  dense"),
        ("residual(tanh, shortcut relu)", "tree.removePart(t, p[1])", "residual(shortcut relu)"),
        ("residual(tanh, shortcut)", "tree.removePart(t, p[2])", "residual(tanh)"),
        ("residual(tanh, shortcut)", "tree.insertPart(t, p[2].chain, 0, 'relu').text", "residual(tanh, shortcut relu)"),
        ("residual(shortcut relu)", "tree.insertPart(t, p[1].chain, 0, 'tanh').text", "residual(tanh, shortcut relu)"),
        ("residual()", "tree.insertPart(t, p[1].chain, 0, 'tanh').text", "residual(tanh)"),
        ("residual( ), relu", "tree.removePart(t, p[1])", "relu"),
        (
            CONCAT,
            "tree.insertPart(t, p[2].chain, 0, 'relu').text",
            "concat(conv 8 1x1; relu;relu,  Concat(tanh;)) , dense",
        ),
        (CONCAT, "tree.removePart(t, p[1])", "concat(; ;relu,  Concat(tanh;)) , dense"),
        (CONCAT, "tree.removePart(t, p[2])", "concat(conv 8 1x1;relu,  Concat(tanh;)) , dense"),
        (CONCAT, "tree.removePart(t, p[6])", "concat(conv 8 1x1; ;relu,  Concat(tanh)) , dense"),
        ("concat( ; relu)", "tree.removePart(t, p[1])", "concat( relu)"),
        ("concat(conv 8 1x1; relu)", "tree.removePart(t, p[2])", "concat(conv 8 1x1;)"),
        ("concat(conv 8 1x1;)", "tree.insertPart(t, p[2].chain, 0, 'relu').text", "concat(conv 8 1x1; relu)"),
        ("concat(conv 8 1x1; )", "tree.insertPart(t, p[2].chain, 0, 'relu').text", "concat(conv 8 1x1; relu)"),
        (CONCAT, "tree.addBranch(t, p[4], '; relu').text", "concat(conv 8 1x1; ;relu,  Concat(tanh;; relu)) , dense"),
        ("residual( tanh )", "tree.addBranch(t, p[0], ', shortcut relu').text", "residual( tanh, shortcut relu )"),
        # Out of a group, into a group before and behind, from the body to the shortcut and back.
        (
            RESIDUAL,
            "tree.movePart(t, p[3], top, 2).text",
            "relu, Residual( conv 4 3x3 , shortcut conv 4 1x1 ),  tanh, dense",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[2], top, 1).text",
            "relu, conv 4 3x3, Residual( tanh , shortcut conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[0], p[2].chain, 0).text",
            "Residual( relu, conv 4 3x3,tanh , shortcut conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[5], p[4].chain, 1).text",
            "relu, Residual( conv 4 3x3,tanh , shortcut conv 4 1x1, dense )",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[3], p[4].chain, 0).text",
            "relu, Residual( conv 4 3x3 , shortcut tanh, conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[4], p[3].chain, 2).text",
            "relu, Residual( conv 4 3x3,tanh, conv 4 1x1 ),  dense",
        ),
        (
            RESIDUAL,
            "tree.movePart(t, p[1], top, 0).text",
            "Residual( conv 4 3x3,tanh , shortcut conv 4 1x1 ), relu,  dense",
        ),
        (CONCAT, "tree.movePart(t, p[1], p[2].chain, 0).text", "concat(; conv 8 1x1;relu,  Concat(tanh;)) , dense"),
    ],
)
def test_edits_in_groups_leave_the_rest_as_typed(call, network, expression, expected):
    assert edit(call, network, expression) == expected


@pytest.mark.parametrize(
    ("network", "source", "chain", "place"),
    [
        (RESIDUAL, 3, 0, 2),
        (RESIDUAL, 0, 2, 1),
        (RESIDUAL, 4, 2, 0),
        (RESIDUAL, 4, 3, 2),
        (CONCAT, 7, 6, 0),
        (CONCAT, 4, 1, 1),
        ("relu, tanh,  dense", 0, 0, 2),
        ("relu, tanh,  dense", 2, 0, 1),
    ],
)
def test_an_edit_says_where_its_layer_is(call, network, source, chain, place):
    moved, text, found = edit(
        call,
        network,
        f"((part, e) => [part.text, e.text, e.text.slice(e.at)])(p[{source}],"
        f" tree.movePart(t, p[{source}], p[{chain}].chain, {place}))",
    )
    assert found.startswith(moved)
    words, before = (re.findall(r"\w+", one.replace("shortcut", "")) for one in (text, network))
    assert sorted(words) == sorted(before)


def test_a_layer_can_be_moved_through_the_whole_network(call):
    """Step by step to the end and back: past layers, into a group, from branch to branch, out of it."""
    walk = """(() => {
        const seen = [];
        let network = "tanh, residual(relu, shortcut conv 4 1x1), dense", at = 0;
        for (const step of [...Array(7).fill(1), ...Array(7).fill(-1)]) {
            const part = read(network).find((one) => one.text === "tanh");
            const target = tree.placeBeside(part, step);
            if (target) network = tree.movePart(network, part, target.chain, target.place).text;
            seen.push(target && network);
        }
        return seen;
    })()"""
    steps = [
        "residual(tanh, relu, shortcut conv 4 1x1), dense",
        "residual(relu, tanh, shortcut conv 4 1x1), dense",
        "residual(relu, shortcut tanh, conv 4 1x1), dense",
        "residual(relu, shortcut conv 4 1x1, tanh), dense",
        "residual(relu, shortcut conv 4 1x1), tanh, dense",
        "residual(relu, shortcut conv 4 1x1), dense, tanh",
        None,
    ]
    back = [*reversed(steps[:5]), "tanh, residual(relu, shortcut conv 4 1x1), dense", None]
    assert run(call, walk) == steps + back


def test_layers_taken_apart(call):
    assert run(call, "text.readLayer(values[0])", "Conv 8 3 x 5 pad 1 STRIDE 2 groups 4") == {
        "word": "conv",
        "numbers": ["8", "3x5"],
        "options": {"pad": "1", "stride": "2", "groups": "4"},
    }
    same = run(call, "text.readLayer(values[0])", "conv 8 3x3 pad SAME")
    assert same == {"word": "conv", "numbers": ["8", "3x3"], "options": {"pad": "same"}}
    assert run(call, "text.writeLayer(values[0])", same) == "conv 8 3x3 pad same"
    for odd in (
        *("maxpool 2 pad same", "conv 8 3x3 stride same"),
        *("rleu", "conv pad", "conv 8 3x3 pad", "relu 3", "maxpool 2 dilation 2"),
        *("__proto__", "<b>", "constructor", "residual(relu)", ""),
    ):
        assert run(call, "text.readLayer(values[0])", odd) is None
    written = run(call, "text.writeLayer(values[0])", {"word": "conv", "numbers": ["8", "3x3"], "options": {"pad": ""}})
    assert written == "conv 8 3x3"


def test_new_layers_go_before_the_last_dense(call):
    place = "tree.placeForNew(tree.readNetwork(values[0]))"
    assert run(call, place, TUTORIAL) == 6
    assert run(call, place, "relu, dense 10") == 2
    assert run(call, place, "residual(dense)") == 1
    assert run(call, place, "") == 0


BODY = "conv {0} 3x3 pad 1, batchnorm, relu, conv {0} 3x3 pad 1, batchnorm"


@pytest.mark.parametrize(
    ("network", "chain", "place", "expected"),
    [
        (TUTORIAL, "top", 6, f"residual({BODY.format(16)})"),
        (TUTORIAL, "top", 1, f"residual({BODY.format(8)})"),
        (TUTORIAL, "top", 0, f"residual({BODY.format(8)}, shortcut conv 8 1x1)"),
        (
            "conv 4 3x3, concat(conv 8 1x1; ; residual(conv 6 1x1, relu)), dense",
            "top",
            2,
            f"residual({BODY.format(18)})",
        ),
        ("conv 4 3x3, concat(relu; conv 2 1x1), dense", "p[2].chain", 1, f"residual({BODY.format(4)})"),
        ("conv 4 3x3, dense 32, relu, dense", "top", 3, "residual(dense 32, relu)"),
    ],
)
def test_a_new_residual_keeps_the_shape(call, network, chain, place, expected):
    assert edit(call, network, f"text.textForNew('residual', {chain}, {place})") == expected


def test_a_new_shortcut_gives_as_many_maps_as_the_body(call):
    assert edit(call, "residual(conv 12 3x3, relu)", "text.textForShortcut(p[1].chain)") == "shortcut conv 12 1x1"


def test_part_at_a_place(call):
    places = "values[1].map((place) => tree.partAt(read(values[0]), place))"
    assert run(call, places, "relu,  tanh", [0, 3, 4, 5, 8, 99]) == [0, 0, 1, 1, 1, 1]
    assert run(call, places, " relu,  tanh, dense", [0, 6, 7, 12]) == [0, 1, 1, 2]
    # The word of a group and its brackets are the group; what stands in it is itself.
    assert run(call, places, "relu, residual(tanh, relu), dense", [6, 13, 15, 19, 21, 25, 26, 28]) == [
        1,
        1,
        2,
        1,
        3,
        1,
        4,
        4,
    ]
    assert run(call, "tree.partAt([], 3)") == -1


def test_places_that_python_counted(call):
    """Python counts characters; JavaScript counts an emoji twice."""
    text = "relu, 🦊🦊 tanh"
    with pytest.raises(NetworkError) as caught:
        read_network(text)
    start = text.index("🦊")
    assert caught.value.start == start
    assert run(call, "[6, 7, 8].map((place) => text.unitsOf(values[0], place))", text) == [6, 8, 10]


def test_everything_in_the_menu_can_be_added(call):
    """What the menu puts into a network is one that Python reads, written as Python writes it."""
    for word, _ in run(call, "text.MENU"):
        added = edit(call, "conv 4 3x3, dense", f"text.textForNew({word!r}, top, 1)")
        layers = read_network(f"conv 4 3x3, {added}, dense").layers[1:]
        assert added in [str(layer) for layer in layers if layer.word == word]


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
        "((t, source, target, top = tree.readNetwork(t)) => ["
        " tree.movePart(t, top.parts[source], top, target).text, tree.removePart(t, top.parts[source]),"
        " tree.insertPart(t, top, source, 'tanh').text,"
        " top.parts.map((part) => text.writeLayer(text.readLayer(part.text)))])(...values)",
        *(text, source, target),
    )
    as_layers = [[layer.strip() for layer in one.split(",") if layer.strip()] for one in found[:3]]
    removed = layers[:source] + layers[source + 1 :]
    assert as_layers == [moved, removed, [*layers[:source], "tanh", *layers[source:]]]
    assert [sorted(layer.split()) for layer in found[3]] == [sorted(layer.split()) for layer in layers]
