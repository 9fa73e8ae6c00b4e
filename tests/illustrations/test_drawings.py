"""Drawings of window positions: what is marked, how far the results go, large inputs, and animations."""

import io

import numpy as np
import pytest
from PIL import Image

from convlens.by_hand import (
    trace_avg_pool2d,
    trace_conv2d,
    trace_convolve_full,
    trace_correlate_full,
    trace_cross_correlate2d,
    trace_max_pool2d,
)
from convlens.errors import UsageError
from convlens.illustrations import (
    choose_frames,
    draw_first_steps,
    draw_network,
    draw_pooling,
    draw_rgb,
    draw_sliding_vectors,
    draw_tensor,
    draw_window_position,
    render_svg,
    save_drawing,
    short_number,
    write_sum,
)
from convlens.illustrations.saving import render_gif
from convlens.illustrations.sheet import LOOKED_AT, RESULT, STRONG, Arrow, Pixels, Rectangle, Sheet, Words, render_png
from convlens.network import read_network

MATRIX = [[1, 2, 0], [3, 1, 2], [0, 2, 4]]
KERNEL = [[1, 0], [2, 1]]


def texts(sheet: Sheet) -> list[str]:
    return [words.text for words in sheet.words]


def filled(sheet: Sheet, colour: str) -> int:
    return sum(isinstance(mark, Rectangle) and mark.fill == colour for mark in sheet.marks)


def borders(sheet: Sheet, colour: str) -> list[Rectangle]:
    return [mark for mark in sheet.marks if isinstance(mark, Rectangle) and mark.edge == STRONG[colour]]


def test_the_window_and_the_result_are_marked_by_more_than_colour():
    sheet = draw_window_position(trace_cross_correlate2d(MATRIX, KERNEL), 1)
    assert filled(sheet, LOOKED_AT) == 4
    (window,) = borders(sheet, LOOKED_AT)
    assert (window.box.left, window.box.top, window.box.width) == (0.5, 0.0, 1.0)
    assert window.width > 2
    assert len(borders(sheet, RESULT)) == 1
    assert "2·1 + 0·0 + 1·2 + 2·1 = 6" in texts(sheet)


def test_results_are_filled_up_to_the_window_position_or_as_far_as_asked():
    trace = trace_cross_correlate2d(MATRIX, KERNEL)
    inputs, kernel_numbers = 9, 4

    def numbers(sheet):
        return sum(text.lstrip("−").replace(".", "").isdigit() for text in texts(sheet))

    assert numbers(draw_window_position(trace, 0)) == inputs + kernel_numbers + 1
    assert numbers(draw_window_position(trace, 2)) == inputs + kernel_numbers + 3
    assert numbers(draw_window_position(trace, 0, 3)) == inputs + kernel_numbers + 4


def test_given_results_and_computed_ones_are_the_same_picture():
    trace = trace_cross_correlate2d(MATRIX, KERNEL, padding=1)
    results = np.array([window.result for window in trace]).reshape(trace.shape)
    assert render_png(draw_window_position(trace, 5)) == render_png(draw_window_position(trace, 5, results=results))


def test_padding_has_a_dashed_border_and_dilation_leaves_cells_out():
    sheet = draw_window_position(trace_cross_correlate2d(MATRIX, KERNEL, padding=1, dilation=2), 0)
    assert sum(isinstance(mark, Rectangle) and mark.dashed for mark in sheet.marks) == 25 - 9
    assert [mark.box.width for mark in borders(sheet, LOOKED_AT)] == [0.5] * 4
    assert filled(sheet, LOOKED_AT) == 4


def test_a_large_input_is_a_picture_with_its_patch_as_numbers():
    image = np.arange(900.0).reshape(1, 30, 30)
    sheet = draw_window_position(trace_conv2d(image, np.ones((1, 3, 3))), 0)
    assert sum(isinstance(mark, Pixels) for mark in sheet.marks) == 2
    assert {"0", "1", "30", "62"} <= set(texts(sheet))


def test_bias_and_activation_are_said():
    sheet = draw_window_position(trace_conv2d([MATRIX, MATRIX], np.ones((2, 2, 2)), bias=-20, activation="relu"), 0)
    assert "7 + 7 + bias (−20) = −6, relu 0" in texts(sheet)
    assert texts(sheet).count("= 7") == 2


