"""Where the drawings put what they draw, in inches, worked out by hand: what the gallery's pictures don't show."""

import numpy as np
import pytest

from convlens.by_hand import (
    trace_conv2d,
    trace_convolve_full,
    trace_correlate_full,
    trace_cross_correlate,
    trace_cross_correlate2d,
    trace_max_pool2d,
)
from convlens.errors import UsageError
from convlens.illustrations import (
    draw_activation,
    draw_counts,
    draw_coverage,
    draw_first_steps,
    draw_full_convolution,
    draw_kernels_and_maps,
    draw_network,
    draw_padding,
    draw_pooling,
    draw_rgb,
    draw_sliding_vectors,
    draw_tensor,
    draw_tensor_attributes,
    draw_two_vectors,
    draw_window_position,
)
from convlens.illustrations.diagram import _in_two_lines
from convlens.illustrations.sheet import (
    INK,
    KERNEL,
    LOOKED_AT,
    PADDING,
    RESULT,
    STRONG,
    WHITE,
    Arrow,
    Box,
    Pixels,
    Rectangle,
    Sheet,
)
from convlens.illustrations.tensors import CHANNEL_FILLS
from convlens.illustrations.windows import is_small
from convlens.network import read_network

MATRIX = [[1, 2, 0], [3, 1, 2], [0, 2, 4]]


def near(*numbers: float) -> object:
    return pytest.approx(numbers, abs=1e-9)


