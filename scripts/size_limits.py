"""Checks the size limits: a file has at most 500 lines, a function at most 50.

A longer file or function should be split. The limits can only be raised here, with a decision record. Linters count
statements or branches, which rewards dense lines; this script counts lines. A function's decorators, its docstring and
the comments before it do not count, so that nobody shortens documentation to meet a limit.

Functions are measured in Python, with its own parser, and in JavaScript, with tree-sitter: a regular expression could
not tell functions and braces from strings, templates and regular expressions that look like them.
"""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

LINES_PER_FILE = 500
LINES_PER_FUNCTION = 50
MEDIAN_AIM = 150

FOLDERS = ("src", "native", "tests", "benchmarks", "examples", "scripts", ".ci")
SUFFIXES = frozenset({".py", ".js", ".cpp", ".hpp", ".h", ".css", ".sh"})

JAVASCRIPT = Language(tree_sitter_javascript.language())
JAVASCRIPT_FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
# Where to find a name for an anonymous function: the kind of node around it, and the field that holds the name.
NAMED_BY = {
    "variable_declarator": "name",
    "assignment_expression": "left",
    "pair": "key",
    "field_definition": "property",
}


@dataclass(frozen=True)
class Function:
    """A function: its name, its first line, and its length without documentation and decorators."""

    name: str
    line: int
    length: int


def find_files(root: Path) -> list[Path]:
    """Return the source files in the project's folders, in order. A script without a suffix is recognised by `#!`."""
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts and _is_source(path))


def _is_source(path: Path) -> bool:
    if path.suffix:
        return path.suffix in SUFFIXES
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def measure_python(text: str) -> Iterator[Function]:
    """Yield every function of a Python text, including methods and inner functions, which also count for the outer one.

    >>> list(measure_python("def double(x):\\n    'Twice x.'\\n    return 2 * x"))
    [Function(name='double', line=1, length=2)]
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                docstring = node.body[0]
                length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield Function(node.name, node.lineno, length)


def measure_javascript(text: str) -> Iterator[Function]:
    """Yield every function of a JavaScript text: declarations, methods, arrow functions and function expressions.

    >>> list(measure_javascript("const double = (x) => {\\n  return 2 * x;\\n};"))
    [Function(name='double', line=1, length=3)]
    """
    root = Parser(JAVASCRIPT).parse(text.encode()).root_node
    if root.has_error:
        raise SyntaxError("tree-sitter-javascript finds a syntax error")
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.named_children)
        if node.type in JAVASCRIPT_FUNCTIONS:
            first, last = node.start_point.row, node.end_point.row
            yield Function(_name_in_javascript(node), first + 1, last - first + 1)


def _name_in_javascript(function: Node) -> str:
    name = function.child_by_field_name("name")
    around = function.parent
    if name is None and around is not None and around.type in NAMED_BY:
        name = around.child_by_field_name(NAMED_BY[around.type])
    return name.text.decode() if name is not None and name.text is not None else "a function"


MEASURES = {".py": measure_python, ".js": measure_javascript}


def find_excesses(path: Path, text: str) -> list[str]:
    """Return a line for everything that is too long in a file, or for the reason why it cannot be measured."""
    excesses = []
    lines = len(text.splitlines())
    if lines > LINES_PER_FILE:
        excesses.append(f"{path}: {lines} lines; at most {LINES_PER_FILE} are allowed. Move a part into another file.")
    try:
        functions = list(MEASURES[path.suffix](text)) if path.suffix in MEASURES else []
    except SyntaxError as error:
        return [*excesses, f"{path}: its functions cannot be measured: {error}. Fix it first."]
    return excesses + [
        f"{path}:{function.line}: {function.name} has {function.length} lines without its documentation; "
        f"at most {LINES_PER_FUNCTION} are allowed. Move a part into another function."
        for function in functions
        if function.length > LINES_PER_FUNCTION
    ]


def summarise(texts: Sequence[str]) -> str:
    """Return the summary: how many files there are, and their median and greatest length.

    >>> summarise(["one\\ntwo\\n", "one\\n", "one\\ntwo\\nthree\\n"])
    '3 files, median 2 lines (aim: at most 150), longest 3 (limit: 500)'
    """
    lengths = [len(text.splitlines()) for text in texts]
    median = round(statistics.median(lengths))
    return (
        f"{len(lengths)} files, median {median} lines (aim: at most {MEDIAN_AIM}), "
        f"longest {max(lengths)} (limit: {LINES_PER_FILE})"
    )


def main(root: Path) -> int:
    """Print every excess and the summary; return 1 if there is an excess."""
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in find_files(root)}
    if not texts:
        print(f"{root} has none of the folders {', '.join(FOLDERS)}; give the project's root folder.", file=sys.stderr)
        return 2
    excesses = [excess for path, text in texts.items() for excess in find_excesses(path, text)]
    for excess in excesses:
        print(excess)
    print(summarise(list(texts.values())))
    return 1 if excesses else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
