"""The one place that reads what a user gives for a network: a `Network`, its text, the name of a preset, or layers."""

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
    """A network, however it is given.

    Raises:
        NetworkError: a text or layers with a mistake, or something else.

    >>> from convlens.layers import Dense
    >>> as_network("lenet") == Network(PRESETS["lenet"]), as_network([Dense()]) == Network("dense")
    (True, True)
    """
    return given if isinstance(given, Network) else Network(given)


def read_network(text_or_name: str) -> Network:
    """A network from the name of a preset or from its text, as `Network.from_text`.

    Raises:
        NetworkError: neither a preset nor a text that can be read; it points at the mistake.

    >>> read_network("Tutorial") == read_network(PRESETS["tutorial"])
    True
    """
    return Network.from_text(text_or_name)


def preset(name: str) -> Network:
    """The preset of that name.

    Raises:
        UsageError: no preset has the name; the message lists them.

    >>> preset("tutorial") == Network.from_text("tutorial")
    True
    """
    key = name.strip().lower() if isinstance(name, str) else ""
    if key not in PRESETS:
        near = nearest(key, PRESETS)
        hint = f"Did you mean '{near}'?" if near else "Use one of these."
        raise UsageError(f"{shown(name)} is not a preset network; presets are {', '.join(PRESETS)}. {hint}")
    return Network(PRESETS[key])