def place_of(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.width, box.height


def frames(sheet: Sheet) -> list[tuple[float, float, float, float]]:
    """The frames of grids."""
    rectangles = [mark for mark in sheet.marks if isinstance(mark, Rectangle)]
    return [place_of(mark.box) for mark in rectangles if (mark.fill, mark.edge, mark.width) == (None, INK, 1.0)]


def borders(sheet: Sheet, fill: str) -> list[tuple[float, float, float, float]]:
    return [place_of(mark.box) for mark in sheet.marks if isinstance(mark, Rectangle) and mark.edge == STRONG[fill]]


def fills(sheet: Sheet) -> list[str]:
    """The colours of cells, in the order in which they are drawn."""
    return [mark.fill for mark in sheet.marks if isinstance(mark, Rectangle) and mark.fill is not None]


def pictures(sheet: Sheet) -> list[Pixels]:
    return [mark for mark in sheet.marks if isinstance(mark, Pixels)]


def words(sheet: Sheet) -> dict[str, tuple[float, float, float]]:
    """The middle and the size of each text."""
    return {one.text: (*one.box.middle, round(one.points, 3)) for one in sheet.words}


def edges(sheet: Sheet, text: str) -> tuple[float, float]:
    """The left and the right edge of a text."""
    (box,) = (one.box for one in sheet.words if one.text == text)
    return box.left, box.right


def test_one_overlap_of_two_vectors() -> None:
    """A row of five cells from 1.3 on: a zero, 1, 2, 3, a zero. Four results lie half a cell further right."""
    trace = trace_correlate_full([1, 2, 3], [4, 5])
    sheet = draw_sliding_vectors(trace, 1)
    assert frames(sheet) == [
        near(1.3, 0, 2.5, 0.5),
        near(1.8, 0.75, 1, 0.5),
        near(1.8, 1.5, 1, 0.5),
        near(1.55, 3.05, 2, 0.5),
    ]
    assert borders(sheet, LOOKED_AT) == [near(1.8, 0, 1, 0.5)]
    assert borders(sheet, RESULT) == [near(2.05, 3.05, 0.5, 0.5)]
    assert fills(sheet) == [
        *(PADDING, LOOKED_AT, LOOKED_AT, WHITE, PADDING),
        *(KERNEL, KERNEL, WHITE, WHITE, WHITE, RESULT, WHITE, WHITE),
    ]
    assert [words(sheet)[text][1:] for text in ("A", "B", "products", "result")] == [
        *(near(0.25, 13), near(1.0, 13), near(1.75, 11), near(3.3, 13)),
    ]
    assert [edges(sheet, text)[1] for text in ("A", "B", "products", "result")] == near(1.15, 1.65, 1.65, 1.15)
    told = "1·4 + 2·5 = 14"
    assert (edges(sheet, told)[0], *words(sheet)[told][1:]) == near(1.3, 2.5, 13)
    assert (sheet.title, sheet.description) == (trace.operation, f"result 1: {told}")
    shown = [one.text for one in sheet.words if one.box.top > 3]
    assert shown == ["result", "5", "14"]  # 0·4 + 1·5, and then this one
    everything = [one.text for one in draw_sliding_vectors(trace, 1, filled=3).words if one.box.top > 3]
    assert everything == ["result", "5", "14", "23", "12"]
    assert {one.text for one in sheet.words if one.bold} == {"A", "B", "result"}


def test_a_turned_vector_and_a_single_result() -> None:
    sheet = draw_sliding_vectors(trace_convolve_full([1, 2, 3], [4, 5]), 0)
    assert words(sheet)["B turned"][2] == 11
    one = draw_sliding_vectors(trace_cross_correlate([1, 2, 3], [4, 5, 6]), 0)
    assert frames(one)[-1] == near(1.3 + 0.5, 3.05, 0.5, 0.5)


@pytest.mark.parametrize(("count", "fits"), [(30, True), (31, False)])
def test_rows_of_more_than_sixty_numbers_are_refused(count: int, fits: bool) -> None:
    """A full convolution of 30 with 16 numbers lies on 30 + 2·15 = 60 cells."""
    if fits:
        assert len(draw_full_convolution(np.ones(count), np.ones(16)).words) > 60
    else:
        with pytest.raises(
            UsageError, match=r"^61 numbers in a row cannot be drawn; give vectors of at most 60 in all\.$"
        ):
            draw_full_convolution(np.ones(count), np.ones(16))
    assert draw_two_vectors([1], [2], ("v", "w")).description == "v = 1, w = 2"


def test_a_small_input_with_several_channels() -> None:
    """Each channel takes 1.5 inches of input, or of kernel, and 0.55 between."""
    trace = trace_conv2d([MATRIX, MATRIX, MATRIX], np.ones((3, 2, 2)), bias=1)
    sheet = draw_window_position(trace, 1, title="mine")
    assert sheet.title == "mine"
    assert sheet.description == "the result at position 0, 1 is 16"  # 3·(2 + 0 + 1 + 2) + 1
    right = max(one.box.right for one in sheet.words if one.text == "= 5")
    assert {one.box.left for one in sheet.words if one.text == "= 5"} == {3.45}
    assert frames(sheet) == [
        *(near(0, 0, 1.5, 1.5), near(2.25, 0.25, 1, 1)),
        *(near(0, 2.05, 1.5, 1.5), near(2.25, 2.3, 1, 1)),
        *(near(0, 4.1, 1.5, 1.5), near(2.25, 4.35, 1, 1)),
        near(right + 0.75 + 0.15, 5.6 / 2 - 0.5, 1, 1),
    ]
    assert [words(sheet)[f"input, channel {number}"][1:] for number in range(3)] == [
        *(near(-0.2, 10), near(1.85, 10), near(3.9, 10)),
    ]
    assert words(sheet)["kernel, channel 1"][1:] == near(2.1, 10)
    assert edges(sheet, "kernel, channel 1")[0] == edges(sheet, "kernel, channel 0")[0] == pytest.approx(2.25)
    times = [one for one in sheet.words if one.text == "×"]
    assert [(*one.box.middle, one.points) for one in times] == [near(1.875, y, 18) for y in (0.75, 2.8, 4.85)]
    assert words(sheet)["5 + 5 + 5 + bias 1 = 16"][1:] == near(5.6 + 0.45, 12.5)
    assert words(sheet)["result"][1:] == near(2.3 - 0.2, 10)
    assert words(sheet)["→"] == near(right + 0.9 - 0.375, 2.8, 18)


def test_of_many_channels_four_are_drawn() -> None:
    sheet = draw_window_position(trace_conv2d(np.ones((6, 1, 1)), np.ones((6, 1, 1))), 0)
    assert sum(one.text.startswith("input, channel") for one in sheet.words) == 4
    assert words(sheet)["and 2 more channels"][1:] == near(3 * (0.5 + 0.55) + 0.5 + 0.3, 11)
    assert words(sheet)["1 + 1 + 1 + 1 + 1 + 1 = 6"][1:] == near(3.65 + 0.3 + 0.45, 12.5)
    four = draw_window_position(trace_conv2d(np.ones((4, 1, 1)), np.ones((4, 1, 1))), 0)
    assert not any("more" in one.text for one in four.words)
    groups = trace_conv2d(np.ones((4, 1, 1)), np.ones((2, 2, 1, 1)), groups=2)
    told = [one.text for one in draw_window_position(groups, 1).words]
    assert [text for text in told if text.startswith("input")] == ["input, channel 2", "input, channel 3"]


def test_a_large_input_is_a_picture_with_the_window_beside_it() -> None:
    """30 columns take 3.2 inches, and a row of the 20 rows 3.2/30."""
    cell = 3.2 / 30
    image = np.arange(600.0).reshape(1, 20, 30)
    sheet = draw_window_position(trace_conv2d(image, np.ones((1, 3, 3))), 28 * 5 + 7)  # row 5, column 7 of 18×28
    source, result = pictures(sheet)
    assert place_of(source.box) == near(0, 0, 3.2, 20 * cell)
    assert (source.low, source.high) == (0, 599)
    assert borders(sheet, LOOKED_AT) == [near(7 * cell, 5 * cell, 3 * cell, 3 * cell)]
    middle = 10 * cell
    assert frames(sheet) == [near(3.5, middle - 0.75, 1.5, 1.5), near(5.75, middle - 0.75, 1.5, 1.5)]
    map_cell = 3.2 / 28
    assert place_of(result.box) == near(8.0, middle - 9 * map_cell, 3.2, 18 * map_cell)
    assert borders(sheet, RESULT) == [near(8 + 7.5 * map_cell - 0.08, middle - 3.5 * map_cell - 0.08, 0.16, 0.16)]
    first = sum(image[0, :3, :3].ravel())
    assert (result.low, result.high) == (first, first + 9 * (5 * 30 + 7))
    assert np.isfinite(result.values).sum() == 28 * 5 + 8
    assert "#D8C9E3" in fills(sheet)
    shared = draw_window_position(
        trace_conv2d(image, np.ones((1, 3, 3))), 0, results=np.arange(504.0).reshape(1, 18, 28)
    )
    assert (pictures(shared)[1].low, pictures(shared)[1].high) == (0, 503)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [((0, 255), 0, 255), ((0, 200), 0, 255), ((0, 1), 0, 1), ((-1, 200), -1, 200), ((0, 256), 0, 256), ((3, 3), 0, 255),
     ((0.5, 0.5), 0.5, 1.5), ((0, 1.5), 0, 255)],
)  # fmt: skip
def test_how_bright_a_large_input_is_drawn(values, low: float, high: float) -> None:
    image = np.full((1, 25, 25), values[0], float)
    image[0, 3, 4] = values[1]
    sheet = draw_window_position(trace_conv2d(image, np.ones((1, 1, 1))), 0)
    assert (pictures(sheet)[0].low, pictures(sheet)[0].high) == (low, high)


