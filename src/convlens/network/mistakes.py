"""Error messages for mistakes in the text of a network, with a suggestion of what was probably meant.

Names from other libraries are looked up before difflib searches for a similar word, because `linear` does not resemble
`dense`.
"""

from dataclasses import fields

from convlens.layers import BLOCKS, KINDS, Layer
from convlens.layers.arguments import ARGUMENTS, OPTIONS
from convlens.layers.layer import SHORTCUT
from convlens.network.tokens import Token, read_number
from convlens.words import nearest, shorten

EXAMPLE = "conv 8 3x3 pad 1, relu, maxpool 2, dense"
EMPTY_TEXT = f"the text of the network is empty; it needs at least one layer. Write for example '{EXAMPLE}'."
EMPTY_LAYER = "there is no layer before this comma. Remove the comma, or write a layer before it."
EMPTY_SHORTCUT = "there is no layer after 'shortcut'. Remove the word, or write for example 'shortcut conv 16 1x1'."

_WORDS = [*KINDS, *BLOCKS]
_OTHER_NAMES = {
    name: word for word, kind in {**KINDS, **BLOCKS}.items() for name in (*kind.other_names, *kind.near_names)
}
_OTHER_OPTIONS = {name: word for word, argument in OPTIONS.items() for name in ARGUMENTS[argument].other_names}
_SOFTMAX = "Leave it out: a network ends with one logit per class, and Convlens turns these into probabilities itself."


def about_first_token(token: Token) -> str:
    """Return the error for a token that cannot begin a layer."""
    layers = "Layers are " + _list(_WORDS) + "."
    if token.kind == "number":
        return (
            f"{_short(token)} is a number, but a layer begins with its name. If it belongs to the layer before, remove "
            f"the comma between them; otherwise write for example 'dense {_short(token)}'."
        )
    if token.text == SHORTCUT:
        return "'shortcut' is only for residual blocks. Write for example 'residual(..., shortcut conv 16 1x1)'."
    if token.kind != "word":
        return about_stray_sign(token)
    if token.text in ("softmax", "log_softmax", "logsoftmax"):
        return f"{_quote(token)} is not needed. {_SOFTMAX}"
    if token.text in OPTIONS:
        return f"{_quote(token)} is not a layer but belongs to one. Remove the comma before it."
    return f"{_quote(token)} is not a layer.{_foreign_letter(token)} {_did_you_mean(token, _WORDS) or layers}"


def about_stray_sign(token: Token, block: Token | None = None) -> str:
    """Return the error for a sign or a word in the wrong place; `block` is the word of the block around it."""
    if token.kind == "close":
        return "this bracket has no opening bracket. Remove it."
    if token.kind == "open":
        return f"brackets are only for {_list(list(BLOCKS), last='or')}. Write for example '{_block_example()}'."
    if token.kind == "semicolon":
        return "';' separates the branches of a concat. Layers are separated by commas: write ',' instead."
    if token.text == SHORTCUT and block is not None:
        return "only a residual block has a shortcut, and it has only one. Remove this one."
    return f"{_quote(token)} follows a block without a comma. Write a comma before it."


def about_missing_bracket(word: Token) -> str:
    """Return the error for a block's word without brackets."""
    return f"{word.text} needs its layers in brackets. Write for example '{BLOCKS[word.text].example}'."


def about_open_bracket(word: Token) -> str:
    """Return the error for a bracket that is never closed."""
    return f"the bracket of {word.text} is not closed. Write ')' after its last layer."


def about_brackets(example: str) -> str:
    """Return the error for brackets after the word of a layer."""
    return f"the numbers of a layer are written without brackets. Write for example '{example}'."


def _block_example() -> str:
    return next(iter(BLOCKS.values())).example


def about_missing_number(kind: type[Layer], name: str, first: Token | None, following: Token | None) -> str:
    """Return the error for a layer without a required number."""
    example = kind.example
    if following is not None and following.kind == "number":
        return (
            f"{kind.word} has no {ARGUMENTS[name].plain_name} before the comma. Remove the comma after it: '{example}'."
        )
    if name == "channels":
        return f"conv needs two numbers, its channels and its kernel size. Write for example '{example}'."
    if first is not None:
        if isinstance(read_number(first.text), tuple):
            return (
                f"conv has a kernel size of {_short(first)} but no number of channels. "
                f"Write the channels before it, for example 'conv 8 {_short(first)}'."
            )
        return f"conv has {_short(first)} channels but no kernel size. Write for example 'conv {_short(first)} 3x3'."
    return f"{kind.word} needs its kernel size. Write for example '{example}'."