def test_the_winner_of_a_pool_has_a_frame_and_an_average_says_its_divisor():
    sheet = draw_pooling(trace_max_pool2d([[1, 3], [4, 8]], 2), 0)
    assert "the largest of 1, 3, 4, 8 is 8, in row and column 1, 1 of the input, counted from 0" in texts(sheet)
    frames = [mark for mark in sheet.marks if isinstance(mark, Rectangle) and mark.width == 1.6]
    assert [(frame.box.left, frame.box.top) for frame in frames] == [(pytest.approx(0.55), pytest.approx(0.55))]
    assert "(1 + 3 + 4 + 8) / 4 = 4" in texts(draw_pooling(trace_avg_pool2d([[1, 3], [4, 8]], 2), 0))


def test_a_slid_vector_says_whether_it_was_turned():
    assert "B turned" in texts(draw_sliding_vectors(trace_convolve_full([1, 2, 3], [4, 5]), 0))
    assert "B turned" not in texts(draw_sliding_vectors(trace_correlate_full([1, 2, 3], [4, 5]), 0))


def test_frames_of_an_animation_have_one_size_and_the_last_stays():
    trace = trace_cross_correlate2d(MATRIX, KERNEL)
    with Image.open(io.BytesIO(render_gif([draw_window_position(trace, number) for number in range(4)]))) as animation:
        assert getattr(animation, "n_frames", 1) == 4
        durations = []
        for number in range(4):
            animation.seek(number)
            durations.append(animation.info["duration"])
    assert durations == [900, 900, 900, 2500]


def test_of_many_window_positions_at_most_64_are_shown():
    frames = choose_frames(676)
    assert (frames[0], frames[-1], len(frames)) == (0, 675, 64)
    assert frames == sorted(set(frames))


def test_a_file_of_another_kind_is_refused_before_anything_is_drawn(tmp_path):
    def never() -> Sheet:
        raise AssertionError("drawn")

    with pytest.raises(UsageError, match=r"written as 'a\.bmp'; give a name that ends in \.svg, \.png, \.gif"):
        save_drawing(tmp_path / "new" / "a.bmp", never)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "text",
    [
        "dense",
        "conv 64 3x3 pad 1, batchnorm, relu, conv 64 3x3 pad 1, leaky_relu 0.1, avgpool 2, dropout 0.2, dense 9, dense",
        "conv 4 5x5 stride 2 dilation 2, sigmoid, globalavgpool, dense",
        "residual(conv 16 3x3 stride 2 pad 1, batchnorm, gelu, shortcut conv 16 1x1 stride 2), relu, maxpool 2, dense",
        "concat(conv 4 1x1; residual(conv 3 3x3 pad 1, concat(; relu, conv 8 1x1; ), conv 3 1x1); ; conv 1 1x1), dense",
        "residual(residual(residual(tanh)), shortcut residual(conv 3 1x1)), concat(; ), dense 1000, residual(relu)",
    ],
)
def test_any_network_is_drawn_with_its_sizes_and_parameters(text):
    sheet = draw_network(read_network(text), (3, 32, 48), 1000)
    for line in (mark for mark in sheet.marks if isinstance(mark, Arrow)):
        (x, y), (to_x, to_y) = line.start, line.end
        assert x == to_x or y == to_y
        for mark in sheet.marks:
            if isinstance(mark, Words | Rectangle):  # no line runs through a layer or a text
                beside = max(x, to_x) <= mark.box.left or mark.box.right <= min(x, to_x)
                assert beside or max(y, to_y) <= mark.box.top or mark.box.bottom <= min(y, to_y), mark
    assert "3×32×48" in texts(sheet)
    assert any(words.endswith("multiply-adds per image") for words in texts(sheet))
    for place, words in enumerate(sheet.words):
        for other in sheet.words[place + 1 :]:
            apart = words.box.right <= other.box.left or other.box.right <= words.box.left
            assert apart or words.box.bottom <= other.box.top or other.box.bottom <= words.box.top, words.text


