import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.errors import UsageError
from convlens.window import Window, dropped, output_size, output_size_formula, reach, same_padding, skipped

windows = st.builds(
    Window,
    kernel_size=st.integers(1, 7),
    stride=st.integers(1, 5),
    padding=st.integers(0, 4),
    dilation=st.integers(1, 3),
)


def positions(size: int, window: Window) -> list[list[int]]:
    """The rows under each position of the window, found by sliding it one row at a time; padding rows are negative."""
    padded = [-1] * window.padding + list(range(size)) + [-1] * window.padding
    taps = [tap * window.dilation for tap in range(window.kernel_size)]
    starts = range(0, len(padded) - taps[-1], window.stride)
    return [[padded[start + tap] for tap in taps] for start in starts]


@pytest.mark.parametrize(
    ("size", "window", "expected"),
    [
        (28, Window(3, padding=1), 28),
        (28, Window(2, stride=2), 14),
        (7, Window(2, stride=2), 3),
        (32, Window(5), 28),
        (28, Window(3, padding=2, dilation=2), 28),
        (224, Window(7, stride=2, padding=3), 112),
        (2, Window(3), 0),
        (1, Window(5), -3),
    ],
)
def test_output_sizes_worked_out_by_hand(size: int, window: Window, expected: int) -> None:
    assert output_size(size, *window) == expected


@given(st.integers(1, 30), windows)
@settings(deadline=None)
def test_counts_agree_with_sliding_the_window_row_by_row(size: int, window: Window) -> None:
    found = positions(size, window)
    read = {row for rows in found for row in rows if row >= 0}
    assert max(0, output_size(size, *window)) == len(found)
    assert dropped(size, *window) + skipped(size, *window) == size - len(read)
    if read:
        end = (len(found) - 1) * window.stride + reach(window.kernel_size, window.dilation)
        assert dropped(size, *window) == max(0, size + window.padding - end)


@given(st.integers(1, 30), windows)
@settings(deadline=None)
def test_the_formula_is_a_sum_that_comes_out(size: int, window: Window) -> None:
    left, right = output_size_formula(size, *window).split(" = ")
    python = left.replace("⌊", "(").replace("⌋", ")").replace("·", "*").replace("−", "-").replace("/", "//")
    assert eval(python) == int(right.replace("−", "-")) == output_size(size, *window)


def test_formulas_read_as_in_a_textbook() -> None:
    assert output_size_formula(28, 3, padding=1) == "⌊(28 + 2·1 − 3)/1⌋ + 1 = 28"
    assert output_size_formula(14, 2, stride=2) == "⌊(14 + 2·0 − 2)/2⌋ + 1 = 7"
    assert output_size_formula(9, 3, stride=2, dilation=2) == "⌊(9 + 2·0 − (2·(3 − 1) + 1))/2⌋ + 1 = 3"


@pytest.mark.parametrize(
    ("size", "window", "end", "between"),
    [
        (7, Window(2, stride=2), 1, 0),
        (7, Window(2, stride=2, padding=1), 0, 0),  # what is left over is padding
        (28, Window(5, stride=5), 3, 0),
        (6, Window(1, stride=2), 1, 2),  # reads 0, 2, 4
        (9, Window(3, stride=2, dilation=2), 0, 4),  # reads 0, 2, 4, 6, 8
        (5, Window(7), 5, 0),  # does not fit, so nothing is read
        (1, Window(1, stride=5, padding=2), 1, 0),  # the one position reads the padding before the image alone
        (1, Window(2, padding=1, dilation=2), 0, 1),  # reads the padding on both sides alone
    ],
)
def test_lost_rows_worked_out_by_hand(size: int, window: Window, end: int, between: int) -> None:
    assert (dropped(size, *window), skipped(size, *window)) == (end, between)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((28, 0), "kernel_size is 0; give a whole number of 1 or more"),
        ((28, 3, 0), "stride is 0; give a whole number of 1 or more"),
        ((28, 3, 1, -1), "padding is -1; give a whole number of 0 or more"),
        ((28, 3, 1, 0, 0), "dilation is 0"),
        ((0, 3), "size is 0"),
    ],
)
def test_impossible_windows_are_refused(numbers: tuple[int, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        output_size(*numbers)


@pytest.mark.parametrize(
    ("size", "window", "expected", "lost", "between", "formula"),
    [
        (7, Window(2, stride=2), 4, 0, 0, "⌈(7 + 2·0 − 2)/2⌉ + 1 = 4"),
        (6, Window(2, stride=2), 3, 0, 0, "⌈(6 + 2·0 − 2)/2⌉ + 1 = 3"),
        (4, Window(1, stride=4), 1, 3, 0, "⌈(4 + 2·0 − 1)/4⌉ + 1 = 2, less one that would begin behind the input: 1"),
        (5, Window(1, stride=3), 2, 1, 2, "⌈(5 + 2·0 − 1)/3⌉ + 1 = 3, less one that would begin behind the input: 2"),
        (5, Window(3, stride=2, padding=1), 3, 0, 0, "⌈(5 + 2·1 − 3)/2⌉ + 1 = 3"),
        # windows at 0, 4 and 8, the last of which hangs over: rows 2, 3, 6 and 7 lie between
        (9, Window(2, stride=4), 3, 0, 4, "⌈(9 + 2·0 − 2)/4⌉ + 1 = 3"),
    ],
)
def test_rounding_up_worked_out_by_hand(size, window, expected, lost, between, formula) -> None:
    assert output_size(size, *window, ceil_mode=True) == expected
    assert dropped(size, *window, ceil_mode=True) == lost
    assert skipped(size, *window, ceil_mode=True) == between
    assert output_size_formula(size, *window, ceil_mode=True) == formula


@pytest.mark.parametrize(("window", "padding"), [((1,), 0), ((7,), 3), ((2, 1, 2), 1), ((4, 1, 4), 6)])
def test_same_padding_keeps_the_size(window, padding) -> None:
    assert same_padding(*window) == padding
    kernel_size, stride, dilation = (*window, 1, 1)[:3]
    assert output_size(20, kernel_size, stride, padding, dilation) == 20


@pytest.mark.parametrize(("window", "such_as"), [((5, 2), 2), ((2, 4), 0)])
def test_same_padding_of_a_stride_is_refused(window, such_as) -> None:
    with pytest.raises(UsageError, match=f"a stride of {window[1]} makes them smaller.*, such as {such_as}\\.$"):
        same_padding(*window)


@pytest.mark.parametrize(("window", "reach", "before", "after"), [((2,), 2, 0, 1), ((2, 1, 3), 4, 1, 2)])
def test_same_padding_of_an_even_reach_is_refused(window, reach, before, after) -> None:
    message = f"reaches over {reach} would need {before} on one side and {after} on the other.*, such as {before}\\.$"
    with pytest.raises(UsageError, match=message):
        same_padding(*window)


@pytest.mark.parametrize(("window", "name"), [((0,), "kernel_size"), ((3, 0), "stride"), ((3, 1, 0), "dilation")])
def test_same_padding_of_an_impossible_window_is_refused(window, name) -> None:
    with pytest.raises(UsageError, match=f"^{name} is 0; give a whole number of 1 or more"):
        same_padding(*window)
