"""Receptive fields of the page: those of convlens's own recursion, and by changing pixels and looking what changes."""

import base64
import itertools
import json

import numpy as np
import pytest

from convlens.exports import page_model

FIELDS = """async ([payload, wanted]) => {
  const { openModel } = await import("convlens/engine/network.js");
  const { receptiveField } = await import("convlens/engine/fields.js");
  const model = openModel(payload);
  return JSON.stringify(wanted.map(([layer, place, upTo]) => receptiveField(model, layer, place, upTo)));
}"""

# For some numbers of every layer: change all pixels outside of the field at once, and each edge of the field by itself.
PERTURB = """async ([payload, picture, count]) => {
  const { openModel, activationsOfInput, normalise } = await import("convlens/engine/network.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const { receptiveField } = await import("convlens/engine/fields.js");
  const model = openModel(payload);
  const [channels, height, width] = model.inputShape;
  const input = normalise(model, decodeBytes(picture));
  const outputs = activationsOfInput(model, input);
  const changed = (rule) => {
    const other = input.slice();
    for (let i = 0; i < other.length; i += 1) {
      const [channel, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
      if (rule(row, column, channel)) other[i] += 0.7 + ((i * 37) % 11) / 10;
    }
    return activationsOfInput(model, other);
  };
  const result = { leaks: [], checked: 0, edges: 0, seen: 0 };
  for (let layer = 0; layer < model.layers.length; layer += 1) {
    const { data } = outputs[layer + 1];
    const step = Math.max(1, Math.floor(data.length / count));
    for (let place = 0; place < data.length; place += step) {
      const { top, left, bottom, right, firstChannel, endChannel } = receptiveField(model, layer, place);
      const between = (first, at, end) => first <= at && at < end;
      const inside = (row, column, channel) =>
        between(top, row, bottom) && between(left, column, right) && between(firstChannel, channel, endChannel);
      const value = (rule) => changed(rule)[layer + 1].data[place];
      if (value((...at) => !inside(...at)) !== data[place]) result.leaks.push([layer, place]);
      result.checked += 1;
      if (bottom === top) continue;
      for (const edge of [(row) => row === top, (row) => row === bottom - 1,
                          (row, column) => column === left, (row, column) => column === right - 1]) {
        result.edges += 1;
        result.seen += value((...at) => inside(...at) && edge(...at)) !== data[place];
      }
    }
  }
  return result;
}"""


def fields(call, model, *wanted):
    return json.loads(call(FIELDS, [page_model(model), [list(one) for one in wanted]]))


def sides(field):
    return [field[name] for name in ("top", "left", "bottom", "right")]


def test_fields_by_hand(call, varied_models):
    model = varied_models["tutorial"]
    place = int(np.ravel_multi_index((5, 3, 4), (16, 7, 7)))  # the second maxpool
    found = fields(
        call, model, (5, place), (5, place, 4), (5, place, 2), (3, 0), (3, 0, 2), (7, 3), (0, 30), (5, place, 5)
    )
    # Row 3: 6 and 7 of the second conv, 5 to 8 of the first pool, 10 to 17 of the first conv, 9 to 18 of the picture;
    # column 4 is 8 and 9, 7 to 10, 14 to 21, 13 to 22.
    assert sides(found[0]) == [9, 13, 19, 23]
    assert sides(found[1]) == [6, 8, 8, 10]
    assert (found[1]["firstChannel"], found[1]["endChannel"]) == (5, 6)
    assert sides(found[2]) == [5, 7, 9, 11]
    assert (found[2]["firstChannel"], found[2]["endChannel"]) == (0, 8)
    assert sides(found[3]) == [0, 0, 5, 5]  # the corner: padding is no part of the picture
    assert found[3]["unclipped"] == {"top": -3, "left": -3, "bottom": 5, "right": 5}
    assert sides(found[4]) == [0, 0, 2, 2]
    assert found[4]["unclipped"] == {"top": -1, "left": -1, "bottom": 2, "right": 2}
    assert sides(found[5]) == [0, 0, 28, 28]  # a logit sees everything
    assert sides(found[6]) == [0, 1, 3, 4]  # row 1, column 2 of the first map
    assert sides(found[7]) == [3, 4, 4, 5]  # itself