def test_a_large_window_is_drawn_in_small_cells() -> None:
    sheet = draw_window_position(trace_conv2d(np.ones((1, 30, 30)), np.ones((1, 10, 8))), 0)
    patch, kernel = frames(sheet)[:2]
    assert patch == near(3.5, 1.6 - 1.3, 8 * 0.26, 2.6)  # ten rows share 2.6 inches
    assert kernel == near(3.5 + 8 * 0.26 + 0.75, 1.6 - 1.3, 8 * 0.26, 2.6)


@pytest.mark.parametrize(
    ("shape", "small"), [((24, 16), True), ((25, 1), False), ((1, 25), False), ((20, 20), True), ((20, 21), False)]
)
def test_what_is_small_enough_for_numbers(shape, small: bool) -> None:
    assert is_small(np.zeros((3, *shape))) == small


def test_the_largest_number_of_a_pool_is_framed_with_its_padding() -> None:
    trace = trace_max_pool2d([[1, 3, 2], [4, 8, 5], [0, 1, 2]], 3, padding=1, stride=2)
    sheet = draw_pooling(trace, 0, title="mine")
    assert sheet.title == "mine"
    frame = [mark for mark in sheet.marks if isinstance(mark, Rectangle) and mark.width == 1.6]
    assert [place_of(mark.box) for mark in frame] == [near(2 * 0.5 + 0.05, 2 * 0.5 + 0.05, 0.4, 0.4)]
    assert frame[0].above
    assert frames(sheet) == [near(0, 0, 2.5, 2.5), near(3.25, 0.75, 1, 1)]
    assert words(sheet)["input"][1:] == near(-0.2, 10)
    assert words(sheet)["result"][1:] == near(0.55, 10)
    assert words(sheet)[sheet.description][1:] == near(2.85, 12)
    assert sum(one.text in ("8",) and one.box.left > 3 for one in sheet.words) == 1
    channels = trace_max_pool2d([MATRIX, [[7] * 3] * 3], 2, stride=1)
    second = draw_pooling(channels, 5)
    assert [one.text for one in second.words].count("7") == 9 + 2  # the input of the second map, and its first results
    assert "result, map 1" in words(second)


