"""How layers are written by people who come from PyTorch or Keras, and the line that says how to write it here.

`Conv2d(1, 8, 3)` is PyTorch's way to write 8 kernels of 3×3; read by position it would be one kernel of 8×8. So the
arguments of a convolution have names after the channels, and what another library takes, and no layer here does, is
refused in one line with the way to write it. Python's own TypeError would only count arguments.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from convlens.deprecations import warn_of_form
from convlens.layers.arguments import show

Parameters = ParamSpec("Parameters")
Kind = TypeVar("Kind")

ELSEWHERE = {
    **dict.fromkeys(("in_channels", "in_features", "num_features"), "the layer before it says how many there are"),
    "input_shape": "the images say it",
    **dict.fromkeys(("bias", "use_bias"), "there always is a bias"),
    "activation": "an activation is a layer of its own, such as ReLU(), behind it",
    "inplace": "nothing is changed in place",
    "padding_mode": "the padding holds zeros",
    "ceil_mode": "a window that hangs over the end is left out",
    "count_include_pad": "padding counts as zeros",
    **dict.fromkeys(("eps", "epsilon", "momentum", "affine", "track_running_stats"), "it has PyTorch's default"),
    **dict.fromkeys(("device", "dtype", "name"), "a network is a description alone"),
}
"""An argument of another library that layers here do not have, and why not."""
OTHER_NAMES = {
    **dict.fromkeys(("out_channels", "filters"), "channels"),
    **dict.fromkeys(("out_features", "units"), "features"),
    "pool_size": "kernel_size",
    "strides": "stride",
    "dilation_rate": "dilation",
    **dict.fromkeys(("p", "rate"), "probability"),
    "negative_slope": "slope",
}
"""An argument of another library, and its name here."""


def about_call(kind: type, given: Sequence[object], named: Mapping[str, object], why: str) -> str | None:
    """What to say of arguments that a kind of layer does not take in this way; None where it takes them.

    `why` completes "takes", as in "its outputs alone, since the layer before says how many inputs there are".

    >>> from convlens.layers import Dropout
    >>> about_call(Dropout, (), {"p": 0.5}, "")
    "Dropout has no argument 'p'; its name here is probability. Write Dropout(probability=0.5)."
    """
    parameters = _parameters(kind)
    positions = [one.name for one in parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD]
    for name, value in named.items():
        if name in parameters:
            continue
        instead = OTHER_NAMES.get(name)
        if instead in parameters:
            rest = {instead: value, **{other: named[other] for other in named if other in parameters}}
            return f"{_has_no(kind, name)}; its name here is {instead}. Write {write_call(kind, given, rest)}."
        reason = f": {ELSEWHERE[name]}" if name in ELSEWHERE else ""
        takes = f"It takes {', '.join(parameters)}." if parameters else f"Write {kind.__name__}()."
        return f"{_has_no(kind, name)}{reason}. {takes if name not in ELSEWHERE else 'Leave it out.'}"
    if len(given) > len(positions):
        kept = given[-1:] if positions == ["features"] else given[: len(positions)]
        return f"{kind.__name__} takes {why}. Write {write_call(kind, kept, named)}."
    return None


def about_convolution(kind: type, given: Sequence[object], named: Mapping[str, object]) -> str | None:
    """What to say of a convolution whose numbers have no names; None where they have, or can only mean one thing."""
    if len(given) < 2 or is_old_form(given):
        return None
    written = write_call(kind, given, named)
    if len(given) == 2 and "kernel_size" in named:
        written_here = write_call(kind, given[1:], named)
        return f"{written}: the layer before it says the input channels. Write {written_here}."
    if len(given) == 2:
        channels, size = given
        written_here = write_call(kind, (channels,), {"kernel_size": size, **named})
        return (
            f"{written} means {show(channels)} input and {show(size)} output channels in PyTorch. "
            f"The layer before says the input channels; write {written_here} for {show(channels)} kernels."
        )
    names = dict(zip(("kernel_size", "stride", "padding", "dilation", "groups"), given[2:], strict=False))
    written_here = write_call(kind, (given[1],), {**names, **named})
    return (
        f"{written} is PyTorch's order; the layer before says the input channels, and what follows the output channels "
        f"has a name. Write {written_here}."
    )


def is_old_form(given: Sequence[object]) -> bool:
    """Whether the second argument of a convolution is a pair, which nobody can take for output channels."""
    return len(given) > 1 and isinstance(given[1], tuple | list)


def named_after_channels(
    construct: Callable[Concatenate[Kind, Parameters], None],
) -> Callable[Concatenate[Kind, Parameters], None]:
    """A decorator of a convolution's constructor: a pair in second place still is the kernel size, with a warning."""

    @functools.wraps(construct)
    def call(self: Kind, *given: Any, **named: Any) -> None:
        if is_old_form(given):
            names = ("kernel_size", "stride", "padding", "dilation", "groups")
            renamed = {**dict(zip(names, given[1:], strict=False)), **named}
            kind = type(self)
            warn_of_form(write_call(kind, given, named), write_call(kind, given[:1], renamed))
            given, named = given[:1], renamed
        construct(self, *given, **named)

    return call


def write_call(kind: type, given: Sequence[object], named: Mapping[str, object]) -> str:
    """A call as Python that makes it.

    >>> from convlens.layers import Conv2d
    >>> write_call(Conv2d, (8,), {"kernel_size": 3})
    'Conv2d(8, kernel_size=3)'
    """
    arguments = [_written(value) for value in given] + [f"{name}={_written(value)}" for name, value in named.items()]
    return f"{kind.__name__}({', '.join(arguments)})"


@functools.cache
def _parameters(kind: type) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(kind).parameters


def _written(value: object) -> str:
    if isinstance(value, tuple | list) and len(value) < 5:
        return f"({', '.join(_written(one) for one in value)})"
    return show(value)


def _has_no(kind: type, name: str) -> str:
    return f"{kind.__name__} has no argument {name!r}"
