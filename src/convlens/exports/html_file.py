"""Exports one HTML file with the page and a model, which works from disk, without a network and without Convlens.

It is the same page that `convlens open` serves. Browsers do not let a page on disk read other files, so this file holds
everything: the page's style sheet, the model as JSON, and the modules and the style sheets of the views, compressed
(gzip, base64), because as text they would be most of the file. `one_file.js`, which unpacks them, is the only script
that runs directly. A content security policy in the file forbids all network access.
"""

import base64
import gzip
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from convlens.checking import as_instance, as_path
from convlens.data import LabelledImages
from convlens.errors import ConvlensError
from convlens.exports.contents import Contents, name_in_export
from convlens.exports.format import ExportFormat
from convlens.exports.page_files import INDEX, list_page_files, read_page_text
from convlens.exports.page_model import page_model
from convlens.exports.page_proof import OLDEST_NODE, most_images, prove_page
from convlens.exports.programs import find_node, version_of_node
from convlens.exports.proof import Proof, Run
from convlens.exports.python_file import run_classifier
from convlens.exports.python_runtime import Classifier
from convlens.exports.spacing import evenly_spaced
from convlens.files import check_parent_folder, sha256_of_bytes, write_atomically
from convlens.trained_model import TrainedModel

ENTRY = "app.js"
_VIEWS = "views/"
_SERVED_ONLY = "views/train/"
"""Training needs a server; the page on disk has no such view, so its modules and styles are left out."""
_UNPACKER = Path(__file__).with_name("one_file.js")
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
_MODULE = re.compile(r"""["']convlens/([\w/.-]+\.js)["']""")
_DOCUMENTATION = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/\n", re.DOTALL | re.MULTILINE)
_STYLE_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n?')
_IMPORT_MAP = re.compile(r'<script type="importmap">.*?</script>\n?', re.DOTALL)
_MODEL_PLACE = re.compile(r'(<script type="application/json" id="convlens-model">)\s*(</script>)')
_MODEL = re.compile(r'<script type="application/json" id="convlens-model">(.+?)</script>', re.DOTALL)
_ENTRY_PLACE = re.compile(r'<script type="module" src="app\.js"></script>')


def export_html(
    model: TrainedModel, path: Path | str, samples: LabelledImages | None = None, name: str | None = None
) -> Path:
    """Write the page with this model inside, as one file that works from disk. Returns the path.

    Args:
        model: the model to show.
        path: the file to write; an existing file is replaced atomically.
        samples: labelled example pictures; `convlens.exports.choose_samples` makes a good choice.
        name: the name of the model on the page; by default the name of the file.

    Raises:
        UsageError: the model is too large for a page, or the samples do not fit the model.
        OutputError: the file cannot be written.
    """
    as_instance("model", model, TrainedModel, "a TrainedModel, as returned by convlens.load_model")
    if samples is not None:
        as_instance("samples", samples, LabelledImages, "LabelledImages(...), or None")
    path = as_path("path", path)
    shown = name_in_export(name, path)
    check_parent_folder(path)
    return write_atomically(path, page_html(page_model(model, samples, name=shown)))


class HtmlFile(ExportFormat):
    """The page with the model inside. Its proof reads the model out of the file and computes with plain NumPy.

    Where Node is installed, it also runs the page's own modules: its engine, and its preparation of pictures. When the
    page is opened, it checks itself: it computes the check images with its own engine in the browser.
    """

    name: ClassVar[str] = "html"
    suffix: ClassVar[str] = ".html"
    prepares_pictures: ClassVar[bool] = True
    help: ClassVar[str] = "the page with the model inside, as one file"

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        payload = page_model(contents.model, contents.samples, name=contents.name)
        write_atomically(path, page_html(payload | {"export": contents.as_dict(proof)}))

    def open(self, path: Path) -> Run:
        payload = json.loads(_payload_in(path.read_text(encoding="utf-8")))
        content = (base64.b64decode(array["data"]) for array in payload["weights"].values())
        return run_classifier(Classifier(payload | {"weights_sha256": sha256_of_bytes(*content)}))

    def prove(self, contents: Contents, path: Path, images: LabelledImages | None) -> Proof:
        proof, node = super().prove(contents, path, images), find_node(OLDEST_NODE)
        if node is None:
            return proof
        pixels = contents.images_of_proof(images)
        text = path.read_text(encoding="utf-8")
        shown = pixels[evenly_spaced(len(pixels), most_images(contents.model))]
        page = prove_page(node, text, _payload_in(text), contents.model, shown, self.tolerance)
        details = {"images_in_node": page.images} if page.images < proof.images else {}
        return proof.joined([page], {"node": version_of_node(node)}, details)


