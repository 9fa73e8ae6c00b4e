"""Record which lines of the page's modules Node ran for tests that need no page; `record_node_lines.js` is its part.

Node imports a module once for all tests of a file. So the lines that run during the import get the context "", too:
they affect every test.
"""

import json
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mutation.browser_lines import WEB, lines_that_ran

PRELOADED = Path(__file__).with_name("record_node_lines.js")


class NodeLines:
    """The lines that ran in Node: the contexts for each file and line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / "mutation-node-lines"
        self.book("")
        os.environ["MUTATION_NODE_LINES"] = str(self.file)
        os.environ["NODE_OPTIONS"] = f"--import={PRELOADED.as_uri()}"

    def book(self, context: str) -> None:
        """Assign everything that runs from now on to this context."""
        self.file.with_name(f"{self.file.name}.context").write_text(context, encoding="utf-8")

    def add_to(self, lines: dict[str, dict[int, list[str]]]) -> None:
        """Add the contexts of what ran."""
        written = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        texts: dict[str, str] = {}
        for line in written:
            entry = json.loads(line)
            for script in entry["scripts"]:
                path = WEB + unquote(urlsplit(script["url"]).path).partition(f"/{WEB}")[2]
                text = texts.setdefault(path, (self.root / path).read_text(encoding="utf-8"))
                module, *functions = script["functions"]
                imported = _is_import(module, text) and lines_that_ran(text, [module, *map(_blank, functions)])
                for number in lines_that_ran(text, script["functions"]):
                    contexts = lines.setdefault(path, {}).setdefault(number, [])
                    wanted = [entry["context"], ""] if imported and number in imported else [entry["context"]]
                    contexts += [one for one in wanted if one not in contexts]


def _is_import(function: dict, text: str) -> bool:
    (whole, *_) = function["ranges"]
    return bool(whole["startOffset"] == 0 and whole["endOffset"] >= len(text) and whole["count"])


def _blank(function: dict) -> dict:
    """Return a function of which nothing ran."""
    return {"ranges": [{**function["ranges"][0], "count": 0}]}
