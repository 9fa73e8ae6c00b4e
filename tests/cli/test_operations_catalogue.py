"""One description of each operation: the page, the docs, the command line and the gallery say the same."""

import re
import shlex
from pathlib import Path

import pytest

from convlens import by_hand
from convlens.operations_catalogue import (
    BIASES,
    DOCS,
    IMAGE_KERNELS,
    KERNEL,
    MATRIX,
    NETWORK,
    OPERATIONS,
    PAGE_COPY,
    SLOPES,
    SMALL_IMAGE,
    SMALL_MATRIX,
    as_text,
    describe_in_docs,
    write_copies,
    write_page_copy,
)

AGAIN = "write it again: python -m convlens.operations_catalogue"
COMMANDS = [(name, command) for name, operation in OPERATIONS.items() for command in operation.commands]


def test_the_pages_copy_is_the_catalogue():
    assert PAGE_COPY.read_text(encoding="utf-8") == write_page_copy(), AGAIN


def test_the_docs_describe_every_operation_in_the_catalogues_words():
    text = DOCS.read_text(encoding="utf-8")
    assert text == describe_in_docs(text), AGAIN
    assert sorted(re.findall(r"<!-- operation: ([\w-]+) -->", text)) == sorted(OPERATIONS)
    for operation in OPERATIONS.values():
        assert text.count(operation.meaning) == 1


def test_both_copies_are_written_again(tmp_path):
    page_copy, docs = tmp_path / "operations.js", tmp_path / "operations.md"
    write_copies(page_copy, docs)
    assert not docs.exists()
    page_copy.write_text("old")
    docs.write_text("für\n<!-- operation: full -->\nold\n\n<!-- operation: cost -->\nold\nend", encoding="utf-8")
    write_copies(page_copy, docs)
    assert page_copy.read_bytes() == PAGE_COPY.read_bytes()
    full, cost = (f"{OPERATIONS[name].meaning} *{OPERATIONS[name].formula}*" for name in ("full", "cost"))
    assert docs.read_text(encoding="utf-8") == (
        f"für\n<!-- operation: full -->\n{full}\n\n<!-- operation: cost -->\n{cost}\nend"
    )


def test_numbers_as_they_are_typed():
    assert as_text([[1], [-2.5]]) == "1; -2.5"
    assert as_text([3]) == "3"


@pytest.mark.parametrize("name", ["correlate", "convolve", "full", "conv2d", "pool", "output-size", "coverage"])
def test_the_help_of_a_command_begins_with_its_meaning(convlens, name):
    ran = convlens("by-hand", name, "--help")
    help_text = " ".join(ran.out.split())
    assert OPERATIONS[name].meaning in help_text
    assert OPERATIONS[name].formula in help_text
    assert f"convlens by-hand {OPERATIONS[name].commands[0]}" in help_text


@pytest.mark.parametrize(
    ("name", "command"), [one for one in COMMANDS if not re.search(r"latest|mnist|photo", one[1])], ids=str
)
def test_the_commands_to_try_run(convlens, tmp_path, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    ran = convlens("by-hand", *shlex.split(command))
    assert ran.code == 0, f"{name}: {ran.err}"
    assert ran.out
    drawn = re.search(r"--draw (\S+)", command)
    assert drawn is None or Path(drawn[1]).is_file()


def test_the_examples_give_the_numbers_of_the_tutorial_by_hand():
    # 1·1 + 2·0 + 3·2 + 1·1 = 8, 2·1 + 0·0 + 1·2 + 2·1 = 6, 3·1 + 1·0 + 0·2 + 2·1 = 5, 1·1 + 2·0 + 2·2 + 4·1 = 9
    assert by_hand.cross_correlate2d(SMALL_MATRIX, KERNEL).tolist() == [[8, 6], [5, 9]]
    assert by_hand.cross_correlate2d(MATRIX, KERNEL)[:2, :2].tolist() == [[8, 6], [5, 9]]
    maps = by_hand.conv2d(SMALL_IMAGE, IMAGE_KERNELS, bias=BIASES, activation="relu")
    assert maps.tolist() == [[[3, 0], [2, 1]], [[0, 2], [1, 0]]]
    assert [len(row) for row in NETWORK["weights"]] == [4, 4]  # the map has four numbers
    # the corner weight meets 1, 2, 3 and 1: 1·1 + 2·0 + 3·0 + 1·10
    gradient = by_hand.kernel_weight_gradient([SMALL_MATRIX], [SLOPES], (0, 0, 0, 0), kernel_size=2)
    assert gradient == 11
