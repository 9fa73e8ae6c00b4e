"""Retired words are found where people read, in every form, and nowhere else."""

from pathlib import Path

import pytest

import retired_words
from retired_words import PAST, Retired, complaints, prose_of, read_glossary

ROOT = Path(__file__).parents[2]
GLOSSARY = """# Glossary

| word | meaning |
|:--|:--|
| mend | in this table it means nothing |

## Retired words

| retired | instead | still right |
|:--|:--|:--|
| bend, bent | corruption | |
| certainty | confidence | |
| ink (rules) | `glyph` | |
| own images | custom images | your own images |
| stretch | chunk | contrast stretch, stretched |
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in (*retired_words.FOLDERS, "docs/decisions"):
        (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "docs/glossary.md").write_text(GLOSSARY)
    return tmp_path


def write(project: Path, name: str, text: str) -> list[str]:
    (project / name).write_text(text, encoding="utf-8")
    return complaints(project)


def test_the_glossary_is_the_list():
    assert [(one.word, one.allowed) for one in read_glossary(GLOSSARY)] == [
        ("bend", ()),
        ("bent", ()),
        ("certainty", ()),
        ("own images", ("your own images",)),
        ("stretch", ("contrast stretch", "stretched")),
    ]
    real = {one.word for one in read_glossary((ROOT / retired_words.GLOSSARY).read_text(encoding="utf-8"))}
    assert {"bend", "certainty", "doubtful", "mend", "placement", "room", "stranger", "stretch"} <= real
    assert "mnist" not in real


def test_a_complaint_says_where_and_what_to_write(project):
    assert write(project, "docs/page.md", "# A\n\nBent images.\n") == [
        "docs/page.md:3: 'bent' is retired; write corruption."
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docs/a.md", "how certainties differ"),
        ("docs/a.md", "its own\nimages"),
        ("src/a.py", "def f():\n    '''Bends it now.'''\n"),
        ("src/a.py", "x = 1  # a stretch of steps\n"),
        ("src/a.py", "raise ValueError(f'the certainty of {x} is low')\n"),
        ("src/a.py", "text = 'many own ' 'images'  # own\n# images\n"),
        ("src/a.js", "const a = 1; // bending it\n"),
        ("src/a.js", "const a = `with ${x} stretches`;\n"),
        ("native/a.cpp", "/* one\n * stretch */\n"),
        ("scripts/set-up", "# a stretch\n"),
        ("src/a.html", "<p>Certainty</p>"),
        ("README.md", "A bend"),
    ],
)
def test_what_people_read_is_read(project, name, text):
    assert len(write(project, name, text)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docs/a.md", "Contrast stretching stretched it with uncertainty, unbending. Ink on your own images."),
        ("docs/a.md", "your own\nimages"),
        ("src/a.py", "certainty = bend('stretch')\n"),
        ("src/a.js", "const stretch = values['bend'];\n"),
        ("docs/decisions/a.md", "a bend"),
        ("src/a.svg", "a bend"),
        ("CHANGELOG.md", "a bend"),
    ],
)
def test_other_meanings_names_and_the_past_are_left_alone(project, name, text):
    assert write(project, name, text) == []


def test_every_exception_is_there():
    for name in PAST:
        assert (ROOT / name).exists(), name


def test_lines_keep_their_numbers(project):
    (project / "src/a.py").write_text("x = 1\n\n'''Two\nlines here.'''\ny = 'one two'  # three\n")
    assert prose_of(project / "src/a.py").split("\n") == [
        "     ",
        "",
        "'''Two",
        "lines here.'''",
        "    'one two'  # three",
    ]


def test_no_retired_word_is_in_use():
    assert complaints(ROOT) == []


def test_a_phrase_that_is_right_does_not_hide_the_next_word():
    assert [*Retired("stretch", "", ("contrast stretch",)).lines("contrast stretch, then\na stretch")] == [2]
