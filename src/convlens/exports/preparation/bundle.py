"""Copies what a module of Convlens needs from the rest of the package, as one piece of source without Convlens.

The copy is made from the package's own source, so it computes exactly the same. It has only what is reachable from the
names that are asked for, and for known conditions, such as the rules of one model, only the branches that are taken.
"""

import ast
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property

from convlens.exports.preparation import text_edits
from convlens.exports.preparation.modules import PACKAGE, Import, Module, Piece, read_module

Place = tuple[str, str]
"""A module and a name that it defines."""

_DEPRECATIONS = f"{PACKAGE}.deprecations"
_DATACLASS = Import("dataclasses", "dataclass")


def bundle(
    roots: Sequence[Place], known: Mapping[str, bool], instead: Mapping[Place, str] | None = None
) -> tuple[str, str]:
    """Return the imports and the definitions that some names of Convlens need.

    Args:
        roots: modules and names in them.
        known: conditions as `ast.unparse` writes them, and their values.
        instead: other names to use for definitions of the same module.

    Raises:
        ValueError: two definitions would have the same public name.

    >>> imports, code = bundle([("convlens.pixels.framing", "fit_into")], {})
    >>> imports, code.splitlines()[:3]
    ('', ['# convlens/pixels/framing.py: Scales images and places them in a frame.', '', ''])
    """
    made = _Bundle(known, instead or {})
    made.add_all(roots)
    return made.imports(), made.code()


@dataclass
class _Bundle:
    known: Mapping[str, bool]
    instead: Mapping[Place, str]
    texts: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)  # by module and names, as reached
    plain: dict[Piece, str] = field(default_factory=dict)  # texts of pieces, with all methods
    needed: set[Import] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)

    def add_all(self, roots: Sequence[Place]) -> None:
        """Add what is reachable; once more whenever it uses attributes that no method was kept for."""
        before = -1
        while len(self.attributes) > before:
            before = len(self.attributes)
            self.texts.clear()
            self.needed.clear()
            for place in roots:
                self._add(*place)

    def _add(self, module: str, name: str) -> None:
        source = read_module(module)
        name = self.instead.get((module, name), name)
        piece = source.defined.get(name)
        if piece is None:
            found = source.imports.get(name)
            if found is None:
                return  # a name of Python, or of a function's own
            if found.module.split(".")[0] != PACKAGE:
                self.needed.add(found)
            elif found.module != _DEPRECATIONS:
                self._add(found.module, found.name)
            return
        key = (module, piece.names)
        if key in self.texts:
            return
        self.texts[key] = text = self._edited(source, piece)
        names, attributes = _names_in(text)
        self.attributes |= attributes
        if text.startswith("@dataclass"):
            self.needed.add(_DATACLASS)
        for used in names:
            if used not in piece.names:
                self._add(module, used)

    @cached_property
    def modules(self) -> list[Module]:
        """The modules of the definitions; those that others import come first."""
        used, seen, found = {module for module, _ in self.texts}, set[str](), list[Module]()

        def visit(name: str) -> None:
            if name.split(".")[0] == PACKAGE and name not in seen:
                seen.add(name)
                module = read_module(name)
                for one in module.imports.values():
                    visit(one.module)
                if name in used:
                    found.append(module)

        for name, _ in list(self.texts):
            visit(name)
        return found

    def _edited(self, source: Module, piece: Piece) -> str:
        if piece not in self.plain:
            self.plain[piece] = self._with_all_methods(source, piece)
        return text_edits.without_methods(self.plain[piece], self.attributes)

    def _with_all_methods(self, source: Module, piece: Piece) -> str:
        text = text_edits.without_imports(text_edits.without_examples(piece.text), PACKAGE)
        old = [name for name, one in source.imports.items() if one.module == _DEPRECATIONS]
        text = text_edits.as_dataclass(text_edits.without_decorators(text, old))
        return text_edits.folded(text, self.known)

    @cached_property
    def _new_names(self) -> dict[str, dict[str, str]]:
        """New names for private ones that several modules have, by module."""
        counts = Counter(name for _, names in self.texts for name in names)
        counts.update({one.alias or one.name or one.module for one in self.needed if not one.typing_only})
        twice = {name for name, count in counts.items() if count > 1}
        if any(not name.startswith("_") for name in twice):
            raise ValueError(f"several definitions would be called {', '.join(sorted(twice))}.")
        found: dict[str, dict[str, str]] = {module.name: {} for module in self.modules}
        for module, names in self.texts:
            start = "_" + module.rpartition(".")[2]
            found[module] |= {
                name: (start.upper() if name.isupper() else start) + name for name in names if name in twice
            }
        for (module, name), other in self.instead.items():
            if module in found:
                found[module][name] = other
        return found

    def code(self) -> str:
        """Return the definitions, by modules."""
        parts = []
        for module in self.modules:
            new = self._new_names[module.name]
            title = textwrap.wrap(f"{module.name.replace('.', '/')}.py: {module.purpose}", 118)
            parts += [f"# {line}\n" for line in title]
            gap = 1
            for piece in module.pieces:
                text = self.texts.get((module.name, piece.names))
                if text is not None:
                    parts.append("\n" * max(piece.gap, gap) + (text_edits.renamed(text, new) if new else text))
                    gap = 2 if text.startswith(("def ", "class ", "@")) else 0
            parts.append("\n\n")
        return "".join(parts).rstrip() + "\n"

    def imports(self) -> str:
        """Return the imports, sorted: first those of Python itself."""
        parts = []
        for own in (True, False):
            ours = {one for one in self.needed if _is_pythons_own(one) == own}
            checked = {one for one in ours if one.typing_only}
            parts.append(
                "".join(_import_lines(ours - checked | ({_TYPE_CHECKING} if own and self._checked else set())))
            )
        if self._checked:
            parts.append("if TYPE_CHECKING:\n" + "".join(f"    {line}" for line in _import_lines(self._checked)))
        return "\n".join(part for part in parts if part)

    @property
    def _checked(self) -> set[Import]:
        return {one for one in self.needed if one.typing_only}


_TYPE_CHECKING = Import("typing", "TYPE_CHECKING")


def _is_pythons_own(one: Import) -> bool:
    return one.module.split(".")[0] in sys.stdlib_module_names


def _import_lines(imports: set[Import]) -> Iterator[str]:
    for one in sorted((one for one in imports if not one.name), key=lambda one: one.module):
        yield f"import {one.module}{f' as {one.alias}' if one.alias else ''}\n"
    for module in sorted({one.module for one in imports if one.name}):
        names = sorted((one for one in imports if one.module == module and one.name), key=_constants_first)
        shown = ", ".join(f"{one.name} as {one.alias}" if one.alias else one.name for one in names)
        yield f"from {module} import {shown}\n"


def _constants_first(one: Import) -> tuple[int, str]:
    return (0 if one.name.isupper() else 1 if one.name[0].isupper() else 2), one.name


@cache
def _names_in(text: str) -> tuple[Sequence[str], frozenset[str]]:
    """Return the names that source mentions, sorted, also in annotations that are texts; and those of attributes."""
    names, attributes = set[str](), set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
        for annotation in _texts_of_annotations(node):
            with suppress(SyntaxError):  # it is a text among the choices of a Literal
                parts = ast.walk(ast.parse(annotation, mode="eval"))
                names |= {part.id for part in parts if isinstance(part, ast.Name)}
    return sorted(names), frozenset(attributes)


def _texts_of_annotations(node: ast.AST) -> Iterator[str]:
    annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
        annotations.append(node.value)
    for annotation in filter(None, annotations):
        for part in ast.walk(annotation):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
