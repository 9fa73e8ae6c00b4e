"""The source of a module of Convlens, in pieces: each statement at its top, with its comments and description."""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec

from convlens.errors import MissingDependency

PACKAGE = "convlens"


@dataclass(frozen=True)
class Import:
    """`from module import name`, or `import module` if the name is empty; `typing_only` if only type checkers do it."""

    module: str
    name: str
    alias: str | None = None
    typing_only: bool = False


@dataclass(frozen=True, eq=False)
class Piece:
    """A statement at the top of a module.

    Attributes:
        text: its source, with the comments before it and the description after it.
        names: what it defines.
        gap: the empty lines before it.
    """

    text: str
    names: tuple[str, ...]
    gap: int


@dataclass(frozen=True, eq=False)
class Module:
    """The source of a module.

    Attributes:
        name: its full name.
        purpose: the first sentence of its description.
        pieces: in order.
        imports: by the names that they define.
    """

    name: str
    purpose: str
    pieces: tuple[Piece, ...]
    imports: dict[str, Import]

    @cached_property
    def defined(self) -> dict[str, Piece]:
        """The pieces by the names that they define."""
        return {name: piece for piece in self.pieces for name in piece.names}


@cache
def read_module(name: str) -> Module:
    """Return the source of a module.

    Raises:
        MissingDependency: there is only compiled code.

    >>> module = read_module("convlens.pixels.framing")
    >>> module.purpose, module.pieces[0].text
    ('Scales images and places them in a frame.', '_MANY_PIXELS = 1_000_000\\n')
    """
    found = find_spec(name)
    source = getattr(found.loader if found else None, "get_source", lambda _: None)(name)
    if source is None:
        raise MissingDependency(
            f"the source of {name} is not installed, only its compiled code. Install Convlens again."
        )
    tree = ast.parse(source)
    purpose = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".:") + "."
    return Module(name, purpose, tuple(_pieces(tree, source.splitlines(keepends=True))), _imports(tree))


def _imports(tree: ast.Module) -> dict[str, Import]:
    """Return the imports at the top, those for type checkers, and those of Convlens inside functions."""
    found: dict[str, Import] = {}
    guarded = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    typing_only = {inner for node in guarded for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if node in tree.body or node in typing_only or module.split(".")[0] == PACKAGE:
            for alias in node.names:
                whole = isinstance(node, ast.Import)
                one = Import(
                    alias.name if whole else module, "" if whole else alias.name, alias.asname, node in typing_only
                )
                found[alias.asname or alias.name] = one
    return found


def _pieces(tree: ast.Module, lines: list[str]) -> list[Piece]:
    pieces: list[Piece] = []
    end = 0  # the number of lines that are done
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.Expr):  # the module's description, or that of the statement before
            end = node.end_lineno or end
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))]) - 1
        while first > end and lines[first - 1].startswith("#"):
            first -= 1
        after = tree.body[place + 1] if place + 1 < len(tree.body) else None
        last = (after if isinstance(after, ast.Expr) else node).end_lineno or first
        names = _names(node)
        if names:
            pieces.append(Piece("".join(lines[first:last]), names, first - end))
        end = last
    return pieces


def _names(node: ast.stmt) -> tuple[str, ...]:
    """Return the names that a statement defines; none for an import."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return (node.name,)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return tuple(part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
