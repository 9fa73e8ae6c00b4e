"""Computes the rows of a layer table: shapes, parameters, multiply-adds and receptive field.

**Multiply-adds** count a multiplication and the addition of its product as one, in `conv` and `dense` only: conv needs
C·kH·kW for each number of its output, dense one for each pair of input and output. Adding the bias, pooling,
activations, batch normalisation and dropout count as 0. Positions in the padding count like any other. The tutorial's
network needs 56,448 + 225,792 + 7,840 = 290,080 for one image. Other tools count two operations each, or count biases.

**Parameters** are the numbers that training changes: weights and biases, including those of batch normalisation, but
not its running mean and variance, which are measured.

**The receptive field** of a layer is the part of the image that one number of its output depends on. The textbook
recursion (add (kernel − 1)·step, multiply the steps) gives the size in the middle of an unlimited image. Real maps end:
padding is not part of the image, dropped rows affect nothing, and late layers would see more rows than there are. So
the first and last image row of each position are followed through the layers, one axis at a time, which is exact and
cheap. Dilation may leave rows within this range unread; they count, as in the textbook.
"""

from collections.abc import Sequence

from convlens.layers import Extent, ResolvedLayer
from convlens.network.table import LayerRow, LayerTable


def tabulate(text: str, resolved: Sequence[ResolvedLayer]) -> LayerTable:
    """Return the layer table of resolved layers; `text` is the text of the network."""
    input_shape, (classes,) = resolved[0].input_shape, resolved[-1].output_shape
    # The image rows behind every position of every layer; the last item, at index −1, is the network's input.
    extents: list[list[list[Extent]]] = [[]] * len(resolved)
    extents.append([[(row, row + 1) for row in range(size)] for size in input_shape[1:]])
    rows = []
    for node, opened in zip(resolved, _opened_branches(resolved), strict=True):
        extents[node.index] = node.layer.extents([extents[index] for index in node.inputs])
        rows.append(_row(node, opened, _largest(extents[node.index])))
    return LayerTable(text, input_shape, classes, tuple(rows))


def _row(node: ResolvedLayer, opened: tuple[str, ...], receptive_field: tuple[int, int]) -> LayerRow:
    parameters, parameters_formula = node.layer.count_parameters(node)
    multiply_adds, multiply_adds_formula = node.layer.count_multiply_adds(node)
    return LayerRow(
        index=node.index,
        text=str(node.layer),
        output_shape=node.output_shape,
        size_formula=node.layer.size_formula(node),
        parameters=parameters,
        parameters_formula=parameters_formula,
        multiply_adds=multiply_adds,
        multiply_adds_formula=multiply_adds_formula,
        receptive_field=receptive_field,
        warnings=node.layer.warnings(node),
        inputs=node.inputs,
        path=node.path,
        depth=node.depth,
        branch=node.branch,
        opens=opened,
    )


def _opened_branches(resolved: Sequence[ResolvedLayer]) -> list[tuple[str, ...]]:
    """Return the branches that begin with each layer; the first layer of a nested block can begin several."""
    labels = {node.path.rpartition(".")[0]: node.branch for node in resolved}  # the path of a branch → its label
    del labels[""]
    unseen, opened = set(labels), []
    for node in resolved:
        parts = node.path.split(".")
        outer = [".".join(parts[:count]) for count in range(1, len(parts))]
        opened.append(tuple(labels[path] for path in outer if path in unseen))
        unseen.difference_update(outer)
    return opened


def _largest(extents: Sequence[Sequence[Extent]]) -> tuple[int, int]:
    """Return the receptive field: the most rows and the most columns that any position depends on.

    It is (0, 0) if all positions read only padding along one axis, because then they see no pixel.
    """
    height, width = (max(end - start for start, end in axis) for axis in extents)
    return (height, width) if height and width else (0, 0)
