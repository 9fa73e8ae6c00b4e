"""Lists a network's layers in the order in which they are computed, each with its inputs and shapes.

The layer table, the engines, the initial weights, the page and the check of a model file all use this list. A forward
pass in torch would give the shapes, too, but it needs torch, and its errors do not name the number to change.
"""

from collections.abc import Sequence

from convlens.checking import items_or_none, whole_or_none
from convlens.errors import NetworkError
from convlens.layers import Block, Dense, Layer, ResolvedLayer, Shape, SlidingLayer
from convlens.layers.arguments import LARGEST_COUNT, show
from convlens.network import misfits
from convlens.network.source import LayerPlace, Places, Source, places_of_branches


def resolve_layers(
    layers: Sequence[Layer | Block], input_shape: tuple[int, int, int], classes: int, source: Source | None = None
) -> list[ResolvedLayer]:
    """Return the layers of a canonical network in order; a block gives its branches' layers, then the joining layer.

    Raises:
        NetworkError: maps are smaller than a kernel, branches do not fit together, or the output is not one number
            per class; the error points into the text if there is one.

    >>> from convlens.layers import Conv2d, Flatten
    >>> dense = resolve_layers([Conv2d(2, kernel_size=3), Flatten(), Dense()], (1, 4, 4), 10)[2]
    >>> dense.layer, dense.inputs, dense.input_shapes, dense.output_shape, dense.path
    (Dense(10), (1,), ((8,),), (10,), '2')
    """
    shape, classes = _check_input(input_shape, classes)
    layout = _Layout(shape, classes, source)
    places = source.places if source else (None,) * len(layers)
    layout.add_chain(layers, places, -1)
    if layout.nodes[-1].output_shape != (classes,):
        reason, node, argument = misfits.about_output(layout.nodes, classes)
        place = layout.places[node.index] if argument else next(p for p in reversed(layout.places) if p or not source)
        raise layout.refuse(reason, place, argument)
    return layout.nodes


def count_outputs(layers: Sequence[Layer | Block], input_shape: tuple[int, int, int]) -> int:
    """Return the number of outputs of a canonical network, each dense layer of which has its number of features.

    Raises:
        NetworkError: as `resolve_layers`.

    >>> from convlens.layers import Conv2d, Flatten
    >>> count_outputs([Conv2d(2, kernel_size=3), Flatten()], (1, 4, 4))
    8
    """
    shape, _ = _check_input(input_shape, 1)
    layout = _Layout(shape, 1, None)
    layout.add_chain(layers, (None,) * len(layers), -1)
    return layout.nodes[-1].output_shape[0]


class _Layout:
    """The state of `resolve_layers` for one network."""

    def __init__(self, input_shape: Shape, classes: int, source: Source | None) -> None:
        self.nodes: list[ResolvedLayer] = []
        self.places: list[LayerPlace | None] = []
        self._input_shape, self._classes, self._source = input_shape, classes, source

    def refuse(self, reason: str, place: LayerPlace | None, argument: str | None = None) -> NetworkError:
        """Return the error; it points into the text if there is one."""
        return self._source.point(reason, place, argument) if self._source else NetworkError(reason)

    def add_chain(
        self,
        layers: Sequence[Layer | Block],
        places: Places,
        start: int,
        prefix: str = "",
        depth: int = 0,
        branch: str = "",
    ) -> int:
        """Add a chain of layers, the first of which reads `start`; return the index of the last layer."""
        for number, (layer, place) in enumerate(zip(layers, places, strict=True)):
            path = f"{prefix}{number}"
            inputs = (start,)
            if isinstance(layer, Block):
                inputs = self._add_branches(layer, place, start, path, depth)
                self._check_join(layer, inputs, place)
                layer = layer.join
            if isinstance(layer, Dense) and layer.features is None:
                layer = Dense(self._classes)
            start = self._add(layer, inputs, path, depth, branch, place)
        return start

    def _add_branches(
        self, block: Block, place: LayerPlace | None, start: int, path: str, depth: int
    ) -> tuple[int, ...]:
        places = places_of_branches(block, place)
        return tuple(
            self.add_chain(branch.layers, branch_places, start, f"{path}.{branch.path}.", depth + 1, branch.label)
            for branch, branch_places in zip(block.branches, places, strict=True)
        )

    def _add(
        self, layer: Layer, inputs: tuple[int, ...], path: str, depth: int, branch: str, place: LayerPlace | None
    ) -> int:
        index = len(self.nodes)
        shapes = tuple(self.shape_of(one) for one in inputs)
        node = ResolvedLayer(index, layer, inputs, shapes, layer.output_shape(shapes), path, depth, branch)
        self.nodes.append(node)
        self.places.append(place)
        if isinstance(layer, SlidingLayer):
            if reason := misfits.about_groups(node):
                raise self.refuse(reason, place, "groups")
            if min(node.output_shape) < 1:
                raise self.refuse(misfits.about_small_maps(self.nodes, layer), place, "kernel_size")
        return index

    def shape_of(self, index: int) -> Shape:
        """Return the output shape of a layer; −1 is the network's input."""
        return self._input_shape if index < 0 else self.nodes[index].output_shape

    def _check_join(self, block: Block, inputs: tuple[int, ...], place: LayerPlace | None) -> None:
        shapes = [self.shape_of(index) for index in inputs]
        compared = [(0, *shape[1:]) for shape in shapes] if block.channels_may_differ else shapes
        if len(set(compared)) > 1:
            raise self.refuse(misfits.about_branches(block, shapes), place)


def _check_input(input_shape: Sequence[int], classes: int) -> tuple[tuple[int, ...], int]:
    """Return both as Python ints, because NumPy integers would break formulas and JSON files."""
    sizes = tuple(whole_or_none(size) for size in items_or_none(input_shape) or ())
    count = whole_or_none(classes)
    if len(sizes) != 3 or not all(_is_possible(size) for size in sizes):
        raise NetworkError(
            f"the input shape is {show(input_shape)}; it must be channels x height x width, each from 1 to "
            f"{LARGEST_COUNT:,}. Write for example 1x28x28, in Python (1, 28, 28)."
        )
    if count is None or not _is_possible(count):
        raise NetworkError(
            f"the number of classes is {show(classes)}; it must be a whole number from 1 to {LARGEST_COUNT:,}. "
            "Write for example 10."
        )
    return tuple(size for size in sizes if size), count


def _is_possible(number: int | None) -> bool:
    return number is not None and 1 <= number <= LARGEST_COUNT
