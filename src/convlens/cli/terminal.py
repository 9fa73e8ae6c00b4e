"""What several commands print with: consoles, lines, JSON, and the line with the accuracy.

Names of files and classes may hold escape sequences, which a terminal would obey: move the cursor, change colours, hide
lines. All text goes through here on its way out, and every unprintable character is written as Python escapes it.
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
"""The width of a pipe or a file, large enough that no table is folded there."""


class _PrintableConsole(Console):
    """A console whose only escape sequences are rich's own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return what is drawn, in pieces; rich calls this for everything."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable_lines(segment.text))


def result_console() -> Console:
    """Return a console for results, on stdout."""
    return _PrintableConsole(
        highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def error_console() -> Console:
    """Return a console for everything that is not a result, on stderr."""
    return _PrintableConsole(
        stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def print_line(text: str, to_stderr: bool = False) -> None:
    """Print one line of plain text, however long, and flush."""
    print(printable(text), file=sys.stderr if to_stderr else sys.stdout, flush=True)


def say_if_stopped(facts: Mapping[str, Any], name: str = "") -> None:
    """Print a line on stderr if a model's training was stopped; `name` says which one, if there are several."""
    from convlens.trained_model import notice_of_stop

    if notice := notice_of_stop(facts):
        print_line(f"{name}: {notice}" if name else notice, to_stderr=True)


def print_json(value: Any) -> None:
    """Print one JSON object on one line of stdout. Values must not be NaN or infinite, which JSON does not have."""
    print(to_json(value), flush=True)


def to_json(value: Any) -> str:
    """Return a value as JSON for stdout, with unprintable characters escaped; characters beyond ASCII, too, unless its
    encoding is Unicode.
    """
    text = json.dumps(value, ensure_ascii=not holds_every_sign(sys.stdout.encoding), allow_nan=False)
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def accuracy_line(correct: int, total: int, images: str) -> str:
    """Return the accuracy with its interval, as markup; `images` names the images, in the plural.

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
