"""Checks the order of layers, and converts a network to its canonical form, with every implied `flatten`.

Layers work on maps until a `flatten` or a `dense`, and on one row of numbers after it. This check does not need the
size of the images, so a network that can never work is rejected when it is written, not when training starts. A
`flatten` before the first `dense` and at the end is implied. The canonical form includes it, so that the positions of
layers are the same as in a `torch.nn.Sequential`, and networks that mean the same compare equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from convlens.errors import NetworkError
from convlens.layers import BLOCKS, KINDS, Block, Dense, Flatten, Layer, Residual, kind_called, walk
from convlens.network.source import LayerPlace, Places, Source, places_of_branches

DEEPEST = 20
"""The deepest nesting of blocks. It is checked here, so that no other function must limit its recursion."""
ABOUT_DEPTH = f"there are more than {DEEPEST} blocks within blocks. Use fewer."

Chain = tuple[Layer | Block, ...]
_Item = tuple[Layer | Block, LayerPlace | None]


def complete(layers: Iterable[Layer | Block], source: Source | None = None) -> tuple[Chain, Source | None]:
    """Check the order of the layers and add every implied `flatten`, which has no place in the source.

    Raises:
        NetworkError: there are no layers or none that learns, a layer needs maps after `flatten` or `dense`, a `dense`
            before the last one has no number, a block is empty, or an item is not a layer.

    >>> from convlens.layers import Conv2d, ReLU
    >>> complete([Conv2d(2, kernel_size=3), Dense(4), ReLU()])[0]
    (Conv2d(2, kernel_size=3), Flatten(), Dense(4), ReLU())
    """
    given = tuple(layers)
    if not given:
        raise NetworkError(
            "the network has no layers; it needs at least one conv or dense. Write for example [Dense()]."
        )
    check = _Completion(source)
    places = source.places if source else (None,) * len(given)
    items, flattened_by = check.complete_chain(given, places, None)
    if not flattened_by:
        items.append((Flatten(), None))
    if not any(layer.group == "weights" for layer in walk(given)):
        reason = "the network has no conv and no dense, so it has nothing to learn. Add one, for example ', dense'."
        raise check.refuse(reason, str(len(given) - 1), places[-1])
    completed_source = Source(source.text, tuple(place for _, place in items)) if source else None
    return tuple(layer for layer, _ in items), completed_source


class _Completion:
    """The state of `complete` for one network."""

    def __init__(self, source: Source | None) -> None:
        self._source = source

    def refuse(self, reason: str, path: str, place: LayerPlace | None) -> NetworkError:
        """Return the error; it points at the layer in the text, or names the layer if there is no text."""
        if self._source:
            return self._source.point(reason, place)
        return NetworkError(f"layer {path}: {reason}")

    def complete_chain(
        self,
        layers: Sequence[Layer | Block],
        places: Places,
        flattened_by: Layer | None,
        prefix: str = "",
        depth: int = 0,
    ) -> tuple[list[_Item], Layer | None]:
        """Complete a chain of layers; also return the layer that turned maps into a row, in it or before it."""
        items: list[_Item] = []
        for index, (layer, place) in enumerate(zip(layers, places, strict=True)):
            path = f"{prefix}{index}"
            _check_kind(layer, path)
            if isinstance(layer, Block):
                block, flattened_by = self._complete_block(layer, place, flattened_by, path, depth)
                items.append(block)
                continue
            if flattened_by and layer.needs_maps:
                raise self.refuse(_about_lost_maps(layer, flattened_by), path, place)
            if isinstance(layer, Dense):
                is_last = not prefix and not any(isinstance(other, Dense) for other in walk(layers[index + 1 :]))
                if layer.features is None and not is_last:
                    raise self.refuse(_ABOUT_OPEN_DENSE, path, place)
                if not flattened_by:
                    items.append((Flatten(), None))
            if layer.makes_row:
                flattened_by = layer
            items.append((layer, place))
        return items, flattened_by

    def _complete_block(
        self, block: Block, place: LayerPlace | None, flattened_by: Layer | None, path: str, depth: int
    ) -> tuple[_Item, Layer | None]:
        if depth >= DEEPEST:
            raise self.refuse(ABOUT_DEPTH, path, place)
        self._check_branches(block, path, place)
        places = places_of_branches(block, place)
        completed, ends = [], []
        for branch, branch_places in zip(block.branches, places, strict=True):
            items, end = self.complete_chain(
                branch.layers, branch_places, flattened_by, f"{path}.{branch.path}.", depth + 1
            )
            completed.append(items)
            ends.append(end)
        if len({end is None for end in ends}) > 1:
            row = next(branch.label for branch, end in zip(block.branches, ends, strict=True) if end is not None)
            maps = next(branch.label for branch, end in zip(block.branches, ends, strict=True) if end is None)
            reason = (
                f"the {row} of this {block.word} gives a row of numbers and its {maps} gives maps, which cannot be "
                f"joined. Write ', flatten' before the {block.word}."
            )
            raise self.refuse(reason, path, place)
        whole = type(block)(*([layer for layer, _ in items] for items in completed))
        if place:
            place = replace(place, branches=tuple(tuple(at for _, at in items) for items in completed))
        return (whole, place), ends[0]

    def _check_branches(self, block: Block, path: str, place: LayerPlace | None) -> None:
        if isinstance(block, Residual):
            if not block.body:
                raise self.refuse(
                    f"this residual block has no layers. Write for example '{block.example}'.", path, place
                )
        elif len(block.branches) < 2:
            reason = f"this {block.word} has one branch; it needs at least two. Write for example '{block.example}'."
            raise self.refuse(reason, path, place)


_ABOUT_OPEN_DENSE = (
    "this dense has no number; only the last dense may leave it out, because it takes the number of classes. "
    "Write for example 'dense 64'."
)


def _check_kind(layer: object, path: str) -> None:
    kinds = {**KINDS, **BLOCKS}.values()
    if isinstance(layer, type) and layer in kinds:
        name = layer.__name__
        raise NetworkError(f"layer {path} is the class {name} itself, not a layer. Write {name}(...) with brackets.")
    if not isinstance(layer, tuple(kinds)):
        names = ", ".join(kind.__name__ for kind in kinds)
        raise NetworkError(
            f"layer {path} is of type {type(layer).__name__}; a network takes {names}. "
            "Replace it, or use Network('...') for a network as text."
            if (here := _name_here(layer)) is None
            else f"layer {path} is {type(layer).__name__} of {_library(layer)}. Write convlens.{here}(...) instead."
        )


def _name_here(layer: object) -> str | None:
    """Return the name here of another library's layer; PyTorch's often has the same name."""
    return None if _library(layer) == "builtins" else kind_called(type(layer).__name__)


def _library(layer: object) -> str:
    return type(layer).__module__.partition(".")[0]


def _about_lost_maps(layer: Layer, flattened_by: Layer) -> str:
    before = f"the {flattened_by.word} before it leaves one row of numbers"
    if isinstance(layer, Flatten):
        return f"there is nothing to flatten here: {before}. Remove this flatten."
    return f"{layer} needs maps, but {before}. Move it to before that, or remove one of the two."
