"""The page of hostile names and made-up facts: every text is taken for text, and nothing is fetched or run."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.data import LabelledImages
from convlens.evaluation import ImagesToJudge
from convlens.report import Study, compare_studies, study_model
from convlens.report.interior import tell_training
from convlens.report.page import write_comparison, write_page


@pytest.fixture(scope="module")
def page(digits_report, read_page) -> Any:
    return read_page(digits_report)


def terms(list_: Any) -> list[tuple[str, str]]:
    """A list of terms as pairs, letter by letter as they stand there."""
    return list(zip([one.raw for one in list_.all("dt")], [one.raw for one in list_.all("dd")], strict=True))


def section(page: Any, name: str) -> Any:
    return page.one("section", id=name)


def test_the_page_fetches_nothing_and_runs_nothing(page, digits_report):
    check_harmless(page)
    assert "<script" not in digits_report.read_text().lower()


def check_harmless(page: Any) -> None:
    """Nothing that runs, nothing that is fetched."""
    assert page.all("script", "iframe", "object", "embed", "form", "base", "audio", "video") == []
    for element in page:
        assert [name for name in element.attributes if name.startswith("on")] == []
        for name in ("src", "srcset", "href", "xlink:href", "action", "poster"):
            address = element.attributes.get(name, "#")
            assert address.startswith(("#", "data:")), f"<{element.tag} {name}={address[:80]!r}>"
        assert "url(" not in element.attributes.get("style", "").replace("url(#", "")
    for style in page.all("style"):
        assert "@import" not in style.raw
        assert "url(" not in style.raw


# Hostile texts

HOSTILE = (
    "\u202egnp.exe",  # what follows the first letter is written from right to left
    "<script>alert(1)</script>",
    '"><img src=x onerror=1>',
    "{{7*7}}",
    "{% include 'style.css' %}",
    "ع" * 300,
    "🦄👩\u200d👩\u200d👧",
    "$x$",
    "$x_{$",
    "\x01\x02\x1b[31m\x7f",
    "-->]]></svg></style><b>",
    "' onmouseover='alert(1)",
    "&lt;i&gt;&amp;",
    "=1+1",
    "_hidden",
    "%s {0} \\1",
)


@pytest.fixture(scope="module")
def hostile_study(make_reader, show) -> Study:
    """Every name right twice and taken for the next one once."""
    count = len(HOSTILE)
    true = np.repeat(np.arange(count), 3)
    said = np.where(np.arange(3 * count) % 3 == 2, (true + 1) % count, true)
    images = show(HOSTILE, true, said, '<script>alert("data")</script>')
    facts = {
        "data": "<script>1</script>",
        "recipe": "<img src=x onerror=2>",
        "engine": "{{7*8}}",
        "trained_at": "<b>now</b>",
        "convlens": "</dd><script>3</script>",
        "settings": {"<u>key</u>": "<script>4</script>", "inside": {"{{7*9}}": ["<script>5</script>"]}},
        "notes": ["<script>6</script>", "\u202enote"],
    }
    model = make_reader(HOSTILE, facts=facts, calibration=Calibration(threshold=0.3))
    study = study_model(model, ImagesToJudge(images, ("<script>7</script>", "{{7*6}}")))
    return dataclasses.replace(study, name="<script>8</script>\u202e{{7*5}}")


@pytest.fixture(scope="module")
def hostile_page(hostile_study, read_page) -> Any:
    html = write_page(hostile_study)
    assert "<script" not in html.lower()
    return read_page(html)


def test_hostile_names_leave_the_page_whole_and_harmless(hostile_page):
    check_harmless(hostile_page)
    assert hostile_page.all("b", "u", "i") == []


def test_hostile_class_names_are_shown_as_they_are(hostile_page):
    rows = section(hostile_page, "classes").one("tbody").all("tr")
    assert [row.one("bdi").raw for row in rows] == list(HOSTILE)
    assert [row.one("bdi").attributes["title"] for row in rows] == list(HOSTILE)
    matrix = hostile_page.one("table", class_="matrix")
    assert [head.one("bdi").raw for head in matrix.one("tbody").all("th")] == list(HOSTILE)


def test_hostile_names_in_drawings_are_letters_and_no_formulas(hostile_page):
    drawn = [text.text for text in hostile_page.one("header").one("svg").all("text")]
    for name in ("<script>alert(1…", "{{7*7}}", "$x$", "$x_{$", "ععععععععععععععع…", "_hidden", "=1+1", "%s {0} \\1"):
        assert name in drawn


def test_hostile_names_of_data_runs_notes_and_facts_are_text(hostile_page):
    assert hostile_page.one("h1").one("bdi").raw == "<script>8</script>\u202e{{7*5}}"
    assert hostile_page.one("title").raw == "Report: <script>8</script>\u202e{{7*5}}"
    assert hostile_page.one("p", class_="lead").one("bdi").raw == '<script>alert("data")</script>'
    part = section(hostile_page, "training")
    told = dict(terms(part.all("dl")[0]) + terms(part.all("dl")[1]))
    assert told["trained on"] == "<script>1</script>"
    assert told["recipe"] == "<img src=x onerror=2>"
    assert told["engine"] == "{{7*8}}"
    assert told["trained"] == "<b>now</b>"
    assert told["Convlens version"] == "</dd><script>3</script>"
    assert told["<u>key</u>"] == "<script>4</script>"
    assert told["inside, {{7*9}}"] == "['<script>5</script>']"
    notes = [one.raw for one in part.all("li")]
    assert notes == [
        "training: <script>6</script>", "training: \u202enote", "evaluation: <script>7</script>", "evaluation: {{7*6}}",
    ]  # fmt: skip


def test_a_name_that_turns_the_writing_around_turns_only_itself(hostile_page):
    """Text with U+202E must be kept apart: in a bdi, in a cell of its own, or in a drawing."""
    apart = {"bdi", "dt", "title", "text", "code"}
    leaking = [
        element.text[:120]
        for element in hostile_page
        if element.tag not in apart
        and any(isinstance(child, str) and "\u202e" in child for child in element.children)
        and not any(above.tag in apart for above in element.ancestors)
    ]
    assert leaking == []


def test_hostile_names_in_a_comparison_are_text_too(hostile_study, read_page):
    other = dataclasses.replace(hostile_study, name="_$y_{$</svg><script>9</script>")
    html = write_comparison(compare_studies([hostile_study, other]))
    assert "<script" not in html.lower()
    page = read_page(html)
    check_harmless(page)
    heads = section(page, "facts").one("thead").all("bdi")
    assert [head.raw for head in heads] == [hostile_study.name, other.name]
    assert [row.one("th").raw for row in section(page, "classes").one("tbody").all("tr")] == list(HOSTILE)


def test_models_whose_names_begin_with_an_underscore_are_in_the_legends(digits_study, read_page):
    # matplotlib leaves such names out, and warns where none is left.
    first, second = (dataclasses.replace(digits_study, name=name) for name in ("_first", "__second"))
    page = read_page(write_comparison(compare_studies([first, second])))
    for drawing in section(page, "corruptions").all("svg"):
        drawn = [text.text for text in drawing.all("text")]
        assert "_first" in drawn
        assert "__second" in drawn


NONSENSE: dict[str, dict[str, Any]] = {
    "settings is a text": {"settings": "fast", "seconds": 2, "epochs": 1, "training_images": 10},
    "settings is a list": {"settings": [1, 2], "seconds": 2, "epochs": 1, "training_images": 10},
    "settings is none": {"settings": None, "seconds": 2, "epochs": 1, "training_images": 10},
    "threads is a text": {"settings": {"threads": "all"}, "engine": "native", "seconds": 1, "epochs": 1},
    "settings in settings": {"settings": {"a": {"b": {"c": [1, {"d": None}]}}}},
    "notes is a number": {"notes": 5},
    "notes is none": {"notes": None},
    "notes is a text": {"notes": "one note"},
    "notes is a dictionary": {"notes": {"a": 1}},
    "notes holds other things": {"notes": [1, None, ["x"], "a note"]},
    "numbers are texts": {"seconds": "long", "epochs": "two", "steps": "3", "training_images": "many", "seed": []},
    "numbers are negative": {"seconds": -1, "epochs": -2, "steps": -3, "training_images": -4},
    "numbers are zero": {"seconds": 0, "epochs": 0, "steps": 0, "training_images": 0},
    "numbers are truths": {"seconds": True, "epochs": False, "steps": True, "training_images": True},
    "numbers are huge": {"seconds": 1e-300, "epochs": 10**30, "steps": 10**30, "training_images": 10**30},
    "dates are no dates": {"trained_at": 7, "finished": "perhaps", "engine": {"name": "native"}},
    "data are no data": {"data": ["mnist"], "data_source": 7},
    "the source is no path": {"data": None, "data_source": {"path": 3, "options": "none"}},
    "the test is no test": {"test": "good", "last_epoch": 3},
    "names of the study": {"speed": "fast", "losses": 3},
}


@pytest.mark.parametrize("facts", NONSENSE.values(), ids=NONSENSE)
def test_facts_that_are_nonsense_are_shown_or_left_out(facts, make_reader, show):
    names = ("cat", "dog")
    study = study_model(make_reader(names, facts=facts), show(names, [0, 1, 1], [0, 1, 0]))
    json.dumps(study.as_dict(), allow_nan=False)
    told = tell_training(study)
    assert dict(told["facts"])["network"] == "dense"
    notes = facts.get("notes")
    assert told["notes"] == ([one for one in notes if isinstance(one, str)] if isinstance(notes, list) else [])


def test_facts_that_are_no_numbers_are_none_in_json(make_reader, show):
    # Python's own JSON reads NaN and Infinity, so a file by another hand can hold them.
    names = ("cat", "dog")
    facts = {"seconds": float("nan"), "settings": {"learning_rate": float("inf")}, "test": {"accuracy": float("nan")}}
    study = study_model(make_reader(names, facts=facts), show(names, [0, 1, 1], [0, 1, 0]))
    training = json.loads(json.dumps(study.as_dict()["training"], allow_nan=False))
    assert (training["seconds"], training["settings"], training["test"]) == (
        None,
        {"learning_rate": None},
        {"accuracy": None},
    )


def test_a_page_says_that_nothing_was_learned_from_only_where_it_knows(digits_study, digits_8x8, read_page):
    # Judged on the very images that it learned from, handed over as arrays, of which nobody knows where they are from.
    learned = dataclasses.replace(digits_8x8.train.subset(range(40)), name="somewhere")
    study = study_model(digits_study.model, LabelledImages(learned.images, learned.labels, learned.class_names, "x"))
    assert study.trust[0].verdict == "unknown"
    assert "The model was not trained on these images" not in section(read_page(write_page(study)), "labels").text
    known = section(read_page(write_page(digits_study)), "labels").text
    assert "The model was not trained on these images" in known
