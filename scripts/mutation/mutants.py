"""Represent mutants as changes of text in any language, sample them, and exclude those that no test can kill.

A sample consists of the mutants with the smallest hashes of the seed and their identity, instead of random positions.
So a line that is added to a file does not change which other mutants are chosen, and a sample of 20 is part of one
of 30.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EQUIVALENTS = Path("benchmarks/mutants_equivalent.toml")


@dataclass(frozen=True)
class Mutant:
    """A change of one file.

    Args:
        path: the path of the file, relative to the project, with `/`.
        start: the position in the text where the change begins, in characters.
        old: the text that is replaced.
        new: the text that replaces it.
        operator: the kind of change, as named by the library.
        line: the line number, from 1.
        before: the original line, without surrounding blanks.
        after: the line in the mutant; for a change over several lines, its first line.
        last_line: the number of the line where the change ends.
    """

    path: str
    start: int
    old: str
    new: str
    operator: str
    line: int
    before: str
    after: str
    last_line: int

    def apply(self, text: str) -> str:
        """Return the whole text of the mutant.

        Raises:
            ValueError: the mutant was made from another text.
        """
        end = self.start + len(self.old)
        if text[self.start : end] != self.old:
            raise ValueError(f"{self.path}:{self.line} is not what it was when its mutants were listed")
        return text[: self.start] + self.new + text[end:]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before} → {self.after}"


def make_mutant(path: str, text: str, start: int, end: int, new: str, operator: str) -> Mutant | None:
    """Return a mutant with `new` instead of `text[start:end]`, narrowed to the difference; None without a difference.

    >>> print(make_mutant("a.py", "x = 1\\ny = x + 1\\n", 10, 15, "x - 1", "swap"))
    a.py:2  y = x + 1 → y = x - 1
    """
    old = text[start:end]
    if old == new:
        return None
    head = _count_same(old, new)
    tail = _count_same(old[head:][::-1], new[head:][::-1])
    start, end, new = start + head, end - tail, new[head : len(new) - tail]
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    around = text[first : last if last >= 0 else len(text)]
    changed = around[: start - first] + new + around[end - first :]
    line = text.count("\n", 0, start) + 1
    before, after = around.partition("\n")[0].strip(), changed.partition("\n")[0].strip()
    if before == after:  # a change over several lines that begins at the end of the first
        before, after = _on_one_line(around), _on_one_line(changed)
    return Mutant(path, start, text[start:end], new, operator, line, before, after, line + text[start:end].count("\n"))


def _count_same(one: str, other: str) -> int:
    """Return how many characters at the start of both texts are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def choose(mutants: Iterable[Mutant], number: int, seed: int) -> list[Mutant]:
    """Return at most `number` of the mutants, chosen by the seed, in the order of files and lines."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    ranked = []
    for mutant in mutants:
        identity = mutant.path, mutant.before, mutant.after, mutant.operator
        seen[identity] += 1
        key = "\0".join([str(seed), *identity, str(seen[identity])])
        ranked.append((hashlib.sha256(key.encode()).digest(), mutant))
    chosen = [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])[:number]]
    return sorted(chosen, key=lambda mutant: (mutant.path, mutant.start, mutant.new))


def share_out(sizes: Mapping[str, int], number: int, least: int = 6) -> dict[str, int]:
    """Return how many of `number` mutants each package gets: its share of the lines, rounded up, at least `least`.

    >>> share_out({"big": 900, "small": 100}, 20)
    {'big': 18, 'small': 6}
    """
    total = sum(sizes.values())
    return {name: max(least, -(-number * size // total)) for name, size in sizes.items()}


@dataclass(frozen=True)
class Equivalent:
    """A mutant that behaves like the original, so that no test can kill it; it is not counted."""

    path: str
    before: str
    after: str
    reason: str


def read_equivalents(path: Path) -> list[Equivalent]:
    """Read the list in benchmarks/mutants_equivalent.toml; return an empty list if the file is missing.

    Raises:
        ValueError: an entry lacks one of its four texts, or has an unknown key.
    """
    if not path.exists():
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    for number, entry in enumerate(entries, 1):
        if set(entry) != {"path", "before", "after", "reason"} or not all(entry.values()):
            raise ValueError(f"{path.name}: entry {number} must have path, before, after and reason, and no other key.")
    return [Equivalent(**entry) for entry in entries]


def without_equivalents(mutants: Sequence[Mutant], equivalents: Iterable[Equivalent]) -> list[Mutant]:
    """Return the mutants that count."""
    known = {(one.path, one.before, one.after) for one in equivalents}
    return [mutant for mutant in mutants if (mutant.path, mutant.before, mutant.after) not in known]
