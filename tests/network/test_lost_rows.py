import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convlens.layers import Conv2d, Dense, MaxPool2d
from convlens.network import Network, layer_table


def warnings(text: str, height: int, width: int | None = None) -> tuple[str, ...]:
    shape = (1, height, width or height)
    return layer_table(Network.from_text(f"{text}, dense"), shape).rows[0].warnings


@pytest.mark.parametrize(
    ("text", "size", "warning"),
    [
        (
            "maxpool 2",
            7,
            "never reads the last row and the last column of its 7×7 input. Set pad 1, or give it 6×6 or 8×8.",
        ),
        (
            "conv 8 3x3 stride 2",
            28,
            "the last row and the last column of its 28×28 input. Set pad 1, or give it 27×27 or 29×29",
        ),
        (
            "conv 8 5x5 stride 5",
            28,
            "the last 3 rows and the last 3 columns of its 28×28 input. Set pad 1, or give it 25×25 or",
        ),
        (
            "maxpool 2x1 stride 2x1",
            7,
            "maxpool 2x1 never reads the last row of its 7×7 input. Set pad 1x0, or give it 6×7 or 8×7.",
        ),
        (
            "conv 4 1x1 stride 2",
            28,
            (
                "never reads 14 of the 28 rows and 14 of the 28 columns of its input, because its stride of 2 is "
                "larger than its kernel. Change the stride to 1."
            ),
        ),
        (
            "conv 4 3x3 stride 2 dilation 2",
            9,
            (
                "never reads 4 of the 9 rows and 4 of the 9 columns of its input, because its dilation of 2 leaves "
                "gaps that its stride of 2 does not fill. Change the stride to 1."
            ),
        ),
        # Each axis has one position, which reads rows 0 and 3 of 4; only a kernel without gaps reads the others.
        ("conv 4 2x2 dilation 3", 4, "does not fill. Change the dilation to 1."),
        ("conv 4 2x2 stride 2 dilation 3", 4, "does not fill. Change the dilation to 1."),
        (
            "conv 4 2x2 stride 3 dilation 3",
            4,
            (
                "never reads 2 of the 4 rows and 2 of the 4 columns of its input, because its dilation of 3 leaves "
                "gaps that its stride of 3 does not fill. Change the dilation to 1 and the stride to 2."
            ),
        ),
        # There is one position, and no padding is allowed that would give a second one.
        ("maxpool 1 stride 2", 2, "the last row and the last column of its 2×2 input. Give it 1×1 or 3×3."),
        # Rows 0, 3, 6 and 9 of 12 are read, then 2 more are dropped; the columns are all read.
        (
            "conv 4 1x1 stride 3x1",
            12,
            (
                "never reads 8 of the 12 rows of its input, because its stride of 3 is larger than its kernel. Change "
                "the stride to 1."
            ),
        ),
        ("conv 4 1x3 stride 3x2", 13, "Change the stride to 1x2."),
        ("maxpool 1x2 stride 1x4", 12, "never reads 6 of the 12 columns of its input, because its stride of 4"),
        ("maxpool 1x2 stride 1x4", 12, "Change the stride to 1x2."),
    ],
)
def test_lost_rows_are_told_with_the_numbers_that_avoid_it(text: str, size: int, warning: str) -> None:
    (found,) = warnings(text, size)
    assert warning in found


@pytest.mark.parametrize(("text", "size"), [("maxpool 2", 28), ("conv 8 3x3 stride 2 pad 1", 28), ("conv 8 5x5", 28)])
def test_layers_that_read_everything_are_not_warned_of(text: str, size: int) -> None:
    assert warnings(text, size) == ()


def test_what_a_shortcut_skips_the_body_reads() -> None:
    text = "residual(conv 8 3x3 stride 2 pad 1, shortcut conv 8 1x1 stride 2), dense"
    assert layer_table(Network(text), (1, 8, 8)).warnings == ()
    (warning,) = layer_table(
        Network("residual(conv 8 1x1 stride 2, shortcut avgpool 2, conv 8 1x1), dense"), (1, 8, 8)
    ).warnings
    assert warning.startswith("layer 0: conv 8 1x1 stride 2 never reads 4 of the 8 rows")


def test_the_table_collects_the_warnings_with_their_layer() -> None:
    table = layer_table(Network.from_text("maxpool 2, relu, maxpool 2, dense"), (1, 14, 14))
    assert table.warnings == (
        (
            "layer 2: maxpool 2 never reads the last row and the last column of its 7×7 input. "
            "Set pad 1, or give it 6×6 or 8×8."
        ),
    )


@given(st.booleans(), st.integers(2, 6), st.integers(2, 6), st.integers(1, 30), st.integers(1, 30))
@settings(deadline=None)
def test_following_the_advice_ends_the_warning(
    pooling: bool, kernel: int, stride: int, height: int, width: int
) -> None:
    assume(min(height, width) >= kernel >= stride)
    layer = MaxPool2d(kernel, stride) if pooling else Conv2d(1, kernel_size=kernel, stride=stride)
    network = Network([layer, Dense()])
    found = layer_table(network, (1, height, width)).rows[0].warnings
    if not found:
        return
    for size in found[0].rstrip(".").split("ive it ")[1].split(" or "):
        new_height, new_width = (int(number) for number in size.split("×"))
        assert layer_table(network, (1, new_height, new_width)).rows[0].warnings == ()
    if "Set pad" in found[0]:
        numbers = [int(number) for number in found[0].split("Set pad ")[1].split(",")[0].split("x")]
        padding = (numbers[0], numbers[-1])
        padded = (
            MaxPool2d(kernel, stride, padding)
            if pooling
            else Conv2d(1, kernel_size=kernel, stride=stride, padding=padding)
        )
        assert layer_table(Network([padded, Dense()]), (1, height, width)).rows[0].warnings == ()