def test_a_colour_image_of_few_pixels() -> None:
    """Two rows of three pixels at half an inch; the channels lie beside it as numbers."""
    image = np.arange(18, dtype=np.uint8).reshape(3, 2, 3)
    sheet = draw_rgb(image)
    (picture,) = pictures(sheet)
    assert (place_of(picture.box), picture.low, picture.high) == ((0, 0, 1.5, 1), 0, 255)
    assert np.array_equal(picture.values, image.transpose(1, 2, 0))
    assert words(sheet)["2×3 pixels"] == near(0.75, 1.22, 11)
    assert [(mark.start, mark.end) for mark in sheet.marks if isinstance(mark, Arrow)] == [
        (near(1.65, 0.5), near(2.15, 0.5))
    ]
    assert frames(sheet) == [near(2.35 + number * 1.85, 0, 1.5, 1) for number in range(3)]
    assert [words(sheet)[name] for name in "RGB"] == [near(3.1 + number * 1.85, 1.22, 13) for number in range(3)]
    assert fills(sheet) == [CHANNEL_FILLS[0]] * 6 + [CHANNEL_FILLS[1]] * 6 + [CHANNEL_FILLS[2]] * 6


def test_a_large_colour_image_is_drawn_with_512_pixels_at_most() -> None:
    image = np.zeros((3, 2, 1025), np.uint8)
    image[1] = np.arange(1025) % 200
    sheet = draw_rgb(image)
    assert [picture.values.shape for picture in pictures(sheet)] == [(1, 342, 3)] * 4  # every third one
    assert np.array_equal(pictures(sheet)[2].values[0, :, 1], np.arange(0, 1025, 3) % 200)
    assert place_of(pictures(sheet)[0].box) == near(0, 0, 2.6, 2 * 2.6 / 1025)
    assert pictures(draw_rgb(image[..., :1024]))[0].values.shape == (1, 512, 3)
    assert pictures(draw_rgb(image[..., :512]))[0].values.shape == (2, 512, 3)


def test_fractions_are_bytes_unless_a_number_is_above_one() -> None:
    def brightest(*values: float) -> int:
        return int(pictures(draw_rgb(np.array(values).reshape(3, 1, -1)))[0].values.max())

    assert [brightest(0, 0.5, 1), brightest(0, 0, 1), brightest(0, 0.5, 2), brightest(0.001, 0, 0)] == [255, 1, 2, 0]
    wide = np.zeros((3, 1, 30))
    wide[0], wide[1, 0, 0] = 0.2, 1  # the first channel has no number above 0.2, and is as bright as beside the others
    assert [picture.values.max() for picture in pictures(draw_rgb(wide))] == [255, 51, 255, 0]


def test_a_tensor_of_two_large_channels_is_drawn_as_pictures_of_one_brightness() -> None:
    values = np.zeros((2, 30, 15))
    values[1, 0, 0] = 7
    sheet = draw_tensor(values)
    assert sheet.description == "2×30×15: channels, height, width"
    assert [(picture.low, picture.high) for picture in pictures(sheet)] == [(0, 7)] * 2
    assert [place_of(picture.box) for picture in pictures(sheet)] == [near(0, 0, 1.3, 2.6), near(1.65, 0, 1.3, 2.6)]
    assert words(sheet)["channel 1"] == near(2.3, 2.82, 13)
    flat = draw_tensor(np.full((2, 30, 15), 3))
    assert [(picture.low, picture.high) for picture in pictures(flat)] == [(3, 4)] * 2
    assert len(pictures(draw_tensor(np.full((3, 30, 15), -1)))) == 3  # no colour image
    assert len(pictures(draw_tensor(np.full((3, 30, 15), 255)))) == 4


