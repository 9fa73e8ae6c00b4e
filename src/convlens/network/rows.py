"""How the rows of a layer table are counted: shapes, parameters, multiply-adds and receptive field.

**Multiply-adds** count one multiplication with the addition of its product, in `conv` and `dense` alone: a conv does
C·kH·kW of them for each number it gives, a dense one for each input and output. Adding the bias, pooling, activations,
batch normalisation and dropout count as 0. Positions under the padding count like any other. The tutorial's network
does 56,448 + 225,792 + 7,840 = 290,080 for one image. Other tools count two operations for each, or count biases.

**Parameters** are the numbers that training changes: weights and biases, batch normalisation's too, but not its running
mean and variance, which are measured rather than learned.

**The receptive field** of a layer is the part of the image that one of its numbers depends on. The textbook recursion
(add (kernel − 1)·step, multiply the steps) gives the size in the middle of a boundless image. Real maps end: padding is
no part of the image, dropped rows reach nobody, and late layers would see more rows than there are. So each position's
first and last image row are followed through the layers, one axis at a time, which is exact and still cheap. Inside
that extent single rows may go unread (dilation); they count, as in the textbook.
"""

from collections.abc import Sequence

from convlens.layers import Extent, ResolvedLayer
from convlens.network.table import LayerRow, LayerTable


def tabulate(text: str, resolved: Sequence[ResolvedLayer]) -> LayerTable:
    """The layer table of resolved layers; `text` is what the table calls the network."""
    input_shape, (classes,) = resolved[0].input_shape, resolved[-1].output_shape
    # The image rows behind every position of every layer, and of the input in the last place, which is index −1.
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
    """For each layer, the branches that begin with it: with the first layer of a block, the block's own branch too."""
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
    """The receptive field: the most rows and the most columns that any position depends on.

    Who sees no row sees no pixel, so (0, 0) where every position reads padding alone.
    """
    height, width = (max(end - start for start, end in axis) for axis in extents)
    return (height, width) if height and width else (0, 0)
