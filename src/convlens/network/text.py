"""Networks as text: `conv 8 3x3 pad 1, relu, maxpool 2, dense`, read into layers and printed from them.

A line that a person can read aloud, fits a command line and a config file, and that an error can point into. A layer
is its word, then its numbers, then options with a number each (`pad`, `stride`, `dilation`); commas separate layers;
capitals, blanks and line ends don't matter. TOML or JSON could hold the same, but nobody types a network in them.
The grammar follows from the layers' own fields; the sentences about mistakes stand in `mistakes`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from convlens.errors import NetworkError
from convlens.network import mistakes
from convlens.network.arguments import ARGUMENTS, OPTIONS, WrongArgument, check_arguments
from convlens.network.layers import LAYER_TYPES, Flatten, Layer, write_layer
from convlens.network.source import LayerPlace, Source, Span, point
from convlens.network.structure import is_flatten_implied
from convlens.network.tokens import Token, read_number, tokenize


def read_layers(text: str) -> tuple[list[Layer], Source]:
    """Read the text of a network: its layers as written, and where each stands.

    Raises:
        NetworkError: pointing at the mistake, and saying what to write instead.

    >>> read_layers("conv 8 3x3 pad 1, ReLU")[0]
    [Conv2d(8, 3, padding=1), ReLU()]
    """
    if not text.strip():
        raise NetworkError(mistakes.EMPTY_TEXT)
    layers, places = [], []
    for tokens, following in _groups(text):
        layer, place = _read_layer(text, tokens, following)
        layers.append(layer)
        places.append(place)
    return layers, Source(text, tuple(places))


def write_text(layers: Sequence[Layer]) -> str:
    """The layers of a network in its canonical form as text; `flatten` stands only where it is not implied.

    >>> from convlens.network.layers import Dense, ReLU
    >>> write_text([Flatten(), ReLU(), Dense(3)]), write_text([Flatten(), Dense(3)])
    ('flatten, relu, dense 3', 'dense 3')
    """
    return ", ".join(
        write_layer(layer)
        for index, layer in enumerate(layers)
        if not (isinstance(layer, Flatten) and is_flatten_implied(layers, index))
    )


def _groups(text: str) -> list[tuple[list[Token], Token | None]]:
    """The tokens of each layer, with the first token after its comma. A comma at the very end is allowed."""
    groups: list[list[Token]] = [[]]
    for token in tokenize(text):
        if token.kind != "comma":
            groups[-1].append(token)
        elif groups[-1]:
            groups.append([])
        else:
            raise point(mistakes.EMPTY_LAYER, text, token.span)
    if not groups[-1]:
        groups.pop()
    following = [group[0] for group in groups[1:]]
    return list(zip(groups, [*following, None], strict=True))


@dataclass
class _Reading:
    """One layer while it is read: which numbers it still expects, and which it was given."""

    text: str
    word: Token
    open_numbers: list[str]
    options: dict[str, str]
    given: dict[str, Token] = field(default_factory=dict)


def _read_layer(text: str, tokens: list[Token], following: Token | None) -> tuple[Layer, LayerPlace]:
    word = tokens[0]
    layer_type = LAYER_TYPES.get(word.text) if word.kind == "word" else None
    if layer_type is None:
        raise point(mistakes.about_first_token(word), text, word.span)
    names = [layer_field.name for layer_field in fields(layer_type)]
    reading = _Reading(
        text,
        word,
        open_numbers=[name for name in names if not ARGUMENTS[name].option],
        options={option: name for option, name in OPTIONS.items() if name in names},
    )
    _read_arguments(reading, tokens)
    # A kernel that starts the size instead of the channels is the one mistake that the order of numbers hides.
    if reading.open_numbers and not _may_be_left_out(layer_type, reading.open_numbers[0]):
        first = reading.given.get("channels")
        reason = mistakes.about_missing_number(word, reading.open_numbers[0], first, following)
        raise point(reason, text, first.span if first else word.span)
    return _build(reading, layer_type, Span(word.span.start, tokens[-1].span.end))


def _may_be_left_out(layer_type: type[Layer], name: str) -> bool:
    return hasattr(layer_type, name)  # a dataclass keeps the default of a field as an attribute of the class


def _read_arguments(reading: _Reading, tokens: list[Token]) -> None:
    rest = iter(tokens[1:])
    for token in rest:
        if token.kind == "number":
            if not reading.open_numbers:
                reason = mistakes.about_extra_number(reading.word, token, list(reading.options))
                raise point(reason, reading.text, token.span)
            reading.given[reading.open_numbers.pop(0)] = token
            continue
        name = reading.options.get(token.text)
        if name is None:
            reason = mistakes.about_unknown_option(reading.word, token, list(reading.options))
            raise point(reason, reading.text, token.span)
        number = next(rest, None)
        if number is None or number.kind != "number":
            reason = mistakes.about_missing_option_number(token, number, reading.given.get("kernel_size"))
            raise point(reason, reading.text, token.span if number is None else number.span)
        if name in reading.given:
            raise point(mistakes.about_repeated_option(token), reading.text, token.span)
        reading.given[name] = number


def _build(reading: _Reading, layer_type: type[Layer], whole: Span) -> tuple[Layer, LayerPlace]:
    place = LayerPlace(reading.word.span, whole, {name: token.span for name, token in reading.given.items()})
    values = {name: read_number(token.text) for name, token in reading.given.items()}
    try:
        checked = check_arguments(reading.word.text, values)
    except WrongArgument as wrong:
        raise point(wrong.reason, reading.text, place.arguments[wrong.name]) from None
    return layer_type(**checked), place  # pyright: ignore[reportArgumentType]
