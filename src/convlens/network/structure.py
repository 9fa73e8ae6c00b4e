"""The canonical form of a network: which layers may follow which, and where `flatten` is implied.

Layers work on maps until a `flatten` or a `dense`, and on one row of numbers from there on. This can be checked before
the size of any image is known, so a network that could never work is refused when it is written, not when training
starts. A `flatten` before the first `dense` and at the end goes without saying; the canonical form says it, so that
the positions of layers are those in a `torch.nn.Sequential`, and equal networks are equal.
"""

from collections.abc import Iterable, Sequence

from convlens.errors import NetworkError
from convlens.network.layers import (
    LAYER_TYPES,
    AvgPool2d,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    MaxPool2d,
    write_layer,
)
from convlens.network.source import LayerPlace, Source

_NEEDS_MAPS = (Conv2d, MaxPool2d, AvgPool2d, GlobalAvgPool2d, Flatten)


def complete(layers: Iterable[Layer], source: Source | None = None) -> tuple[tuple[Layer, ...], Source | None]:
    """Check the order of the layers and write every implied `flatten` out, in the source as a layer without a place.

    Raises:
        NetworkError: no layers, nothing to learn, maps needed after `flatten` or `dense`, a `dense` without number
            that is not the last one, or something that is no layer.

    >>> from convlens.network.layers import ReLU
    >>> complete([Conv2d(2, 3), Dense(4), ReLU()])[0]
    (Conv2d(2, 3), Flatten(), Dense(4), ReLU())
    """
    given = _check_layers(layers)
    _check_dense_numbers(given, source)
    places = source.places if source else (None,) * len(given)
    completed: list[tuple[Layer, LayerPlace | None]] = []
    flattened_by: Layer | None = None
    for index, (layer, place) in enumerate(zip(given, places, strict=True)):
        if flattened_by and isinstance(layer, _NEEDS_MAPS):
            raise _refuse(source, index, _about_lost_maps(layer, flattened_by))
        if isinstance(layer, Dense) and not flattened_by:
            completed.append((Flatten(), None))
        if isinstance(layer, Dense | Flatten):
            flattened_by = layer
        completed.append((layer, place))
    if not flattened_by:
        completed.append((Flatten(), None))
    if not any(isinstance(layer, Conv2d | Dense) for layer in given):
        reason = "the network has no conv and no dense, so it has nothing to learn. Add one, for example ', dense'."
        raise _refuse(source, len(given) - 1, reason)
    completed_source = Source(source.text, tuple(place for _, place in completed)) if source else None
    return tuple(layer for layer, _ in completed), completed_source


def is_flatten_implied(layers: Sequence[Layer], index: int) -> bool:
    """Whether the `flatten` at `index` of a canonical network goes without saying.

    >>> is_flatten_implied([Conv2d(2, 3), Flatten(), Dense(4)], 1)
    True
    """
    return index + 1 == len(layers) or isinstance(layers[index + 1], Dense)


def _check_layers(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    if isinstance(layers, str):
        raise NetworkError(
            "Network was given text; it takes a list of layers, such as [Conv2d(8, 3), ReLU(), Dense()]. "
            "For text write Network.from_text(...)."
        )
    given = tuple(layers)
    if not given:
        raise NetworkError(
            "the network has no layers; it needs at least one conv or dense. Write for example [Dense()]."
        )
    for index, layer in enumerate(given):
        if isinstance(layer, type) and layer in LAYER_TYPES.values():
            name = layer.__name__
            raise NetworkError(
                f"layer {index} is the class {name} itself, not a layer. Write {name}(...) with brackets."
            )
        if not isinstance(layer, tuple(LAYER_TYPES.values())):
            names = ", ".join(layer_type.__name__ for layer_type in LAYER_TYPES.values())
            raise NetworkError(
                f"layer {index} is of type {type(layer).__name__}; a network takes {names}. "
                "Replace it, or use Network.from_text(...) for a network as text."
            )
    return given


def _check_dense_numbers(layers: Sequence[Layer], source: Source | None) -> None:
    dense_indices = [index for index, layer in enumerate(layers) if isinstance(layer, Dense)]
    for index in dense_indices[:-1]:
        layer = layers[index]
        if isinstance(layer, Dense) and layer.features is None:
            reason = (
                "this dense has no number; only the last dense may leave it out, because it takes the number of "
                "classes. Write for example 'dense 64'."
            )
            raise _refuse(source, index, reason)


def _about_lost_maps(layer: Layer, flattened_by: Layer) -> str:
    before = f"the {flattened_by.word} before it leaves one row of numbers"
    if isinstance(layer, Flatten):
        return f"there is nothing to flatten here: {before}. Remove this flatten."
    return f"{write_layer(layer)} needs maps, but {before}. Move it to before that, or remove one of the two."


def _refuse(source: Source | None, index: int, reason: str) -> NetworkError:
    return source.point(reason, index) if source else NetworkError(f"layer {index}: {reason}")
