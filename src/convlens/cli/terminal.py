"""What several commands print with: consoles, JSON, and the line with the accuracy."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

from convlens.cli.encoding import holds_every_sign
from convlens.words import agreeing

WIDTH_WITHOUT_TERMINAL = 1000
"""The width of a pipe or a file, large enough that no table is folded there."""


def result_console() -> Console:
    """Return a console for results, on stdout."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL)


def error_console() -> Console:
    """Return a console for everything that is not a result, on stderr."""
    return Console(
        stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else WIDTH_WITHOUT_TERMINAL
    )


def print_json(value: Any) -> None:
    """Print one JSON object on one line of stdout. Values must not be NaN or infinite, which JSON does not have."""
    print(to_json(value), flush=True)


def to_json(value: Any) -> str:
    """Return a value as JSON for stdout; characters beyond ASCII are escaped unless its encoding is Unicode."""
    return json.dumps(value, ensure_ascii=not holds_every_sign(sys.stdout.encoding), allow_nan=False)


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
