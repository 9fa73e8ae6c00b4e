"""Group patterns: each field by hand, everything else refused."""

import pytest

from convlens.data.custom.groups import compile_pattern, group_numbers
from convlens.errors import UsageError

PATH = "train/stop signs/00012_00003.ppm"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{stem}", "00012_00003"),
        ("{name}", "00012_00003.ppm"),
        ("{parent}", "stop signs"),
        ("{folder}", "train/stop signs"),
        ("{path}", PATH),
        ("{stem[:5]}", "00012"),
        ("{stem[-3:]}", "003"),
        ("{stem[2:4]}", "01"),
        ("{stem[4]}", "2"),
        ("{stem[-1]}", "3"),
        ("{stem[99]}", ""),
        ("{parent}-{stem[:5]}!", "stop signs-00012!"),
    ],
)
def test_each_field(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(PATH) == text


@pytest.mark.parametrize(
    ("path", "stem", "parent"), [("a.b.png", "a.b", ""), ("cat/.png", ".png", "cat"), ("cat/1", "1", "cat")]
)
def test_names_that_are_odd(path: str, stem: str, parent: str) -> None:
    assert compile_pattern("{stem}")(path) == stem
    assert compile_pattern("{parent}")(path) == parent


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "it has no field"),
        ("track", "it has no field"),
        ("{stem.__class__}", "its field cannot be read"),
        ("{stem[0].real}", "its field cannot be read"),
        ("{}", "its field cannot be read"),
        ("{0}", "its field cannot be read"),
        ("{stem!r}", "its field cannot be read"),
        ("{stem:>10}", "its field cannot be read"),
        ("{stem[::2]}", "its field cannot be read"),
        ("{track}", "{track} is not known"),
        ("{stem} {", "'{' cannot be read"),
        ("{{stem}}", "'{' cannot be read"),
    ],
)
def test_everything_else_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_pattern(pattern)
    assert f"the group pattern {pattern!r}: {reason}. Allowed are {{stem}} (the file's name" in str(caught.value)


def test_numbers_follow_the_first_file_of_each_group() -> None:
    names = ["b/1_1.png", "a/2_1.png", "a/1_2.png", "c/3.png"]
    assert group_numbers(names, "{stem[0]}").tolist() == [0, 1, 0, 2]
