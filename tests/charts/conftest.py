"""Charts as matplotlib holds them: where each part lies and how it looks."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens.charts.canvas import Sheet


@pytest.fixture
def sheet_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sheet]:
    """Return a function that draws a chart and returns its sheet; no PNG is made, which takes longest."""
    sheets: list[Sheet] = []

    def keep(sheet: Sheet) -> bytes:
        sheets.append(sheet)
        return b""

    def draw(chart: Callable[..., bytes], *arguments: Any, **named: Any) -> Sheet:
        with monkeypatch.context() as patched:
            patched.setattr(Sheet, "png", keep)
            chart(*arguments, **named)
        return sheets.pop()

    return draw
