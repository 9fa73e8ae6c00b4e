"""Series of files by their names: what is left of a name without its last part, and what tells of no series."""

import pytest

from convlens.data.custom.groups import find_series

FILMS = [f"film{film}_{picture}.png" for film in range(6) for picture in range(4)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (FILMS, [number for number in range(6) for _ in range(4)]),
        ([f"a/track-{track}-{letter}.jpg" for track in range(4) for letter in "xy"], [0, 0, 1, 1, 2, 2, 3, 3]),
        ([f"p{person} {pose}.png" for person in range(4) for pose in ("left", "right")], [0, 0, 1, 1, 2, 2, 3, 3]),
        ([f"{word}{number}.png" for word in "abcd" for number in (1, 22)], [0, 0, 1, 1, 2, 2, 3, 3]),
        ([f"v1.{film}_{picture}.png" for film in range(4) for picture in range(2)], [0, 0, 1, 1, 2, 2, 3, 3]),
        # One folder is one film: what is left of a numbered name is the folder's.
        ([f"film{film}/{picture}.png" for film in range(4) for picture in range(2)], [0, 0, 1, 1, 2, 2, 3, 3]),
    ],
    ids=["films", "tracks", "people", "letters", "dots", "folders"],
)  # fmt: skip
def test_series_are_what_is_left_of_names(names, expected):
    found = find_series(names, classes=2)
    assert found is not None
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ([], 2),
        ([f"cat/cat_{number:03}.png" for number in range(30)] + [f"dog/{number}.png" for number in range(30)], 2),
        ([f"{number}.png" for number in range(40)], 2),
        ([f"word{chr(97 + place)}x.png" for place in range(26)], 2),  # nobody has company
        (FILMS, 4),  # six series of four classes: hardly more than one a class
        (FILMS + [f"all_{number}.png" for number in range(9)], 2),  # 9 of 33 in one: more than a quarter
        (FILMS + [f"alone{letter}z.png" for letter in "abcdefghijklmnopqrstuvwxy"], 2),  # 25 of 49 without company
    ],
    ids=["none", "numbered", "numbers", "different", "few series", "one large", "alone"],
)
def test_names_that_tell_of_no_series(names, classes):
    assert find_series(names, classes) is None


def test_just_enough_series_company_and_small_ones():
    assert find_series(FILMS, 3) is not None  # six of three classes
    assert find_series(FILMS + [f"all_{number}.png" for number in range(8)], 2) is not None  # 8 of 32
    alone = [f"alone{letter}z.png" for letter in "abcdefghijklmnopqrstuvwx"]
    assert find_series(FILMS + alone, 2) is not None  # 24 of 48
