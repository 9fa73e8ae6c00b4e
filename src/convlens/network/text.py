"""Reads layers from text such as `conv 8 3x3 pad 1, relu, maxpool 2, dense`.

A layer is its word, then its numbers, then options with a number each (`pad`, `stride`, `dilation`, `groups`). Commas
separate layers. A block is its word and its layers in brackets. Upper case, spaces and line breaks don't matter. A
network in this form fits a command line and a config file, and is easier to type than TOML or JSON. The grammar follows
from the fields of the layers; `mistakes` has the error messages.
"""

from dataclasses import MISSING, dataclass, field, fields

from convlens.errors import NetworkError
from convlens.layers import BLOCKS, KINDS, Block, Layer, Residual
from convlens.layers.arguments import ARGUMENTS, OPTIONS, WrongArgument
from convlens.layers.layer import SHORTCUT
from convlens.network import mistakes
from convlens.network.source import LayerPlace, Source, Span, point
from convlens.network.structure import ABOUT_DEPTH, DEEPEST
from convlens.network.tokens import Token, read_number, tokenize

Chain = tuple[list["Layer | Block"], list[LayerPlace]]


def read_layers(text: str) -> tuple[list["Layer | Block"], Source]:
    """Read the text of a network; return its layers as written, and their places in the text.

    Raises:
        NetworkError: the text has a mistake; the error points at it and says what to write instead.

    >>> read_layers("conv 8 3x3 pad 1, ReLU")[0]
    [Conv2d(8, kernel_size=3, padding=1), ReLU()]
    >>> read_layers("residual(conv 8 3x3 pad 1, shortcut conv 8 1x1)")[0]
    [Residual([Conv2d(8, kernel_size=3, padding=1)], shortcut=[Conv2d(8, kernel_size=1)])]
    """
    if not text.strip():
        raise NetworkError(mistakes.EMPTY_TEXT)
    reader = _Reader(text)
    layers, places = reader.read_chain()
    if token := reader.peek():
        raise point(mistakes.about_stray_sign(token), text, token.span)
    return layers, Source(text, tuple(places))


@dataclass
class _Arguments:
    """The arguments of one layer while they are read: those still expected, and those already given."""

    word: Token
    kind: type[Layer]
    open_numbers: list[str]
    options: dict[str, str]
    given: dict[str, Token] = field(default_factory=dict)


