"""Writes `benchmarks/records.md`: one section per benchmark, replaced as a whole when the benchmark runs again.

Invisible comments mark the sections, so any text around them is kept.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

RECORDS = Path(__file__).resolve().parent / "records.md"
TITLE = "# Records\n\nEvery section was written by the benchmark that it names; run it to measure your own machine.\n"


def replace_section(document: str, name: str, section: str) -> str:
    """Return the document with the section `name` replaced, or added at the end.

    >>> print(replace_section("Before.\\n<!-- a: begin -->\\nold\\n<!-- a: end -->\\nAfter.\\n", "a", "new"))
    Before.
    <!-- a: begin -->
    new
    <!-- a: end -->
    After.
    <BLANKLINE>

    Raises:
        ValueError: one of the section's two marks is missing or repeated, or their order is wrong.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    whole = f"{begin}\n{section.strip()}\n{end}"
    found = document.count(begin), document.count(end)
    if found == (0, 0):
        return f"{document.rstrip()}\n\n{whole}\n".lstrip()
    before, _, rest = document.partition(begin)
    _, found_end, after = rest.partition(end)
    if found != (1, 1) or not found_end:
        raise ValueError(f"the marks of section {name!r} are damaged; leave one '{begin}' and, after it, one '{end}'.")
    return before + whole + after


def write_section(name: str, section: str, path: Path = RECORDS) -> None:
    """Write a section into the file of records, which is created if it does not exist."""
    document = path.read_text(encoding="utf-8") if path.exists() else TITLE
    path.write_text(replace_section(document, name, section), encoding="utf-8")


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table; the first column is left-aligned, the others are right-aligned numbers.

    >>> print(format_table(["who", "seconds"], [["a", "1.5"]]))
    | who | seconds |
    |:----|--------:|
    | a   |     1.5 |
    """
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rules = [("-" * (width + 1) + ":") if number else (":" + "-" * (width + 1)) for number, width in enumerate(widths)]
    return "\n".join([line(header), f"|{'|'.join(rules)}|", *map(line, rows)])


def format_facts(facts: Mapping[str, str]) -> str:
    """Format facts as a Markdown list, one per line.

    >>> print(format_facts({"seed": "3", "cores": "2"}))
    - seed: 3
    - cores: 2
    """
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())
