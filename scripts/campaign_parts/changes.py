"""Changes bytes, texts and nested values at random; `chance` decides how."""

import copy
import random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**40, 0.0, -0.5, 0.5, 1e308, float("nan"), float("inf"),
    "", "x", "\ud800", "\0", "é" * 300, "9" * 5000,
    [], [None], [[]], [1e999], {}, {"": 0}, {"a": {"b": [1, "c"]}}, [0] * 1000,
)  # fmt: skip
LETTERS = "0123456789 ,.;:x()-+*/eE#'\t"
WORDS = ("9" * 5000, "nan", "-inf", "1e999", "40000x40000", "conv", "\ud800", "\0", "[", "{", '"', "\n", "=", ";", "|")


def change_bytes(content: bytes, chance: random.Random) -> bytes:
    """Flip bits, change bytes, cut the content, or insert something."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(changed)) if chance.random() < 0.5 else chance.randrange(min(600, len(changed)))
        match chance.randrange(5):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place : place + 8] = chance.randbytes(8)
            case 2:
                del changed[place : place + chance.choice((1, 8, 100))]
            case 3:
                changed[place:place] = chance.choice(WORDS).encode("utf-8", "surrogatepass")
            case _:
                place = 0 if chance.random() < 0.3 else place
                size = chance.choice((1, 2, 4, 8))
                number = chance.choice((0, 1, 2**20, 2**31, 2**63, 2**64 - 1)) % 256**size
                changed[place : place + size] = number.to_bytes(size, chance.choice(("little", "big")))
        if not changed:
            return b""
    return bytes(changed)


def change_text(text: str, chance: random.Random) -> str:
    """Insert, double, replace or remove words, or only one letter."""
    if chance.random() < 0.3:
        place = chance.randrange(len(text) + 1)
        return text[:place] + chance.choice(LETTERS) + text[place + chance.randrange(2) :]
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(text) + 1)
        end = min(len(text), place + chance.choice((0, 1, 5, 20)))
        text = text[:place] + chance.choice((*WORDS, text[place:end] * 3, chr(chance.randrange(0xFFFF)))) + text[end:]
    return text


def change_within(value: Any, chance: random.Random) -> None:
    """Change one place in nested dicts and lists."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = chance.choice(keys)
    if isinstance(value[key], dict | list) and chance.random() < 0.8:
        change_within(value[key], chance)
    elif chance.random() < 0.1 and isinstance(value, dict):
        del value[key]
    elif isinstance(value[key], str) and chance.random() < 0.3:
        value[key] = change_text(value[key], chance)
    else:
        value[key] = copy.deepcopy(chance.choice(ODD))
