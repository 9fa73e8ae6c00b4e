"""The page as one file: complete, the same bytes again, and safe from every name that a model may hold."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens import LabelledImages, Network, TrainedModel
from convlens.errors import ConvlensError, OutputError, UsageError
from convlens.exports import FORMATS, export_html, find_format, page_model
from convlens.exports.html_file import escape_json, needed_modules, page_html
from convlens.exports.page_files import WEB_FOLDER, inline_scripts, list_page_files, read_page_text
from convlens.network import initial_weights, read_network
from convlens.preprocessing import Preprocessing

HOSTILE = ("</script><script>alert(1)</script>", "<!--<script>", "]]>", "</title>", "\u2028\u2029", "&lt;", "'\"\\")


def make_model(names: tuple[str, ...] = ("cat", "dog")) -> TrainedModel:
    network = Network.from_text("conv 2 3x3, relu, dense")
    weights = initial_weights(network, (1, 8, 8), len(names), seed=0)
    return TrainedModel(network, weights, Preprocessing((1, 8, 8)), names)


class Elements(HTMLParser):
    """What a parser of HTML finds: the elements in order, and the texts of the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str | None, str] = {}
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "script":
            self._script = dict(attrs).get("id")

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data

    def addresses(self) -> list[str]:
        """Everything that a browser would fetch."""
        named = [attributes.get(name) for _, attributes in self.found for name in ("src", "href", "action", "data")]
        return [address for address in named if address and not address.startswith(("#", "data:"))]


def packed_parts(text: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(base64.b64decode(Elements(text).scripts["convlens-parts"])))


def test_the_file_holds_the_page_and_the_model(tmp_path):
    model = make_model()
    path = export_html(model, tmp_path / "pets.html")
    text = path.read_text(encoding="utf-8")
    page = Elements(text)
    assert json.loads(page.scripts["convlens-model"]) == json.loads(json.dumps(page_model(model, name="pets")))
    assert page.addresses() == []
    assert "<title>pets · Convlens</title>" in text
    parts = packed_parts(text)
    files = list_page_files()
    lines = files["app.js"].read_text(encoding="utf-8").splitlines()
    without_documentation = [line for line in lines if not re.match(r" *(/\*\*| \*)", line)]
    assert parts["modules"]["app.js"].splitlines() == without_documentation
    assert files["style.css"].read_text(encoding="utf-8").splitlines()[-1].strip() in text
    assert parts["styles"][0] == files["views/look/look.css"].read_text(encoding="utf-8")


def test_every_module_that_is_named_is_there_and_none_of_those_that_need_a_server(tmp_path):
    modules = packed_parts(page_html(page_model(make_model())))["modules"]
    named = {name for text in modules.values() for name in re.findall(r"[\"'`]convlens/([^\"'`]+)[\"'`]", text)}
    train = {name for name in named if name.startswith("views/train/")}
    assert named - train <= set(modules)
    assert not any(name.startswith("views/train/") for name in modules)
    # Nothing is named by a place beside it, which a page from disk could not find.
    assert not any(
        re.search(r"from [\"']\.|import\([\"']\.|import [\"']\.|import\.meta", text) for text in modules.values()
    )


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first, second = (export_html(make_model(), tmp_path / name, name="a") for name in ("x.html", "y.html"))
    assert first.read_bytes() == second.read_bytes()


def test_names_with_markup_stay_names(tmp_path):
    text = export_html(make_model(HOSTILE), tmp_path / "a.html", name="</title><script>alert(2)</script>").read_text()
    page = Elements(text)
    plain = Elements(export_html(make_model(tuple("abcdefg")), tmp_path / "b.html").read_text())
    assert [tag for tag, _ in page.found] == [tag for tag, _ in plain.found]
    payload = json.loads(page.scripts["convlens-model"])
    assert payload["class_names"] == list(HOSTILE)
    assert "alert(1)</script>" not in text
    assert "<title>&lt;/title&gt;&lt;script&gt;" in text


