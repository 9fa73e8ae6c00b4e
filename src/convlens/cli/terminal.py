"""Everything that several commands draw in a terminal: consoles, lines, JSON, the accuracy.

Names of files and classes may hold escape sequences, which a terminal would obey: move the cursor, change colours, hide
lines. All text goes through here on its way out, where whatever is no printable sign is written as Python writes it.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from convlens.cli.encoding import holds_every_sign
from convlens.words import agreeing, printable, printable_lines

WIDTH_WITHOUT_TERMINAL = 1000
"""A pipe or a file has no width; tables take what they need there, so that nothing is folded."""


class _PrintableConsole(Console):
    """A console whose only escape sequences are rich's own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is drawn, in pieces; rich calls this for everything."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable_lines(segment.text))


def result_console() -> Console:
    """For results, on stdout."""
    return _PrintableConsole(
        highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def error_console() -> Console:
    """For everything that is not the result, on stderr."""
    return _PrintableConsole(
        stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def print_line(text: str, to_stderr: bool = False) -> None:
    """One line of plain text, however long, at once."""
    print(printable(text), file=sys.stderr if to_stderr else sys.stdout, flush=True)


def say_if_stopped(facts: Mapping[str, Any], name: str = "") -> None:
    """One line on stderr if a model's training was stopped; `name` says which, where there are several models."""
    from convlens.trained_model import notice_of_stop

    if notice := notice_of_stop(facts):
        print_line(f"{name}: {notice}" if name else notice, to_stderr=True)


def print_json(value: Any) -> None:
    """One JSON object on one line of stdout. What is no number in JSON (NaN, infinity) is never in our values."""
    print(to_json(value), flush=True)


def to_json(value: Any) -> str:
    """A value as JSON for stdout: letters as they are where its encoding has them all, else escaped."""
    text = json.dumps(value, ensure_ascii=not holds_every_sign(sys.stdout.encoding), allow_nan=False)
    return (
        text if text.isprintable() else "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
    )


def accuracy_line(correct: int, total: int, images: str) -> str:
    """The accuracy with its interval, as markup; `images` says which they are, in the plural.

    >>> accuracy_line(9873, 10_000, "test images")
    '[bold]Accuracy: 98.73 %[/] of 10,000 test images (95 % interval 98.49 to 98.93 %)'
    >>> accuracy_line(1, 1, "images of photos")
    '[bold]Accuracy: 100.00 %[/] of 1 image of photos (95 % interval 20.65 to 100.00 %)'
    """
    from convlens.metrics import wilson_interval

    low, high = wilson_interval(correct, total)
    share = f"[bold]Accuracy: {100 * correct / total:.2f} %[/]"
    which = escape(images.replace("images", agreeing(total, "image"), 1))
    return f"{share} of {total:,} {which} (95 % interval {low * 100:.2f} to {high * 100:.2f} %)"
