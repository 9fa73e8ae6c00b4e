"""The files of the page: what there is, what kind each is, and the scripts that stand in `index.html` itself.

The list is made once, of regular files of known kinds inside the package: whoever serves the page looks a name up in
it, so no name of a request ever becomes a path.
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
    """Name, with slashes, → path of every file of the page; nothing that a link leads to outside of the folder.

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
    """The text of one of the page's files.

    Raises:
        ConvlensError: it is not there.
    """
    if name not in files:
        raise ConvlensError(
            f"the page lacks its file {name}, which another of its files names. Install Convlens again."
        )
    return files[name].read_text(encoding="utf-8")


def inline_scripts(html: str) -> list[str]:
    """The texts of the scripts that run in a page and stand in it: its import map, say, but not its data.

    >>> inline_scripts('<script type="importmap">{}</script><script src="a.js"></script>')
    ['{}']
    """
    scripts = _INLINE_SCRIPT.finditer(html)
    return [
        script["text"]
        for script in scripts
        if "src=" not in script["attributes"] and not _DATA_TYPE.search(script["attributes"])
    ]
