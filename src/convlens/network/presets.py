"""Networks with a name. They are stored as text that a user could write, so that each is also an example."""

from convlens.layers import BLOCKS, KINDS
from convlens.network.source import Span, point
from convlens.words import nearest

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"
"""The tutorial's network: 9,098 parameters and 290,080 multiply-adds for 28×28 images and 10 classes."""

PRESETS: dict[str, str] = {
    "tutorial": TUTORIAL,
    "lenet": (
        "conv 6 5x5 pad 2, tanh, avgpool 2, conv 16 5x5, tanh, avgpool 2, dense 120, tanh, dense 84, tanh, dense"
    ),
}
"""Name → text. No name is the word of a layer, so a name cannot be confused with a text."""


def text_of(text_or_name: str) -> str:
    """Return the text of a preset if this is its name; return any other text unchanged.

    Raises:
        NetworkError: the word is almost the name of a preset, and less similar to any layer.

    >>> text_of(" Tutorial ") == TUTORIAL, text_of("dense")
    (True, 'dense')
    """
    word = text_or_name.strip()
    key = word.lower()
    if key in PRESETS:
        return PRESETS[key]
    near = nearest(key, PRESETS)
    if near and word.isidentifier() and nearest(key, [*KINDS, *BLOCKS, *PRESETS]) == near:
        reason = f"'{word[:40]}' is neither a preset network ({', '.join(PRESETS)}) nor a layer. Did you mean '{near}'?"
        start = text_or_name.index(word)
        error = point(reason, word, Span(0, len(word)))
        error.position = (start, start + len(word))  # `word` has no spaces around it, but the given text may
        raise error
    return text_or_name
