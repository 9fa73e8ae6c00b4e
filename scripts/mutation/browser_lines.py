"""Record which lines of the page's modules a browser ran, with V8's coverage, read through Playwright during tests.

Each page of a test is watched from the moment when it is opened. When the context changes, from one test or shared
fixture to the next, the lines that ran until then are assigned to the previous one. A page that consists of a single
file has no modules of its own and is ignored.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WEB = "src/convlens/web"


def lines_that_ran(text: str, functions: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the line numbers, from 1, of lines with a character that ran.

    Args:
        text: the source of the module.
        functions: V8's functions, outer ones first. Each has ranges of characters, outer ones first, with their counts.

    >>> inner = {"ranges": [{"startOffset": 2, "endOffset": 5, "count": 0}]}
    >>> lines_that_ran("a\\nbb\\nc\\n", [{"ranges": [{"startOffset": 0, "endOffset": 7, "count": 1}]}, inner])
    {1, 3}
    """
    ran = bytearray(len(text))
    for function in functions:
        for span in function["ranges"]:
            start, end = span["startOffset"], min(span["endOffset"], len(text))
            ran[start:end] = (b"\1" if span["count"] else b"\0") * (end - start)
    lines, start = set(), 0
    for number, line in enumerate(text.split("\n"), 1):
        if any(ran[start + place] for place, sign in enumerate(line) if not sign.isspace()):
            lines.add(number)
        start += len(line) + 1
    return lines


class BrowserLines:
    """The watched pages, and the lines that ran in them: the contexts for each file and line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: dict[str, dict[int, list[str]]] = {}
        self._sessions: dict[Any, list[Any]] = {}
        self._texts: dict[str, str] = {}

    def watch_playwright(self, current: Any) -> None:
        """Watch every page that Playwright opens from now on; `current()` returns the current context."""
        from playwright.sync_api import BrowserContext

        new_page, close = BrowserContext.new_page, BrowserContext.close

        def watched(context: Any) -> Any:
            page = new_page(context)
            session = context.new_cdp_session(page)
            session.send("Profiler.enable")
            session.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": True})
            self._sessions.setdefault(context, []).append(session)
            return page

        def closing(context: Any, *arguments: Any, **more: Any) -> None:
            self.book(current())
            self._sessions.pop(context, None)
            close(context, *arguments, **more)

        changed: Any = BrowserContext
        changed.new_page, changed.close = watched, closing

    def book(self, context: str) -> None:
        """Assign everything that ran since the last call to this context."""
        for session in [one for sessions in self._sessions.values() for one in sessions]:
            with contextlib.suppress(Exception):  # a page that crashed or was closed by its test has no coverage
                for script in session.send("Profiler.takePreciseCoverage")["result"]:
                    self._book_script(context, script)

    def _book_script(self, context: str, script: Mapping[str, Any]) -> None:
        path = f"{WEB}{urlsplit(script['url']).path}"
        if path not in self._texts:
            file = self.root / path
            self._texts[path] = file.read_text(encoding="utf-8") if path.endswith(".js") and file.is_file() else ""
        if self._texts[path]:
            by_line = self.lines.setdefault(path, {})
            for line in lines_that_ran(self._texts[path], script["functions"]):
                contexts = by_line.setdefault(line, [])
                if context not in contexts:
                    contexts.append(context)
