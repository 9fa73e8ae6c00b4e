"""Prints a checkup: a block for each finding, the most severe first.

A block lists five files at most; `--json` lists all.
"""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from convlens.cli.terminal import result_console
from convlens.words import count_of

if TYPE_CHECKING:
    from convlens.data.checkup import Checkup, Finding

MOST_LINES, MOST_LINES_OF_A_NOTE = 5, 3
_MARKS = {"error": ("✗", "bold red"), "warning": ("!", "bold yellow"), "note": ("·", "cyan")}


def print_checkup(checkup: "Checkup") -> None:
    """Print the whole report on stdout."""
    console = result_console()
    console.print(_heading(checkup))
    for finding in checkup.findings:
        console.print()
        _print_finding(console, finding)
    console.print()
    if checkup.problems:
        console.print(Text(f"{checkup.totals()}. Nothing was changed.", style="bold"))
        return
    notes = f"; {checkup.totals()}" if checkup.findings else ""
    found = f" in {count_of(checkup.images, 'image')}{notes}"
    console.print(Text.assemble(("✓ no problems found", "bold green"), found))


def _heading(checkup: "Checkup") -> Text:
    classes = len(checkup.class_names)
    parts = ", ".join(f"{count:,} {name}" for name, count in checkup.counts.items())
    skipped = f"; {count_of(checkup.refused, 'file')} skipped" if checkup.refused else ""
    told = f": {count_of(checkup.images, 'image')} of {count_of(classes, 'class')} ({parts}){skipped}"
    return Text.assemble((checkup.name, "bold"), told)


def _print_finding(console: Console, finding: "Finding") -> None:
    mark, style = _MARKS[finding.severity]
    title = Text(finding.title, style="" if finding.severity == "note" else "bold")
    _print_hanging(console, Text(f"{mark} ", style=style), title)
    lines = finding.examples or finding.files
    most = MOST_LINES_OF_A_NOTE if finding.severity == "note" else MOST_LINES
    # A single further line is printed, because a note about it would be just as long.
    shown = most if len(lines) > most + 1 else len(lines)
    for line in lines[:shown]:
        _print_hanging(console, Text(" " * 4), Text(line), further=2)
    if len(lines) > shown:
        _print_hanging(console, Text(" " * 4), Text(f"and {len(lines) - shown:,} more: --json lists all", style="dim"))
    _print_hanging(console, Text.assemble("  ", ("→ ", "green")), Text(finding.advice))


def _print_hanging(console: Console, mark: Text, text: Text, further: int = 0) -> None:
    """Print a mark and a text; its later lines begin below its first word, or `further` columns to the right."""
    lines = text.wrap(console, max(20, console.width - mark.cell_len - further))
    for number, line in enumerate(lines):
        line.rstrip()
        start = Text(" " * (mark.cell_len + further)) if number else mark
        console.print(Text.assemble(start, line), soft_wrap=True)