def test_every_number_of_a_row_is_a_map_of_its_own(call, varied_models):
    model = varied_models["tutorial"]
    found = fields(call, model, (7, 0, 6), (6, 100, 6), (6, 100, 5))
    assert [(field["firstChannel"], field["endChannel"]) for field in found] == [(0, 784), (100, 101), (2, 3)]
    assert [sides(field) for field in found] == [[0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 1, 3]]  # 100 = 2·49 + 0·7 + 2


def test_a_later_layer_is_refused(call, varied_models):
    with pytest.raises(Exception, match="layer 5 comes after layer 3"):
        fields(call, varied_models["tutorial"], (3, 0, 5))


def test_every_field_is_that_of_the_package(call, varied_model):
    model = varied_model
    resolved = model.network.resolve(model.plan.input_shape, model.plan.classes)
    extents = {-1: [[(row, row + 1) for row in range(size)] for size in model.plan.input_shape[1:]]}
    wanted, expected = [], []
    for node in resolved:
        extents[node.index] = node.layer.extents([extents[index] for index in node.inputs])
        if len(node.output_shape) == 3:
            places = np.arange(np.prod(node.output_shape)).reshape(node.output_shape[0], -1)
            wanted += [[node.index, int(place)] for place in places.ravel()]
            positions = itertools.product(*extents[node.index])
            expected += [(node.index, places[:, at], sight) for at, sight in enumerate(positions)]
    found = {tuple(one): field for one, field in zip(wanted, fields(call, model, *wanted), strict=True)}
    for index, places, (rows, columns) in expected:
        # The package says what any of the channels sees; with branches of different sight a channel may see less.
        sights = [sides(found[index, int(place)]) for place in places]
        sights = [sight for sight in sights if sight[0] < sight[2]]
        if rows[0] == rows[1] or columns[0] == columns[1]:
            assert sights == [], index
        else:
            tops, lefts, bottoms, rights = zip(*sights, strict=True)
            assert ((min(tops), max(bottoms)), (min(lefts), max(rights))) == (rows, columns), index


def test_a_field_is_what_any_branch_reaches_and_no_layer_beside_it(call, build_model):
    text = "conv 2 1x1, concat(conv 2 3x3 pad 1; conv 3 5x5 pad 2; ), relu, globalavgpool, dense"
    model = build_model(text, (1, 7, 7), 2)
    # Layers 1 and 2 are branches, 3 joins them, 4 is the relu; maps 0 and 1 are of the first, 2 to 4 of the second.
    first, second, third = (int(np.ravel_multi_index((map_, 3, 3), (7, 7, 7))) for map_ in (1, 4, 6))
    found = fields(call, model, (4, first, 1), (4, first, 2), (4, first), (4, second, 1), (4, second), (4, third, 0))
    assert found[1] is None
    assert found[3] is None
    assert [sides(found[k]) for k in (0, 2, 4, 5)] == [[3, 3, 4, 4], [2, 2, 5, 5], [1, 1, 6, 6], [3, 3, 4, 4]]
    assert [(one["firstChannel"], one["endChannel"]) for one in (found[0], found[5])] == [(1, 2), (1, 2)]
    residual = build_model("conv 3 1x1, residual(conv 3 3x3 dilation 2 pad 2 groups 3), dense", (1, 7, 7), 2)
    (field,) = fields(call, residual, (2, int(np.ravel_multi_index((2, 0, 3), (3, 7, 7))), 0))
    # The block's input itself, and rows 0 and 2 of the same map; row −2 is padding.
    assert (sides(field), field["firstChannel"], field["endChannel"]) == ([0, 1, 3, 6], 2, 3)
    assert field["unclipped"] == {"top": -2, "left": 1, "bottom": 3, "right": 6}


def test_what_lies_outside_never_matters_and_the_edges_do(call, varied_models):
    checked = edges = seen = 0
    for name, model in varied_models.items():
        image = np.random.default_rng(3).integers(0, 256, model.plan.input_shape, np.uint8)
        result = call(PERTURB, [page_model(model), base64.b64encode(image.tobytes()).decode(), 8])
        assert result["leaks"] == [], name
        checked, edges, seen = checked + result["checked"], edges + result["edges"], seen + result["seen"]
    assert checked > 600
    # A relu or a maximum may hide an edge, and a dilated kernel may skip it for one number; most are seen.
    assert seen / edges > 0.6, (seen, edges)
