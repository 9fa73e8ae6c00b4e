"""Networks with a name. Presets are text, as a user would write them, so that each is an example and nothing that only
code can make.
"""

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
"""Name → text. No name is the word of a layer, so a name and a text cannot be mistaken for each other."""


def text_of(text_or_name: str) -> str:
    """The text of a preset where this is its name; any other text as it is.

    Raises:
        NetworkError: a word that is nearly the name of a preset, and nearer to it than to a layer.

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
        error.position = (start, start + len(word))  # `word` is without the blanks around it
        raise error
    return text_or_name