def test_the_sizes_of_a_large_tensor() -> None:
    """26×13 numbers are drawn as planes of 2.6×1.3 inches, eight of the ten, 0.32 apart."""
    sheet = draw_tensor_attributes(10, 26, 13)
    rectangles = [place_of(mark.box) for mark in sheet.marks if isinstance(mark, Rectangle)]
    assert rectangles == [near(0.32 * plane, 0.32 * plane, 1.3, 2.6) for plane in reversed(range(8))]
    back, low = 7 * 0.32, 2.6 + 7 * 0.32
    assert [(*mark.start, *mark.end) for mark in sheet.marks if isinstance(mark, Arrow)] == [
        near(-0.22, 0, -0.22, 2.6),
        near(back, low + 0.2, back + 1.3, low + 0.2),
        near(1.44, -0.14, 1.44 + back, back - 0.14),
    ]
    assert words(sheet)["width 13"] == near(back + 0.65, low + 0.42, 12)
    assert (edges(sheet, "height 26")[1], *words(sheet)["height 26"][1:]) == near(-0.34, 1.3, 12)
    assert (edges(sheet, "channels 10")[0], words(sheet)["channels 10"][1]) == near(
        1.44 + back / 2 + 0.2, back / 2 - 0.22
    )
    assert edges(sheet, "a tensor 10×26×13: 3,380 numbers")[0] == 0
    assert len(frames(draw_tensor_attributes(2, 12, 1))) == 2
    assert len(frames(draw_tensor_attributes(2, 13, 1))) == 0
    thin = [mark.box.width for mark in draw_tensor_attributes(1, 100, 1).marks if isinstance(mark, Rectangle)]
    assert thin == near(0.1)


def test_counts_are_darker_the_larger_they_are() -> None:
    sheet = draw_counts(np.array([[0, 1, 2, 3, 4]]), "a caption")
    assert fills(sheet) == ["#FFFFFF", "#E3F0F9", "#C2DFF1", "#9ECBE8", "#7FB9DF"]
    assert sheet.description == "0 in the upper left corner, up to 4 inside"
    assert (edges(sheet, "a caption")[0], *words(sheet)["a caption"][1:]) == near(0, 0.75, 11)
    assert fills(draw_counts(np.zeros((1, 2)), "")) == ["#FFFFFF"] * 2
    assert "window positions of a 2×3 kernel that cover each cell" in words(draw_coverage(5, (2, 3)))
    assert len(fills(draw_counts(np.zeros((40, 1)), ""))) == 40
    with pytest.raises(UsageError, match=r"^41×2 counts cannot be drawn; give an input of at most 40×40\.$"):
        draw_counts(np.zeros((41, 2)), "")


def test_padding_of_two() -> None:
    sheet = draw_padding([[1, 2, 3]], 2)
    assert frames(sheet) == [near(0, 1, 1.5, 0.5), near(2.5, 0, 3.5, 2.5)]
    assert fills(sheet).count(PADDING) == 35 - 3
    assert [(*mark.start, *mark.end) for mark in sheet.marks if isinstance(mark, Arrow)] == [near(1.7, 1.25, 2.3, 1.25)]
    assert (words(sheet)["1×3"], words(sheet)["5×7"]) == (near(0.75, 2.72, 11), near(4.25, 2.72, 11))


def test_first_steps_stand_two_in_a_row() -> None:
    sheet = draw_first_steps(MATRIX, [[1]], padding=0, steps=3)
    panel = [draw_window_position(trace_cross_correlate2d(MATRIX, [[1]]), number).bounds for number in range(3)]
    width, height = (max(getattr(one, side) for one in panel) for side in ("width", "height"))
    places = {one.text: (one.box.left, one.box.middle[1]) for one in sheet.words if one.points == 15}
    assert places == {"0": near(0, 0), "1": near(width + 0.35, 0), "2": near(0, height + 0.3)}
    assert sheet.description == "the first 3 window positions of 9"
    assert len(borders(sheet, LOOKED_AT)) == 3


def test_kernels_and_maps_of_two_channels() -> None:
    """The channels of a 3×3 image take 1.92 inches each, those of 2×2 kernels 1.18, and maps 1.6."""
    sheet = draw_kernels_and_maps(np.ones((2, 3, 3)), np.ones((1, 2, 2, 2)))
    assert sheet.description == "1 kernel makes 1 map"
    middle = (2 * 1.92 - 0.42) / 2
    assert frames(sheet) == [
        *(near(0, 0, 1.5, 1.5), near(0, 1.92, 1.5, 1.5)),
        *(near(2.5, middle - 1.18, 1, 1), near(2.5, middle, 1, 1)),
        near(4.5, middle - 0.5, 1, 1),
    ]
    assert fills(sheet) == [LOOKED_AT] * 18 + [KERNEL] * 8 + [RESULT] * 4


