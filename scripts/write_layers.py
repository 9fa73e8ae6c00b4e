"""Writes the texts that depend on the kinds of layers: the Python index, the page's index and facts, a table in docs/.

A kind is a class in a file of its own. These four texts are derived from the classes, and a test compares them. They
are written to files, and not made at run time, so that type checkers, readers and the page find plain imports.
"""

import importlib
import json
import pkgutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import convlens.layers
from convlens.layers.arguments import ARGUMENTS
from convlens.layers.block import Block
from convlens.layers.layer import Layer
from convlens.network.presets import PRESETS

ROOT = Path(__file__).parents[1]
PYTHON_INDEX = ROOT / "src/convlens/layers/kinds.py"
PAGE_INDEX = ROOT / "src/convlens/web/layers/kinds.js"
PAGE_FACTS = ROOT / "src/convlens/web/layers/facts.js"
DOCUMENT = ROOT / "docs/networks.md"
TABLE_MARKS = ("<!-- layers: written by scripts/write_layers.py -->\n", "<!-- end of layers -->\n")
_GROUPS = ("weights", "pooling", "normalisation", "activation", "shape", "join")
_NOTE = "Written by scripts/write_layers.py; a test compares it."


def find_kinds() -> tuple[list[type[Layer]], list[type[Block]]]:
    """Return the kinds of layers and of blocks in the package's files, sorted by group and word."""
    layers, blocks = [], []
    for module in pkgutil.iter_modules(convlens.layers.__path__):
        if module.name == "kinds":
            continue
        for value in vars(importlib.import_module(f"convlens.layers.{module.name}")).values():
            if (
                isinstance(value, type)
                and value.__module__ == f"convlens.layers.{module.name}"
                and "word" in vars(value)
            ):
                (layers if issubclass(value, Layer) else blocks).append(value)
    layers.sort(key=lambda kind: (_GROUPS.index(kind.group), kind.word))
    return layers, sorted(blocks, key=lambda kind: kind.word)


def python_index() -> str:
    """`kinds.py`."""
    layers, blocks = find_kinds()
    lines = [f'"""The kinds of layers. {_NOTE}"""', "", "from typing import Literal", ""]
    modules: dict[str, list[str]] = {}
    for kind in [*layers, *blocks]:
        modules.setdefault(kind.__module__, []).append(kind.__name__)
    lines += [
        f"from {module} import {', '.join(sorted(names))}"
        for module, names in sorted(
            {**modules, "convlens.layers.block": ["Block"], "convlens.layers.layer": ["Layer"]}.items()
        )
    ]
    named = [kind for kind in layers if kind.group != "join"]
    joins = [kind for kind in layers if kind.group == "join"]
    for title, doc, kinds, base in (
        ("KINDS", "Word → kind of layer, of those that a text can name.", named, "Layer"),
        ("JOINS", "Word → kind of layer that ends a block.", joins, "Layer"),
        ("BLOCKS", "Word → kind of block.", blocks, "Block"),
    ):
        lines += ["", f"{title}: dict[str, type[{base}]] = {{"]
        lines += [f'    "{kind.word}": {kind.__name__},' for kind in kinds]
        lines += ["}", f'"""{doc}"""']
    words = ", ".join(f'"{kind.word}"' for kind in layers if kind.group == "activation")
    lines += ["", f"ActivationName = Literal[{words}]", '"""The words of activations."""']
    exported = sorted((kind.__name__ for kind in [*named, *blocks]), key=lambda name: (not name.isupper(), name))
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in exported), "]", ""]
    return "\n".join(lines)


def page_index() -> str:
    """`web/layers/kinds.js`."""
    words = [kind.word for kind in find_kinds()[0]]
    imports = [f'import {word} from "convlens/layers/{word}.js";' for word in words]
    entries = [f"  {word}," for word in words]
    return "\n".join([f"// {_NOTE}", *imports, "", "export const KINDS = {", *entries, "};", ""])


def page_facts() -> str:
    """Return `web/layers/facts.js`: what the page's forms need about every kind, and the presets."""
    layers, blocks = find_kinds()
    kinds = {kind.word: _facts(kind) for kind in layers if kind.group != "join"}
    facts = {
        "kinds": kinds,
        "blocks": {
            kind.word: {"title": kind.title, "summary": kind.summary, "example": kind.example} for kind in blocks
        },
        "presets": PRESETS,
    }
    return f"// {_NOTE}\nexport const FACTS = {_write_json(facts)};\n"


def _write_json(facts: dict[str, dict[str, Any]]) -> str:
    """Return JSON with one entry per line."""
    parts = []
    for name, entries in facts.items():
        lines = [f"    {json.dumps(word)}: {json.dumps(entry, ensure_ascii=False)}," for word, entry in entries.items()]
        parts += [f"  {name}: {{", *lines, "  },"]
    return "\n".join(["{", *parts, "}"])


def _facts(kind: type[Layer]) -> dict[str, Any]:
    numbers, options = [], []
    for field in fields(kind):
        name, argument = field.name, ARGUMENTS[field.name]
        entry = {"name": name, "kind": argument.kind, "default": kind.default_text(name)}
        if argument.option:
            words = kind.words_for_padding if name == "padding" else ()
            options.append({"word": argument.option, **entry, **({"words": list(words)} if words else {})})
        else:
            numbers.append({"label": argument.plain_name.removeprefix("number of "), **entry})
    return {
        "title": kind.title,
        "summary": kind.summary,
        "formula": kind.formula,
        "group": kind.group,
        "numbers": numbers,
        "options": options,
        "example": kind.example,
    }


def document_table() -> str:
    """Return the table of layers in docs/networks.md."""
    layers, blocks = find_kinds()
    rows = ["| text | what it does | if not given |", "|:-----|:-------------|:-------------|"]
    named = [kind for kind in layers if kind.group != "join"]
    rows += [f"| `{kind.example}` | {kind.summary} | {kind.defaults} |" for kind in named]
    rows += [f"| `{kind.example}` | {kind.summary} | |" for kind in blocks]
    return "\n".join(rows) + "\n"


def document_with_table(text: str) -> str:
    """Return the document with a new table."""
    start, end = TABLE_MARKS
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return before + start + document_table() + end + after


def generated_texts() -> dict[Path, str]:
    """Return the text of each file to write."""
    return {
        PYTHON_INDEX: python_index(),
        PAGE_INDEX: page_index(),
        PAGE_FACTS: page_facts(),
        DOCUMENT: document_with_table(DOCUMENT.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    PYTHON_INDEX.write_text(python_index(), encoding="utf-8")  # first, because the others read it
    for path, text in generated_texts().items():
        path.write_text(text, encoding="utf-8")
