"""The size limits: a file has at most 500 lines, a function at most 50.

A file or function that outgrows them is one that wants to be two; the limits make that a decision instead of a habit.
They can only be raised here, with a decision record. Linters count statements or branches, which rewards dense lines;
this counts lines, as a reader does. A function's decorators and docstring don't count: documentation should never be
what is cut.
"""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LINES_PER_FILE = 500
LINES_PER_FUNCTION = 50
MEDIAN_AIM = 150

FOLDERS = ("src", "native", "tests", "benchmarks", "examples", "scripts", ".ci")
SUFFIXES = frozenset({".py", ".js", ".cpp", ".hpp", ".h", ".css", ".sh"})


@dataclass(frozen=True)
class Function:
    """A function of a Python file: its name, its first line, and its length without decorators and docstring."""

    name: str
    line: int
    length: int


def find_files(root: Path) -> list[Path]:
    """The source files under the folders of this project, in order. A script without a suffix is known by its `#!`."""
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts and _is_source(path))


def _is_source(path: Path) -> bool:
    if path.suffix:
        return path.suffix in SUFFIXES
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def measure_functions(text: str) -> Iterator[Function]:
    """Every function of a Python text, methods and inner functions too; an inner one also counts for the outer one.

    >>> list(measure_functions("def double(x):\\n    'Twice x.'\\n    return 2 * x"))
    [Function(name='double', line=1, length=2)]
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node, clean=False) is not None:
                docstring = node.body[0]
                length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield Function(node.name, node.lineno, length)


def find_excesses(path: Path, text: str) -> list[str]:
    """What is too long in one file, a line each."""
    excesses = []
    lines = len(text.splitlines())
    if lines > LINES_PER_FILE:
        excesses.append(f"{path}: {lines} lines; at most {LINES_PER_FILE} are allowed. Give a part of it its own file.")
    if path.suffix == ".py":
        excesses += [
            f"{path}:{function.line}: {function.name} has {function.length} lines without its docstring; "
            f"at most {LINES_PER_FUNCTION} are allowed. Give a part of it its own name."
            for function in measure_functions(text)
            if function.length > LINES_PER_FUNCTION
        ]
    return excesses


def summarise(texts: Sequence[str]) -> str:
    """The line for people: how many files, and how far their median is from the aim.

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
    """Print every excess, then the summary; 1 where there is an excess."""
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in find_files(root)}
    if not texts:
        print(f"{root} has none of the folders {', '.join(FOLDERS)}; give the root of the project.", file=sys.stderr)
        return 2
    excesses = [excess for path, text in texts.items() for excess in find_excesses(path, text)]
    for excess in excesses:
        print(excess)
    print(summarise(list(texts.values())))
    return 1 if excesses else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
