"""Changes to a piece of Python source that leave the rest of its text as it is, comments included.

`ast.unparse` alone would lose comments, blank lines and the breaks of long lines.
"""

import ast
import copy
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping

Statements = list[ast.stmt]


class Edits:
    """Changes to a text, collected by places and made at once.

    >>> edits = Edits("a = b  # why\\n")
    >>> edits.replace(ast.parse("a = b").body[0].value, "c")
    >>> edits.result()
    'a = c  # why\\n'
    """

    def __init__(self, text: str) -> None:
        self._content = text.encode()  # the parser counts columns in bytes
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line.encode()))
        self._changes: list[tuple[int, int, str]] = []

    def replace(self, node: ast.AST, new: str) -> None:
        """Replace the text of a node."""
        first, last = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # pyright: ignore
        self._changes.append((self._place(*first), self._place(*last), new))

    def remove_lines(self, first: int, last: int) -> None:
        """Remove whole lines, counted from 1, and the empty lines before them."""
        start = self._starts[first - 1]
        while self._content[:start].endswith(b"\n\n"):
            start -= 1
        self._changes.append((start, self._starts[last], ""))

    def result(self) -> str:
        """Return the changed text; a change inside a larger one is left out."""
        parts, done = [], 0
        for start, end, new in sorted(self._changes, key=lambda change: (change[0], -change[1])):
            if start >= done:
                parts += [self._content[done:start], new.encode()]
                done = end
        return b"".join([*parts, self._content[done:]]).decode()

    def _place(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column


def without_examples(text: str) -> str:
    """Leave out the examples at the end of descriptions, which are in triple double quotes."""
    if ">>>" not in text:
        return text
    edits = Edits(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines = (ast.get_source_segment(text, node) or "").splitlines()
            starts = [place for place, line in enumerate(lines) if line.strip().startswith(">>>")]
            if starts:
                kept = "\n".join(lines[: starts[0]]).rstrip()
                edits.replace(node, kept + ('"""' if "\n" not in kept else f'\n{" " * node.col_offset}"""'))
    return edits.result()


def without_imports(text: str, package: str) -> str:
    """Leave out imports of a package inside functions."""
    if package not in text:
        return text
    edits = Edits(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            edits.remove_lines(node.lineno, node.end_lineno or node.lineno)
    return edits.result()


def without_decorators(text: str, names: Collection[str]) -> str:
    """Leave out these decorators."""
    if not any(f"@{name}" in text for name in names):
        return text
    edits = Edits(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Name) and decorator.id in names:
                    edits.remove_lines(decorator.lineno, decorator.lineno)
    return edits.result()


def as_dataclass(text: str) -> str:
    """Turn a class of msgspec into a dataclass; return other statements as they are.

    >>> print(as_dataclass("class Size(msgspec.Struct, frozen=True):\\n    height: int\\n"))
    @dataclass(frozen=True)
    class Size:
        height: int
    """
    if "msgspec" not in text:
        return text
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.ClassDef) or [ast.unparse(base) for base in node.bases] != ["msgspec.Struct"]:
        return text
    lines = text.splitlines(keepends=True)
    lines[node.lineno - 1] = f"@dataclass(frozen=True)\nclass {node.name}:\n"
    return "".join(lines)


def without_methods(text: str, used: Collection[str]) -> str:
    """Leave out the methods of a class that nothing uses, and checks of its values, which were done before."""
    if "class " not in text:
        return text
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.ClassDef):
        return text
    edits = Edits(text)
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            is_special = method.name.startswith("__") and method.name != "__post_init__"
            if not is_special and method.name not in used:
                first = min([method.lineno, *(decorator.lineno for decorator in method.decorator_list)])
                edits.remove_lines(first, method.end_lineno or first)
    return edits.result()


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Rename what a module defines, wherever the text names it."""
    edits = Edits(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id in names:
            edits.replace(node, names[node.id])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            line = text.splitlines(keepends=True)[node.lineno - 1]
            start = len(line[: line.index(node.name)].encode())
            place = ast.Name(node.name, lineno=node.lineno, col_offset=start)
            place.end_lineno, place.end_col_offset = node.lineno, start + len(node.name.encode())
            edits.replace(place, names[node.name])
    return edits.result()


def folded(text: str, known: Mapping[str, bool]) -> str:
    """Leave out the branches that are never taken, if some conditions are known.

    >>> print(folded("def f(x):\\n    if x == 1:\\n        return 2\\n    return 3\\n", {"x == 1": False}))
    def f(x):
        return 3
    >>> print(folded("def f(x):\\n    return x if x == 1 else 3\\n", {"x == 1": False}))
    def f(x):
        return 3
    """
    if not any(condition.split()[0] in text for condition in known):
        return text
    edits = Edits(text)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            _fold_all(node.body, edits, _Folder(known).fold)
    return edits.result()


def _fold_all(body: Statements, edits: Edits, fold: Callable[[ast.stmt], Statements]) -> None:
    for place, statement in enumerate(body):
        new = fold(copy.deepcopy(statement))
        if [ast.dump(one) for one in new] == [ast.dump(statement)]:
            continue
        if isinstance(statement, ast.With | ast.Try | ast.For):
            for inner in (statement.body, *_other_bodies(statement)):
                _fold_all(inner, edits, fold)
        elif new:
            lines = textwrap.indent("\n".join(map(_source_of, new)), " " * statement.col_offset)
            edits.replace(statement, lines.lstrip())
        else:
            edits.remove_lines(statement.lineno, statement.end_lineno or statement.lineno)
        if new and isinstance(new[-1], ast.Return) and body[place + 1 :]:
            edits.remove_lines(body[place + 1].lineno, body[-1].end_lineno or 0)
            return


def _source_of(statement: ast.stmt) -> str:
    source = ast.unparse(statement)
    return source if '"' in source else source.replace("'", '"')


def _other_bodies(statement: ast.With | ast.Try | ast.For) -> Iterable[Statements]:
    handlers = [handler.body for handler in getattr(statement, "handlers", ())]
    return [*handlers, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]


class _Folder(ast.NodeTransformer):
    """Puts in the values of known conditions, and simplifies what holds them."""

    def __init__(self, known: Mapping[str, bool]) -> None:
        self._known = known

    def fold(self, statement: ast.stmt) -> Statements:
        found = self.visit(statement)
        return found if isinstance(found, list) else [] if found is None else [found]

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        return self._known_or_as_it_is(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self._known_or_as_it_is(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        decides = isinstance(node.op, ast.Or)
        values = [value for value in node.values if not _is(value, not decides)]
        if any(_is(value, decides) for value in values) or not values:
            return ast.Constant(decides if values else not decides)
        node.values = values
        return values[0] if len(values) == 1 else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        is_known = isinstance(node.op, ast.Not) and (_is(node.operand, True) or _is(node.operand, False))
        return ast.Constant(_is(node.operand, False)) if is_known else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return node.body if _is(node.test, True) else node.orelse if _is(node.test, False) else node

    def visit_If(self, node: ast.If) -> ast.AST | Statements:
        self.generic_visit(node)
        return node.body if _is(node.test, True) else node.orelse if _is(node.test, False) else node

    def _known_or_as_it_is(self, node: ast.expr) -> ast.AST:
        value = self._known.get(ast.unparse(node))
        return self.generic_visit(node) if value is None else ast.Constant(value)


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
