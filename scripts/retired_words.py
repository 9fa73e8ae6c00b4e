"""Finds words that docs/glossary.md has retired, in every text that people read.

The words, and phrases in which they are allowed ("room for"), are in the glossary's table. The script reads the
documentation, the notebooks, the page, and in code the comments, docstrings and strings of more than one word, such as
messages and help texts. It skips files about the past (`PAST`). For names in code, see src/convlens/deprecations.py.

    python scripts/retired_words.py            # the exit code is 1 if one is found
"""

import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
GLOSSARY = "docs/glossary.md"
FOLDERS = ("src", "native", "docs", "examples", "scripts", "benchmarks", "tests", ".ci")
FILES = ("README.md", "Makefile", "mkdocs.yml", "conftest.py")
PROSE = frozenset({".md", ".html", ".jinja", ".j2", ".ipynb"})
CODE = frozenset({".js", ".cpp", ".hpp", ".h", ".inc", ".css"})
PAST = (
    GLOSSARY,
    "docs/decisions/",
    "docs/lab-notebook.md",
    "benchmarks/records.md",
    "src/convlens/deprecations.py",
    "scripts/retired_words.py",
    "tests/test_deprecations.py",
    "tests/cli/test_report_command.py",
    "tests/scripts/test_retired_words.py",
)
"""The glossary, records of the past, and the code that keeps old names working. The changelog is not read at all."""
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL)
_HASH_COMMENT = re.compile(r"#.*$", re.MULTILINE)


@dataclass(frozen=True)
class Retired:
    """A word, what to write instead, and phrases in which it means something else."""

    word: str
    instead: str
    allowed: tuple[str, ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern for the word in all its forms."""
        stem = self.word[:-1] + "(?:y|ies)" if self.word.endswith("ty") else _spaced(self.word) + "(?:s|es|ed|ing)?"
        return re.compile(rf"\b{stem}\b", re.IGNORECASE)

    def lines(self, text: str) -> Iterator[int]:
        """Yield the numbers, from 1, of the lines on which the word or a form of it begins.

        >>> word = Retired("stretch", "chunk", ("contrast stretch",))
        >>> list(word.lines("One stretch.\\nContrast stretching,\\nstretches"))
        [1, 3]
        """
        for phrase in self.allowed if self.pattern.search(text) else ():
            text = re.sub(_spaced(phrase), lambda found: re.sub(r"\S", "·", found[0]), text, flags=re.IGNORECASE)
        for found in self.pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1


def _spaced(phrase: str) -> str:
    """Return a pattern for words that may be on two lines, the second perhaps after a comment mark."""
    return r"(?:\s|[#*/]+ )+".join(re.escape(word) for word in phrase.split())


def read_glossary(text: str) -> list[Retired]:
    """Read the table under "Retired words": words, what to write instead, and phrases that are allowed.

    A word with a remark in brackets is retired in that meaning only. A program cannot tell meanings apart, so such
    words are skipped.

    >>> table = "| a | b | c |\\n|:--|:--|:--|\\n| bend, bent | corruption | bent paper |\\n| ink (rules) | x | |"
    >>> read_glossary("## Retired words\\n\\n" + table)
    [Retired(word='bend', instead='corruption', allowed=('bent paper',)), Retired(word='bent', ...)]
    """
    found = []
    for row in re.findall(
        r"^\|([^|\n]+)\|([^|\n]+)\|([^|\n]*)\|$", text.partition("## Retired words")[2], re.MULTILINE
    )[2:]:
        words, instead, allowed = (cell.strip() for cell in row)
        if not words.endswith(")"):
            phrases = tuple(phrase for phrase in allowed.split(", ") if phrase)
            found += [Retired(word, instead, phrases) for word in words.split(", ")]
    return found


def prose_of(path: Path) -> str:
    """Return the text that people read in a file, each piece on its line; everything else becomes blank."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in PROSE:
        return text
    if path.suffix == ".py":
        return _only(text, _python_pieces(text))
    pieces = (_COMMENT if path.suffix in CODE else _HASH_COMMENT).finditer(text)
    return _only(text, [(piece.start(), piece[0]) for piece in pieces if " " in piece[0]])


def _python_pieces(text: str) -> list[tuple[int, str]]:
    """Return the comments and strings of more than one word, with their positions; of f-strings the literal parts."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    kinds = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    return [
        (starts[token.start[0] - 1] + token.start[1], token.string)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type in kinds and " " in token.string
    ]


def _only(text: str, pieces: Sequence[tuple[int, str]]) -> str:
    kept, end = [], 0
    for start, piece in pieces:
        kept += [re.sub(r"[^\n]", " ", text[end:start]), piece]
        end = start + len(piece)
    return "".join(kept)


def files_to_read(root: Path) -> list[Path]:
    """Return every file with text for people, in order."""
    scripts = {path for path in (root / "scripts").iterdir() if path.is_file() and not path.suffix}
    found = {
        path
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in PROSE | CODE | {".py", ".sh"}
    }
    every = sorted(found | scripts | {root / name for name in FILES})
    return [path for path in every if not path.relative_to(root).as_posix().startswith(PAST) and path.is_file()]


def complaints(root: Path) -> list[str]:
    """Return a line for each retired word that is still in use."""
    retired = read_glossary((root / GLOSSARY).read_text(encoding="utf-8"))
    lines = []
    for path in files_to_read(root):
        whole = path.read_text(encoding="utf-8")
        if not any(one.pattern.search(whole) for one in retired):
            continue  # most files; they need no parsing
        text = prose_of(path)
        for one in retired:
            lines += [
                f"{path.relative_to(root)}:{line}: {one.word!r} is retired; write {one.instead}."
                for line in one.lines(text)
            ]
    return lines


def main() -> int:
    """Print the complaints and return the exit code: 1 if there are any."""
    found = complaints(ROOT)
    print(*found or [f"No word that {GLOSSARY} retired is in use."], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