class _Reader:
    """The state of `read_layers`: the tokens of a text, and which one is next."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next = text, tokenize(text), 0

    def peek(self, ahead: int = 0) -> Token | None:
        """Return the next token, or one further ahead; None at the end."""
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def _take(self) -> Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _is_next(self, *kinds: str) -> bool:
        token = self.peek()
        return token is not None and token.kind in kinds

    def read_chain(self, depth: int = 0) -> Chain:
        """Read layers up to the end, a bracket, a semicolon or the word `shortcut`. A final comma is allowed."""
        layers: list[Layer | Block] = []
        places: list[LayerPlace] = []
        while (token := self.peek()) and token.kind not in ("close", "semicolon"):
            if token.kind == "comma":
                raise point(mistakes.EMPTY_LAYER, self._text, token.span)
            if token.text == SHORTCUT and depth:
                break
            layer, place = self._read_block(depth) if token.text in BLOCKS else self._read_layer()
            layers.append(layer)
            places.append(place)
            if not self._is_next("comma"):
                break
            self._take()
        return layers, places

    def _read_block(self, depth: int) -> tuple[Block, LayerPlace]:
        word = self._take()
        if not self._is_next("open"):
            raise point(mistakes.about_missing_bracket(word), self._text, word.span)
        bracket = self._take()
        if depth >= DEEPEST:
            raise point(ABOUT_DEPTH, self._text, word.span)
        kind = BLOCKS[word.text]
        is_residual = kind is Residual
        block, branches = self._read_residual(depth + 1) if is_residual else self._read_branches(kind, depth + 1)
        if not self._is_next("close"):
            token = self.peek()
            if token is None:
                raise point(mistakes.about_open_bracket(word), self._text, bracket.span)
            raise point(mistakes.about_stray_sign(token, word), self._text, token.span)
        end = self._take().span.end
        places = tuple(tuple(places) for places in branches)
        return block, LayerPlace(word.span, Span(word.span.start, end), branches=places)

    def _read_residual(self, depth: int) -> tuple[Block, list[list[LayerPlace]]]:
        body, body_places = self.read_chain(depth)
        shortcut: list[Layer | Block] = []
        shortcut_places: list[LayerPlace] = []
        if (token := self.peek()) and token.text == SHORTCUT:
            self._take()
            shortcut, shortcut_places = self.read_chain(depth)
            if not shortcut:
                raise point(mistakes.EMPTY_SHORTCUT, self._text, token.span)
        return Residual(body, shortcut), [body_places, shortcut_places]

    def _read_branches(self, kind: type[Block], depth: int) -> tuple[Block, list[list[LayerPlace]]]:
        branches = [self.read_chain(depth)]
        while self._is_next("semicolon"):
            self._take()
            branches.append(self.read_chain(depth))
        return kind(*(layers for layers, _ in branches)), [places for _, places in branches]

    def _read_layer(self) -> tuple[Layer, LayerPlace]:
        word = self._take()
        kind = KINDS.get(word.text) if word.kind == "word" else None
        if kind is None:
            raise point(mistakes.about_first_token(word), self._text, word.span)
        if self._is_next("open"):
            raise point(mistakes.about_brackets(kind.example), self._text, self._take().span)
        names = [layer_field.name for layer_field in fields(kind)]
        arguments = _Arguments(
            word,
            kind,
            open_numbers=[name for name in names if not ARGUMENTS[name].option],
            options={option: name for option, name in OPTIONS.items() if name in names},
        )
        self._read_arguments(arguments)
        # In `conv 3x3` the size was read as the channels, so the error must point at the channels.
        if arguments.open_numbers and not _may_be_left_out(kind, arguments.open_numbers[0]):
            first = arguments.given.get("channels")
            following = self.peek(1) if self._is_next("comma") else None
            reason = mistakes.about_missing_number(kind, arguments.open_numbers[0], first, following)
            raise point(reason, self._text, first.span if first else word.span)
        return self._build(arguments, Span(word.span.start, self._tokens[self._next - 1].span.end))

    def _read_arguments(self, arguments: _Arguments) -> None:
        while self._is_next("word", "number"):
            token = self._take()
            options = list(arguments.options)
            if token.kind == "number":
                if not arguments.open_numbers:
                    reason = mistakes.about_extra_number(arguments.word, token, options)
                    raise point(reason, self._text, token.span)
                arguments.given[arguments.open_numbers.pop(0)] = token
                continue
            name = arguments.options.get(token.text)
            if name is None:
                raise point(mistakes.about_unknown_option(arguments.word, token, options), self._text, token.span)
            number = self._take() if self._is_next("word", "number") else None
            is_word = number is not None and name == "padding" and number.text in arguments.kind.words_for_padding
            if number is None or (number.kind != "number" and not is_word):
                reason = mistakes.about_missing_option_number(token, number, arguments.kind)
                raise point(reason, self._text, token.span if number is None else number.span)
            if name in arguments.given:
                raise point(mistakes.about_repeated_option(token), self._text, token.span)
            arguments.given[name] = number

    def _build(self, arguments: _Arguments, whole: Span) -> tuple[Layer, LayerPlace]:
        spans = {name: token.span for name, token in arguments.given.items()}
        place = LayerPlace(arguments.word.span, whole, spans)
        values = {name: _value_of(token) for name, token in arguments.given.items()}
        try:
            checked = arguments.kind.check(values)
        except WrongArgument as wrong:
            raise point(wrong.reason, self._text, place.arguments[wrong.name]) from None
        return arguments.kind(**checked), place


def _value_of(token: Token) -> object:
    return token.text if token.kind == "word" else read_number(token.text)


def _may_be_left_out(kind: type[Layer], name: str) -> bool:
    return next(layer_field.default for layer_field in fields(kind) if layer_field.name == name) is not MISSING
