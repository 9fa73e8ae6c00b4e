"""Turns whatever a user gives as a network into a `Network`: its text, the name of a preset, or layers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from convlens.checking import shown
from convlens.errors import UsageError
from convlens.layers import Block, Layer
from convlens.network.network import Network
from convlens.network.presets import PRESETS
from convlens.signatures import Alias
from convlens.words import nearest

if TYPE_CHECKING:
    NetworkLike: TypeAlias = Network | str | Iterable[Layer | Block]
else:
    NetworkLike = Alias("NetworkLike")
"""A `Network`, its text, the name of a preset, or its layers."""


def as_network(given: NetworkLike) -> Network:
    """Return a network that is given in any form.

    Raises:
        NetworkError: the text or the layers have a mistake, or `given` is something else.

    >>> from convlens.layers import Dense
    >>> as_network("lenet") == Network(PRESETS["lenet"]), as_network([Dense()]) == Network("dense")
    (True, True)
    """
    return given if isinstance(given, Network) else Network(given)


def read_network(text_or_name: str) -> Network:
    """Read a network from the name of a preset or from its text, like `Network.from_text`.

    Raises:
        NetworkError: this is neither a preset nor a text without mistakes; the error points at the mistake.

    >>> read_network("Tutorial") == read_network(PRESETS["tutorial"])
    True
    """
    return Network.from_text(text_or_name)


def preset(name: str) -> Network:
    """Return the preset network of this name.

    Raises:
        UsageError: no preset has this name; the message lists all presets.

    >>> preset("tutorial") == Network.from_text("tutorial")
    True
    """
    key = name.strip().lower() if isinstance(name, str) else ""
    if key not in PRESETS:
        near = nearest(key, PRESETS)
        hint = f"Did you mean '{near}'?" if near else "Use one of these."
        raise UsageError(f"{shown(name)} is not a preset network; presets are {', '.join(PRESETS)}. {hint}")
    return Network(PRESETS[key])
