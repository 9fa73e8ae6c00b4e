"""A benchmark replaces its own section of the records and nothing else."""

from pathlib import Path

import pytest

from records import format_table, replace_section, write_section


def test_a_new_section_goes_to_the_end():
    assert replace_section("# Title\n\n\n", "a", "\nnew\n") == "# Title\n\n<!-- a: begin -->\nnew\n<!-- a: end -->\n"


def test_a_section_is_replaced_where_it_stands():
    document = replace_section(replace_section("# Title\n", "a", "one"), "b", "two") + "\nwritten by hand\n"
    replaced = replace_section(document, "a", "other")
    assert replaced == document.replace("\none\n", "\nother\n")


def test_replacing_with_the_same_changes_nothing():
    document = replace_section("# Title\n", "a", "one")
    assert replace_section(document, "a", "one") == document


@pytest.mark.parametrize(
    "document",
    [
        "<!-- a: begin -->\n",
        "<!-- a: end -->\n",
        "<!-- a: end -->\n<!-- a: begin -->\n",
        "<!-- a: begin -->\n<!-- a: begin -->\n<!-- a: end -->\n",
    ],
)
def test_damaged_marks_are_refused(document: str):
    with pytest.raises(ValueError, match="the marks of section 'a' are damaged; leave one '<!-- a: begin -->'"):
        replace_section(document, "a", "new")


def test_the_file_is_made_and_then_kept(tmp_path: Path):
    path = tmp_path / "records.md"
    write_section("a", "one", path)
    write_section("b", "two", path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Records\n")
    assert text.index("one") < text.index("two")


def test_all_lines_of_a_table_are_equally_long():
    lines = format_table(["loop", "s"], [["a long name", "1"], ["b", "12,345"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[2] == "| a long name |      1 |"