def test_a_shortcut_is_a_line_around_the_body():
    """Columns are 1.95 wide; the input, a convolution and the sum stand in the first three."""
    sheet = draw_network(read_network("residual(conv 1 1x1), dense"), (1, 4, 4), 2)
    lines = [(mark.start, mark.end) for mark in sheet.marks if isinstance(mark, Arrow) and not mark.tip]
    height = 0.575  # of the middle of the blocks
    right_of_input, right_of_conv = 1.95 * 0.5 + 0.741 / 2 + 0.08, 1.95 * 1.5 + 0.741 / 2 + 0.08
    assert lines == [
        (pytest.approx((right_of_input, height)), pytest.approx((1.95, height))),
        (pytest.approx((right_of_conv, height)), pytest.approx((3.9, height))),
        (pytest.approx((1.95, 2.45)), pytest.approx((3.9, 2.45))),  # the shortcut
        (pytest.approx((1.95, height)), pytest.approx((1.95, 2.45))),
        (pytest.approx((3.9, height)), pytest.approx((3.9, 2.45))),
    ]
    places = {words.text: words.box.middle for words in sheet.words}
    assert places["body"] == pytest.approx((1.95 * 1.5, -0.06))
    assert places["shortcut"] == pytest.approx((1.95 * 1.5, 2.33))
    assert places["add"] == pytest.approx((1.95 * 2.5, 1.5))


def test_branches_lie_below_each_other_and_a_long_block_makes_rows_wider():
    text = "concat(relu, relu, relu, relu, relu, relu; conv 1 1x1), tanh, dense"
    sheet = draw_network(read_network(text), (1, 4, 4), 2)
    places = {words.text: words.box.middle for words in sheet.words if words.text != "relu"}
    # The block takes seven columns, so it stands in a row of its own; the rest does not fit into the input's row.
    assert places["input"] == pytest.approx((1.95 * 0.5, 1.5))
    assert places["branch 0"] == pytest.approx((1.95 * 0.5, 2.55 - 0.06))
    assert places["branch 1"] == pytest.approx((1.95 * 0.5, 5.1 - 0.06))
    assert places["concat"] == pytest.approx((1.95 * 6.5, 2.55 + 1.5))
    assert places["tanh"] == pytest.approx((1.95 * 0.5, 7.65 + 1.5))


def test_numbers_are_short_and_sums_have_brackets():
    assert [short_number(value) for value in (0.0, 12.0, -1.5, 0.125, 1e9, -2e-7, float("nan"))] == [
        "0", "12", "−1.5", "0.125", "1000000000", "−2e−7", "–",
    ]  # fmt: skip
    assert write_sum([(1, 1)] * 20, most=5) == "1·1 + 1·1 + 1·1 + 1·1 + 16 more products"


@pytest.mark.parametrize("height", [2, 30])
def test_an_image_is_the_same_with_channels_first_and_last(height):
    image = np.arange(3 * height * 40).reshape(3, height, 40) % 256
    first, last = draw_rgb(image.astype(np.uint8)), draw_rgb(image.astype(np.uint8).transpose(1, 2, 0))
    assert render_svg(first) == render_svg(last)
    drawn = [mark for mark in first.marks if isinstance(mark, Pixels)]
    assert np.array_equal(drawn[0].values, image.transpose(1, 2, 0))
    assert len(drawn) == 4  # the image and its channels: forty numbers in a row are too many for cells
    assert np.array_equal(drawn[2].values[..., 1], image[1])
    assert not drawn[2].values[..., [0, 2]].any()


def test_fractions_are_drawn_as_bright_as_bytes():
    (pixels,) = (mark for mark in draw_rgb(np.full((3, 2, 2), 0.2)).marks if isinstance(mark, Pixels))
    assert (pixels.values == 51).all()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 5, 2)), "the image is 4×5×2; give a colour image, 3×H×W or H×W×3."),
        (np.zeros((4, 5)), "the image has 2 dimensions (4×5); give a tensor channels × height × width."),
        (np.full((3, 1, 1), 256), "the image has values from 256 to 256; give values from 0 to 255."),
        (np.full((3, 1, 1), -1), "the image has values from -1 to -1; give values from 0 to 255."),
    ],
)
def test_what_is_no_colour_image_is_refused(image, message):
    with pytest.raises(UsageError) as raised:
        draw_rgb(image)
    assert str(raised.value) == message


def test_a_tensor_of_many_channels_shows_the_first_and_how_many_more():
    told = texts(draw_tensor(np.ones((10, 2, 2))))
    assert [text for text in told if text.startswith("channel ")] == [f"channel {number}" for number in range(8)]
    assert {"and 2 more channels", "channels 10", "a tensor 10×2×2: 40 numbers"} <= set(told)


def test_first_steps_are_numbered_as_in_the_trace():
    numbers = [words.text for words in draw_first_steps(MATRIX, KERNEL, padding=1).words if words.points == 15]
    assert numbers == ["0", "1", "2", "3"]