def about_extra_number(word: Token, number: Token, options: list[str]) -> str:
    """Return the error for a layer with one number too many."""
    if not options:
        return f"{_takes(word, options)}, so {_short(number)} is too many. Remove it."
    return (
        f"{_short(number)} is one number too many for {word.text}: a number here needs an option before it. "
        f"Write for example '{options[0]} {_short(number)}' ({_list(options, last='or')}), or remove it."
    )


def about_unknown_option(word: Token, token: Token, options: list[str]) -> str:
    """Return the error for a word inside a layer that is not one of its options."""
    if token.text in _WORDS:
        return f"{token.text} is a separate layer. Write a comma before it: ', {token.text}'."
    takes = f"{_takes(word, options)}."
    if token.text in OPTIONS:
        return f"{token.text} is not an option of {word.text}; {takes} Remove '{token.text}' and its number."
    if token.text == "x":
        return "a size is two numbers with an x between them. Write for example 3x3."
    if token.text == "same" or token.text == "valid":
        option = ARGUMENTS["padding"].option
        if token.text in KINDS[word.text].words_for_padding:
            return f"{_short(token)} is a padding and needs its option before it. Write '{option} {_short(token)}'."
    near = _did_you_mean(token, [*options, *_WORDS], commas=True)
    return f"{_quote(token)} is not known here.{_foreign_letter(token)} {near or takes}"


def about_missing_option_number(option: Token, found: Token | None, kind: type[Layer]) -> str:
    """Return the error for an option without its number."""
    example = ARGUMENTS[OPTIONS[option.text]].example
    words = kind.words_for_padding if OPTIONS[option.text] == "padding" else ()
    if found is not None and found.text == "same" and words:
        number = f"'{option.text} {example}'"
        return f"{kind.word} has no padding 'same', and neither does PyTorch's. Write a number, such as {number}."
    near = nearest(found.text, words) if found is not None and found.kind == "word" else None
    instead = f", not '{_short(found)}'" if found is not None else ""
    needed = _list(["a number", *words], last="or")
    hint = f"Did you mean '{option.text} {near}'?" if near else f"Write for example '{option.text} {example}'."
    return f"{option.text} needs {needed} after it{instead}. {hint}"


def about_repeated_option(option: Token) -> str:
    """Return the error for an option that is given twice."""
    return f"{option.text} is given twice for this layer. Remove one of them."


def _did_you_mean(token: Token, known: list[str], *, commas: bool = False) -> str | None:
    """Suggest a correction: the name here, a space between a word and its number, or a similar word."""
    word = token.text
    meant = _OTHER_NAMES.get(word) or _OTHER_OPTIONS.get(word)
    letters = word.rstrip("0123456789")
    if meant is None and letters in known and letters != word:
        return f"Write a space before the number: '{shorten(f'{letters} {word[len(letters) :]}', 40)}'."
    if meant not in known:
        meant = nearest(word, known)
    if meant is None:
        return None
    if commas and meant in _WORDS:
        return f"Did you mean the layer '{meant}'? Then write a comma before it."
    return f"Did you mean '{meant}'?"


def _takes(word: Token, options: list[str]) -> str:
    if options:
        return f"{word.text} takes {_list(options)} after its numbers"
    if fields(KINDS[word.text]):
        return f"{word.text} takes one number and nothing else"
    return f"{word.text} takes no number and nothing else"


def _foreign_letter(token: Token) -> str:
    """Name a letter that only looks Latin, such as a Cyrillic с, because its writer cannot see the difference."""
    for letter in token.text:
        if not letter.isascii():
            return f" Its letter '{letter}' is not a Latin one (U+{ord(letter):04X})."
    return ""


def _quote(token: Token) -> str:
    return f"'{_short(token)}'"


def _short(token: Token) -> str:
    text = "".join(token.text.split())  # a size may have line ends around its x
    return text if len(text) <= 40 else text[:39] + "…"


def _list(words: list[str], last: str = "and") -> str:
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final
