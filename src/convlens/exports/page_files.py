"""The files of the page and their types, and the inline scripts of `index.html`.

The list is made once, from regular files of known types inside the package. The server looks names up in this list, so
a name in a request never becomes a path.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from convlens.errors import ConvlensError

WEB_FOLDER = Path(__file__).parents[1] / "web"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
INDEX = "index.html"
_INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
_DATA_TYPE = re.compile(r"""type=["']?application/json""")


def list_page_files(folder: Path = WEB_FOLDER) -> dict[str, Path]:
    """Map the name (with slashes) of every file of the page to its path; links to files outside the folder are ignored.

    >>> sorted(name for name in list_page_files() if "/" not in name)
    ['app.js', 'index.html', 'style.css']
    """
    root = folder.resolve()
    found = {}
    for path in sorted(root.rglob("*")):
        inside = path.resolve().is_relative_to(root)
        if inside and path.is_file() and path.suffix in MEDIA_TYPES:
            found[path.relative_to(root).as_posix()] = path
    return found


def read_page_text(files: Mapping[str, Path], name: str) -> str:
    """Read the text of one of the page's files.

    Raises:
        ConvlensError: it does not exist.
    """
    if name not in files:
        raise ConvlensError(f"the page's file {name} is missing. Install Convlens again.")
    return files[name].read_text(encoding="utf-8")


def inline_scripts(html: str) -> list[str]:
    """Return the texts of the inline scripts of a page, such as its import map, without scripts that are only data.

    >>> inline_scripts('<script type="importmap">{}</script><script src="a.js"></script>')
    ['{}']
    """
    scripts = _INLINE_SCRIPT.finditer(html)
    return [
        script["text"]
        for script in scripts
        if "src=" not in script["attributes"] and not _DATA_TYPE.search(script["attributes"])
    ]
