import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.network import Network, layer_table
from convlens.window import Window, output_size


def fields(text: str, size: int = 64) -> list[tuple[int, int]]:
    return [row.receptive_field for row in layer_table(Network.from_text(text), (1, size, size)).rows]


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        # two 3x3 see what one 5x5 sees, and a third what a 7x7 sees
        ("conv 1 3x3, conv 1 3x3, conv 1 3x3, dense", 64, [(3, 3), (5, 5), (7, 7), (7, 7), (64, 64)]),
        # behind a step of 2 every further row counts twice: 4 + (3 - 1)*2 = 8, then 8 + 2 = 10
        (
            "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense",
            28,
            [(3, 3), (3, 3), (4, 4), (8, 8), (8, 8), (10, 10), (10, 10), (28, 28)],
        ),
        # dilation 2 spreads 3 taps over 5 rows; height and width go their own way, and the step of 2 drops a column
        ("conv 1 3x3 dilation 2, conv 1 1x3 stride 1x2, dense", 64, [(5, 5), (5, 7), (5, 7), (64, 63)]),
        # padding is no part of the image: of 3 rows, a kernel of 5 in the middle can see 3
        ("conv 1 5x5 pad 2, dense", 3, [(3, 3), (3, 3), (3, 3)]),
        ("conv 4 3x3 pad 1, globalavgpool, dense", 28, [(3, 3), (28, 28), (28, 28), (28, 28)]),
        # the last row of 5 is dropped, so not even the dense layer sees it
        ("maxpool 2, dense", 5, [(2, 2), (2, 2), (4, 4)]),
    ],
)
def test_receptive_fields_worked_out_by_hand(text: str, size: int, expected: list[tuple[int, int]]) -> None:
    assert fields(text, size) == expected


def test_positions_in_the_padding_alone_see_no_pixel() -> None:
    # Of 2 rows and 1 of padding at each end, a step of 3 reads the first and the last, which are both padding.
    for text, shape in (("pad 1x0 stride 3x1", (1, 2, 5)), ("pad 0x1 stride 1x3", (1, 5, 2))):
        rows = layer_table(Network(f"conv 2 1x1 {text}, dense"), shape, 3).rows
        assert [row.receptive_field for row in rows] == [(0, 0)] * 3


def test_a_join_of_rows_sees_what_all_its_branches_see() -> None:
    # The pool drops the last of 9 rows; a number of the flattened maps sees 2×2 pixels, one of the dense layer all 8×8.
    for block in ("concat(dense 4; relu)", "residual(dense 16)"):
        rows = layer_table(Network(f"maxpool 2, flatten, {block}, dense"), (1, 9, 9), 3).rows
        seen = {row.text: row.receptive_field for row in rows}
        assert (seen["flatten"], seen["concat" if "concat" in block else "add"]) == ((2, 2), (8, 8))


windows = st.builds(
    Window,
    kernel_size=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
)


@given(st.integers(1, 24), st.lists(windows, min_size=1, max_size=4))
@settings(deadline=None)
def test_agrees_with_the_set_of_rows_that_reach_each_position(size: int, stack: list[Window]) -> None:
    """Every position as the set of all image rows it depends on, followed tap by tap, holes and all."""
    reached = [{row} for row in range(size)]
    layers, expected = [], []
    for window in stack:
        positions = output_size(len(reached), *window)
        if positions < 1:
            break
        padded = dict(enumerate(reached, start=window.padding))
        starts = [position * window.stride for position in range(positions)]
        taps = [tap * window.dilation for tap in range(window.kernel_size)]
        reached = [set().union(*(padded.get(start + tap, set()) for tap in taps)) for start in starts]
        expected.append(max(max(rows) - min(rows) + 1 if rows else 0 for rows in reached))
        layers.append(
            f"conv 1 {window.kernel_size} stride {window.stride} pad {window.padding} dilation {window.dilation}"
        )
    seen = [height for height, _ in fields(", ".join([*layers, "dense"]), size)]
    assert seen[: len(expected)] == expected