def test_the_file_may_talk_to_nobody():
    policy = next(
        attributes["content"]
        for tag, attributes in Elements(page_html(page_model(make_model()))).found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert not {"connect-src", "frame-src", "worker-src"} & set(rules)
    assert not any("http" in value or "*" in value for value in rules.values())


def test_the_policy_stands_before_everything_that_it_is_about():
    text = page_html(page_model(make_model()))
    assert text.index("Content-Security-Policy") < min(text.index("<script"), text.index("<style"), text.index("<link"))


def test_the_tutorials_model_fits_into_300_kilobytes(tmp_path):
    random = np.random.default_rng(0)
    network = read_network("tutorial")
    names = tuple("0123456789")
    weights = initial_weights(network, (1, 28, 28), 10, seed=3)
    model = TrainedModel(network, weights, Preprocessing((1, 28, 28)), names)
    # Strokes, not noise, which no PNG makes smaller: like digits, a fifth of the pixels, in runs.
    images = np.zeros((60, 1, 28, 28), np.uint8)
    for image in images:
        for row in range(4, 24):
            start = random.integers(4, 20)
            image[0, row, start : start + 4] = random.integers(30, 256, 4)
    samples = LabelledImages(images, np.arange(60) % 10, names)
    assert export_html(model, tmp_path / "a.html", samples).stat().st_size < 300_000


def test_what_cannot_be_is_refused_in_words(tmp_path):
    model = make_model()
    other = LabelledImages(np.zeros((2, 1, 9, 9), np.uint8), np.array([0, 1]), ("cat", "dog"))
    with pytest.raises(UsageError, match="the samples are pictures of 1×9×9; this model takes 1×8×8"):
        export_html(model, tmp_path / "a.html", other)
    with pytest.raises(OutputError, match="a folder has that name"):
        export_html(model, tmp_path)
    assert not list(tmp_path.rglob("*.html"))


def test_a_page_that_is_not_whole_is_refused(tmp_path):
    (tmp_path / "app.js").write_text('import "convlens/gone.js";')
    with pytest.raises(ConvlensError, match=r"the page's file gone\.js is missing\."):
        needed_modules(list_page_files(tmp_path))
    (tmp_path / "index.html").write_text("<!doctype html>")
    with pytest.raises(ConvlensError, match=r"the page's index\.html has 0 places for"):
        page_html({}, list_page_files(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "a.html"}, "model is 'a.html'; give a TrainedModel, as returned by convlens.load_model."),
        ({"samples": []}, "samples is []; give LabelledImages(...), or None."),
        ({"path": 3}, "path is 3; give the path of a file or folder."),
        ({"name": 3}, "name is 3; give a text, or None."),
    ],
)
def test_what_is_no_model_path_or_name_is_refused(tmp_path, arguments, message):
    with pytest.raises(UsageError) as caught:
        export_html(**{"model": make_model(), "path": tmp_path / "a.html", **arguments})
    assert str(caught.value) == message


def test_a_format_that_is_not_known_is_refused():
    assert find_format("html") is FORMATS["html"]
    with pytest.raises(UsageError) as caught:
        find_format("pdf")
    known = "; ".join(f"{name}, {kind.help}" for name, kind in FORMATS.items())
    assert "html, the page with the model inside, as one file; " in known
    assert str(caught.value) == f"format 'pdf' is not known; give {known}."


def test_a_page_without_a_name_is_called_convlens():
    assert "<title>Convlens · Convlens</title>" in page_html(page_model(make_model()))


def test_the_parts_are_packed_without_a_time_and_without_styles_that_need_a_server():
    text = page_html(page_model(make_model()))
    packed = base64.b64decode(Elements(text).scripts["convlens-parts"])
    assert packed[4:8] == bytes(4)
    styles = packed_parts(text)["styles"]
    index = (WEB_FOLDER / "index.html").read_text(encoding="utf-8")
    views = [name for name in re.findall(r'href="(views/[^"]+\.css)"', index) if not name.startswith("views/train/")]
    assert styles == [(WEB_FOLDER / name).read_text(encoding="utf-8") for name in views]
    assert text.count("<style>") == len(re.findall(r'rel="stylesheet" href="(?!views/)', index))
    assert '<script type="importmap">' not in text
    assert text.count("Content-Security-Policy") == 1


PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Convlens</title>
<link rel="stylesheet" href="style.css">
<link rel="stylesheet" href="views/look/look.css">
<script type="importmap">{}</script>
<script type="application/json" id="convlens-model">
</script>
<script type="module" src="app.js"></script>
"""


def write_page(folder: Path, index: str) -> dict[str, Path]:
    (folder / "views/look").mkdir(parents=True)
    (folder / "index.html").write_text(index, encoding="utf-8")
    (folder / "app.js").write_text("go();")
    (folder / "style.css").write_text("/* one\n   note */ a { }\n\n  b { }  /* another */\n")
    (folder / "views/look/look.css").write_text("/* stays, packed */")
    return list_page_files(folder)


def test_a_small_page_as_one_file(tmp_path):
    text = page_html({"name": "a<b"}, write_page(tmp_path, PAGE))
    lines = text.splitlines()
    assert lines[:2] == ["<!doctype html>", '<meta charset="utf-8">']
    assert lines[2].startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src ')
    assert lines[3:9] == [
        *("<title>a&lt;b · Convlens</title>", "<style>", "a { }", "b { }", "</style>"),
        '<script type="application/json" id="convlens-model">{"name":"a\\u003cb"}</script>',
    ]
    assert packed_parts(text) == {"modules": {"app.js": "go();"}, "styles": ["/* stays, packed */"]}


def test_a_page_with_two_places_for_a_model_is_refused(tmp_path):
    twice = PAGE.replace(
        '<script type="module"', '<script type="application/json" id="convlens-model"></script>\n<script'
    )
    with pytest.raises(ConvlensError, match=r"^the page's index\.html has 2 places for .*Install Convlens again\.$"):
        page_html({}, write_page(tmp_path, twice))


def test_json_in_a_page_is_short_and_finite():
    assert escape_json({"é": [1, 2]}) == '{"é":[1,2]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        escape_json(float("nan"))


def test_files_of_a_page_are_regular_files_of_known_types_inside(tmp_path):
    page, outside = tmp_path / "page", tmp_path / "outside.js"
    (page / "deep" / "folder.js").mkdir(parents=True)
    outside.write_text("outside")
    for name in ("b.js", "a.css", "deep/c.svg", "deep/d.png", "notes.txt", "e.JS"):
        (page / name).write_text("ü", encoding="utf-8")
    (page / "out.js").symlink_to(outside)
    (page / "in.js").symlink_to(page / "b.js")
    files = list_page_files(page)
    assert list(files) == ["a.css", "b.js", "deep/c.svg", "deep/d.png", "in.js"]
    assert files["deep/c.svg"] == page / "deep/c.svg"
    assert read_page_text(files, "b.js") == "ü"
    with pytest.raises(ConvlensError, match=r"^the page's file out\.js is missing\. Install Convlens again\.$"):
        read_page_text(files, "out.js")


def test_scripts_in_a_page_are_found_with_and_without_attributes():
    data, file = '<script type="application/json">{}</script>', "<script src=x></script>"
    html = f"<script>a\nb</script>{data}{file}<script async>c</script>"
    assert inline_scripts(html) == ["a\nb", "c"]


def test_comments_that_document_stay_away_and_the_modules_that_only_they_name(tmp_path):
    module = """/** What it is. */
/** @import { Plane } from "convlens/nowhere.js" */

  /**
   * Several lines.
   * @type {number}
   */
  const one = 1; // stays
  /** @type {Plane} */ (one);
  /* stays */
  const two = /** @type {number} */ (one);
  /** @type {number} */
  const three = 3;
"""
    (tmp_path / "app.js").write_text(module, encoding="utf-8")
    assert needed_modules(list_page_files(Path(tmp_path))) == {
        "app.js": """
  const one = 1; // stays
  /** @type {Plane} */ (one);
  /* stays */
  const two = /** @type {number} */ (one);
  const three = 3;
"""
    }


def test_modules_that_name_each_other_in_a_circle_are_each_there_once(tmp_path):
    (tmp_path / "app.js").write_text("import { a } from 'convlens/a.js';")
    (tmp_path / "a.js").write_text('import "convlens/app.js"; import("convlens/b/c.js");')
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.js").write_text("")
    (tmp_path / "unused.js").write_text("")
    assert list(needed_modules(list_page_files(Path(tmp_path)))) == ["a.js", "app.js", "b/c.js"]
