"""Errors for layers that are written as in PyTorch or Keras; they say how to write the layer here.

`Conv2d(1, 8, 3)` means 8 kernels of 3×3 in PyTorch; read by position here, it would be one kernel of 8×8. So all
arguments of a convolution after the channels must be named. An argument that only other libraries have gets an error
of one line with the correct call, because Python's own TypeError would only count arguments.
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
    **dict.fromkeys(("in_channels", "in_features", "num_features"), "the layer before it determines their number"),
    "input_shape": "the images determine it",
    **dict.fromkeys(("bias", "use_bias"), "there is always a bias"),
    "activation": "an activation is a separate layer after it, such as ReLU()",
    "inplace": "nothing is changed in place",
    "padding_mode": "the padding is always zeros",
    "ceil_mode": "a window that extends beyond the end is left out",
    "count_include_pad": "padding counts as zeros",
    **dict.fromkeys(("eps", "epsilon", "momentum", "affine", "track_running_stats"), "it is always PyTorch's default"),
    **dict.fromkeys(("device", "dtype", "name"), "a network is only a description"),
}
"""Argument of another library that no layer here has → the reason."""
OTHER_NAMES = {
    **dict.fromkeys(("out_channels", "filters"), "channels"),
    **dict.fromkeys(("out_features", "units"), "features"),
    "pool_size": "kernel_size",
    "strides": "stride",
    "dilation_rate": "dilation",
    **dict.fromkeys(("p", "rate"), "probability"),
    "negative_slope": "slope",
}
"""Argument of another library → its name here."""


def about_call(kind: type, given: Sequence[object], named: Mapping[str, object], why: str) -> str | None:
    """Return the error for arguments that a kind of layer does not accept; None if it accepts them.

    `why` completes "takes", as in "one number, its slope".

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
    """Return the error for a convolution whose numbers need names; None if its call is unambiguous."""
    if len(given) < 2 or is_old_form(given):
        return None
    written = write_call(kind, given, named)
    if len(given) == 2 and "kernel_size" in named:
        written_here = write_call(kind, given[1:], named)
        return f"{written}: the layer before it determines the input channels. Write {written_here}."
    if len(given) == 2:
        channels, size = given
        written_here = write_call(kind, (channels,), {"kernel_size": size, **named})
        return (
            f"{written} means {show(channels)} input and {show(size)} output channels in PyTorch. "
            f"Here the layer before determines the input channels; write {written_here} for {show(channels)} kernels."
        )
    names = dict(zip(("kernel_size", "stride", "padding", "dilation", "groups"), given[2:], strict=False))
    written_here = write_call(kind, (given[1],), {**names, **named})
    return (
        f"{written} is PyTorch's order. Here the layer before determines the input channels, and arguments after the "
        f"output channels are named. Write {written_here}."
    )


def is_old_form(given: Sequence[object]) -> bool:
    """Return whether the second argument of a convolution is a pair, which cannot be the output channels."""
    return len(given) > 1 and isinstance(given[1], tuple | list)


def named_after_channels(
    construct: Callable[Concatenate[Kind, Parameters], None],
) -> Callable[Concatenate[Kind, Parameters], None]:
    """Decorate a convolution's constructor: it still accepts a pair as second argument, with a warning."""

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
    """Write a call as Python code.

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