def test_an_activation_writes_what_is_added() -> None:
    sheet = draw_activation([[[-1.0]], [[1.0]]], [0, -3], "relu")
    first, second = (
        ["−1", "−1", "0", "+ 0", "relu", "map", "with its bias", "activated"],
        ["1", "−2", "0", "+ (−3)", "relu"],
    )
    assert [one.text for one in sheet.words] == [*first, *second]
    assert frames(sheet)[3:] == [near(0, 1.2, 0.5, 0.5), near(2.1, 1.2, 0.5, 0.5), near(4.2, 1.2, 0.5, 0.5)]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("conv 16 3x3 pad 12", ["conv 16 3x3 pad 12"]),
        ("conv 16 3x3 pad 123", ["123", "conv 16 3x3 pad"]),
        ("conv 16 3x3 pad 12 groups 4", ["groups 4", "conv 16 3x3 pad 12"]),
    ],
)
def test_long_names_take_two_lines(name: str, lines: list[str]) -> None:
    assert _in_two_lines(name) == lines


def test_a_diagram_of_one_layer() -> None:
    """Columns are 1.95 wide. A picture of 8×8 is 0.741 wide; 12 channels are 5 planes, 10 of 40 numbers are shown."""
    sheet = draw_network(read_network("conv 12 3x3 pad 1, flatten, dense 40, dense"), (1, 8, 8), 10)
    assert sheet.description.endswith(f": {120 + 40 * 769 + 410:,} parameters")
    rectangles = [mark for mark in sheet.marks if isinstance(mark, Rectangle)]
    side, y = 0.95 * 0.78, 0.575
    assert place_of(rectangles[0].box) == near(0.975 - side / 2, y - side / 2, side, side)
    whole = side + 4 * 0.07
    assert [place_of(mark.box) for mark in rectangles[1:6]] == [
        near(2.925 - whole / 2 + 0.07 * plane, y - whole / 2 + 0.07 * plane, side, side) for plane in range(5)
    ]
    assert [mark.width for mark in rectangles[:6]] == [0.9] * 6
    column = rectangles[6:17]
    assert [place_of(mark.box) for mark in column[:10]] == [
        near(4.875 - 0.12, y - 0.5 + cell * 0.1, 0.24, 0.1) for cell in range(10)
    ]
    assert (place_of(column[10].box), column[10].width, column[10].above) == (
        near(4.875 - 0.12, y - 0.5, 0.24, 1),
        1.0,
        True,
    )
    assert [mark.fill for mark in rectangles[:7]] == [WHITE, *[KERNEL] * 5, LOOKED_AT]
    assert rectangles[17].fill == RESULT
    assert words(sheet)["12×8×8"] == near(2.925, 1.75, 11)
    assert words(sheet)["120 parameters"] == near(2.925, 1.98, 9.5)
    assert words(sheet)["conv 12 3x3 pad 1"][:2] == near(2.925, 1.5)
    first, *_ = (mark for mark in sheet.marks if isinstance(mark, Arrow))
    assert (*first.start, *first.end) == near(0.975 + side / 2 + 0.08, y, 2.925 - whole / 2 - 0.08, y)


def test_small_maps_are_still_seen_and_few_numbers_are_all_drawn() -> None:
    sheet = draw_network(read_network("maxpool 100, dense"), (1, 200, 400), 3)
    boxes = [mark.box for mark in sheet.marks if isinstance(mark, Rectangle)]
    assert (boxes[0].width, boxes[0].height) == near(0.741, 0.741 * 0.5**0.5)
    assert (boxes[1].width, boxes[1].height) == near(0.22, 0.22)
    assert boxes[-1].height == pytest.approx(0.3)


def test_a_block_that_begins_a_row_has_a_line_from_the_left() -> None:
    sheet = draw_network(read_network("relu, relu, relu, relu, residual(relu), dense"), (1, 4, 4), 2)
    lines = [(*mark.start, *mark.end) for mark in sheet.marks if isinstance(mark, Arrow)]
    y = 2.55 + 0.575
    assert near(-0.3, y, 0, y) in lines
    assert any(line[0] > 9 and line[2] == pytest.approx(5 * 1.95) for line in lines)  # the first row's last arrow
    assert words(sheet)["body"][:2] == near(0.975, 2.55 - 0.06)
