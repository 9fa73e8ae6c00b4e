"""Networks with a name, and the one function that reads what a user gives for a network: a name or a text.

Presets are text, as a user would write them, so that each is an example and nothing that only code can make.
"""

from convlens.errors import UsageError
from convlens.layers import BLOCKS, KINDS
from convlens.network.mistakes import nearest
from convlens.network.network import Network
from convlens.network.source import Span, point

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"
"""The tutorial's network: 9,098 parameters and 290,080 multiply-adds for 28×28 images and 10 classes."""

PRESETS: dict[str, str] = {
    "tutorial": TUTORIAL,
    "lenet": (
        "conv 6 5x5 pad 2, tanh, avgpool 2, conv 16 5x5, tanh, avgpool 2, dense 120, tanh, dense 84, tanh, dense"
    ),
}
"""Name → text. No name is the word of a layer, so a name and a text cannot be mistaken for each other."""


def preset(name: str) -> Network:
    """The preset of that name.

    Raises:
        UsageError: no preset has the name; the message lists them.

    >>> preset("tutorial") == Network.from_text(TUTORIAL)
    True
    """
    key = name.strip().lower()
    if key not in PRESETS:
        near = nearest(key, list(PRESETS))
        hint = f"Did you mean '{near}'?" if near else "Use one of these."
        raise UsageError(f"'{name[:40]}' is not a preset network; presets are {', '.join(PRESETS)}. {hint}")
    return Network.from_text(PRESETS[key])


def read_network(text_or_name: str) -> Network:
    """A network from the name of a preset or from its text.

    Raises:
        NetworkError: neither a preset nor a text that can be read; it points at the mistake.

    >>> read_network("Tutorial") == read_network(TUTORIAL)
    True
    """
    word = text_or_name.strip()
    key = word.lower()
    if key in PRESETS:
        return preset(key)
    near = nearest(key, list(PRESETS))
    if near and word.isidentifier() and nearest(key, [*KINDS, *BLOCKS, *PRESETS]) == near:
        reason = f"'{word[:40]}' is neither a preset network ({', '.join(PRESETS)}) nor a layer. Did you mean '{near}'?"
        start = text_or_name.index(word)
        error = point(reason, word, Span(0, len(word)))
        error.position = (start, start + len(word))  # `word` is without the blanks around it
        raise error
    return Network.from_text(text_or_name)
