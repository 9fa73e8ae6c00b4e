"""Natural order and printable names."""

from hypothesis import given
from hypothesis import strategies as st

from convlens.data.own.names import natural_key, printable, some_of


def test_natural_order() -> None:
    names = ["10", "2", "1", "a10", "a2", "A2", "a", "b", "img12.png", "img2.png", "02", "x9y10", "x9y2", "²"]
    assert sorted(names, key=natural_key) == [
        "1", "02", "2", "10", "a", "A2", "a2", "a10", "b", "img2.png", "img12.png", "x9y2", "x9y10", "²",
    ]  # fmt: skip


@given(st.lists(st.integers(0, 10**30), max_size=9))
def test_numbers_are_in_the_order_of_numbers(numbers: list[int]) -> None:
    assert [int(name) for name in sorted(map(str, numbers), key=natural_key)] == sorted(numbers)


@given(st.text(), st.text())
def test_different_names_have_different_keys(first: str, second: str) -> None:
    assert (natural_key(first) == natural_key(second)) == (first == second)
    assert sorted([first, second], key=natural_key) == sorted([second, first], key=natural_key)


@given(st.text())
def test_every_name_can_be_printed(name: str) -> None:
    assert printable(name).isprintable()
    assert name.isprintable() == (printable(name) == name)


def test_some_names() -> None:
    assert some_of(["a"]) == "a"
    assert some_of(["a", "b\n", "c", "d"]) == "a, b\\n, c and 1 more"