def _payload_in(page: str) -> str:
    """Return the JSON of the model in a page."""
    (text,) = _MODEL.findall(page)
    return text


def page_html(payload: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> str:
    """Return the page as text, with the payload of `page_model` inside. The same payload gives the same text."""
    files = list_page_files() if files is None else files
    text = read_page_text(files, INDEX)
    views = [name for name in _STYLE_SHEET.findall(text) if name.startswith(_VIEWS)]
    text = _STYLE_SHEET.sub(lambda link: "" if link[1] in views else _style(files, link[1]), text)
    text = _replace(_IMPORT_MAP, text, lambda _: "")
    text = _replace(_MODEL_PLACE, text, lambda place: place[1] + escape_json(payload) + place[2])
    text = _replace(_ENTRY_PLACE, text, lambda _: _packed(files, views))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY, quote=False)}">\n'
    title = html.escape(str(payload.get("name") or "Convlens"))
    text = re.sub(r"<title>.*?</title>", lambda _: f"<title>{title} · Convlens</title>", text, count=1)
    return re.sub(r'<meta charset="utf-8">\n', lambda found: found[0] + policy, text, count=1)


def escape_json(value: Any) -> str:
    """Return JSON for a script element, escaped so that no name can end the element or open a comment.

    >>> print(escape_json(["</script><!--"]))
    ["\\u003c/script>\\u003c!--"]
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def needed_modules(files: Mapping[str, Path], entry: str = ENTRY) -> dict[str, str]:
    """Return the texts of all modules that the page's first module imports, directly or indirectly, by name.

    Documentation comments (`/** ... */`) are left out, including imports of types, so modules used only for types are
    left out, too.

    Raises:
        ConvlensError: a module imports another that does not exist.
    """
    found: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith(_SERVED_ONLY):
            continue
        found[name] = _DOCUMENTATION.sub("", read_page_text(files, name))
        waiting += _MODULE.findall(found[name])
    return dict(sorted(found.items()))


def _packed(files: Mapping[str, Path], style_sheets: Sequence[str]) -> str:
    """Pack modules and style sheets as data in a script element, and the script that unpacks them."""
    styles = [read_page_text(files, name) for name in style_sheets if not name.startswith(_SERVED_ONLY)]
    parts = json.dumps({"modules": needed_modules(files), "styles": styles}, ensure_ascii=False)
    # No time stamp, so that the same page gives the same bytes.
    packed = base64.b64encode(gzip.compress(parts.encode(), mtime=0)).decode()
    unpacker = _UNPACKER.read_text(encoding="utf-8")
    return f'<script type="text/plain" id="convlens-parts">{packed}</script>\n<script>\n{unpacker}</script>'


def _style(files: Mapping[str, Path], name: str) -> str:
    rules = re.sub(r"/\*.*?\*/", "", read_page_text(files, name), flags=re.DOTALL)
    lines = (line.strip() for line in rules.splitlines())
    return "<style>\n" + "\n".join(line for line in lines if line) + "\n</style>\n"


def _replace(place: re.Pattern[str], text: str, content: Callable[[re.Match[str]], str]) -> str:
    """Insert text at a place that must exist exactly once."""
    replaced, count = place.subn(content, text)
    if count != 1:
        raise ConvlensError(f"the page's {INDEX} has {count} places for {place.pattern!r}. Install Convlens again.")
    return replaced
