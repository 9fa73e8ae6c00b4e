"""Vectors and kernels that slide, by keyboard and pointer; every number that is shown is held to by_hand."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import by_hand
from convlens.by_hand.sliding import PaddingMode
from convlens.illustrations.numbers import short_number, write_position
from convlens.window import output_size_formula

Open = Callable[..., Any]

MATRIX = [[1, 2, 0, 1, 3], [3, 1, 2, 0, 1], [0, 2, 4, 1, 0], [2, 0, 1, 3, 1], [1, 3, 0, 2, 2]]
KERNEL = [[1, 0], [2, 1]]


# Vectors


def test_two_vectors_are_multiplied_while_one_types(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "vectors")
    assert chapter.root.locator(".sum").all_inner_texts() == [
        "Cross-correlation: 3·2 + 1·4 + 2·1 = 12",
        "Convolution: 3·1 + 1·4 + 2·2 = 11",
    ]
    chapter.type("A, place 0", "-5")
    assert chapter.root.locator(".sum").first.inner_text() == "Cross-correlation: (−5)·2 + 1·4 + 2·1 = −4"
    assert chapter.root.locator("output").all_inner_texts() == ["−4", "3"]
    page.keyboard.press("Control+A")
    page.keyboard.press("ArrowRight")  # everything is selected: on to the next cell
    page.keyboard.type("1/3")
    assert chapter.root.locator(".sum").first.inner_text() == "Cross-correlation: (−5)·2 + 0.3333·4 + 2·1 ≈ −6.667"
    page.keyboard.press("ArrowDown")
    assert chapter.cell("A, place 1").input_value() == "1/3"  # a vector has one row
    page.keyboard.press("Tab")
    assert chapter.cell("A, place 1").input_value() == "0.3333"
    chapter.type("Numbers in each", "5")
    assert chapter.root.locator(".sum").first.inner_text().count("·") == 5


def test_a_mistake_is_said_in_one_line_and_forgotten_when_left(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "vectors")
    chapter.type("B, place 1", "four")
    assert chapter.mistake() == "Place 1 of B is “four”; give a number, such as 2, −0.5 or 1/3."
    assert chapter.cell("B, place 1").get_attribute("aria-invalid") == "true"
    assert chapter.root.locator("output").first.inner_text() == "12"  # the last numbers that made sense
    page.keyboard.press("Escape")
    assert (chapter.mistake(), chapter.cell("B, place 1").input_value()) == ("", "4")
    for text, line in [("0", "is 0"), ("9", "is 9"), ("", "is empty")]:
        chapter.type("Numbers in each", text)
        if not text:
            page.keyboard.press("Delete")
        assert chapter.mistake() == f"The count of numbers {line}; give a whole number from 1 to 8."
    page.keyboard.press("Tab")
    assert (chapter.mistake(), chapter.cell("Numbers in each").input_value()) == ("", "3")


@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize("ends", ["full", "same", "valid"])
def test_a_vector_slides_and_every_sum_is_right(chapter_of: Open, page: Any, ends: str, turned: bool) -> None:
    chapter = chapter_of(page, "sliding-vectors")
    chapter.type("Numbers in A", "4")
    for place, value in enumerate([3, 1, 2, -4]):
        chapter.type(f"A, place {place}", str(value))
    chapter.choose("Ends", ends)
    chapter.choose("Operation", "convolution" if turned else "cross-correlation")
    word = "convolve" if turned else "correlate"
    expected = getattr(by_hand, f"{word}_{ends}")([3, 1, 2, -4], [2, 4, 1])
    assert chapter.totals_of_all_positions() == expected.tolist()
    shown = chapter.root.get_by_role("group", name="result").get_by_role("button").all_inner_texts()
    assert shown == [short_number(value) for value in expected]


# A kernel


def test_a_kernel_goes_over_all_positions_by_keyboard(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    trace = by_hand.trace_cross_correlate2d(MATRIX, KERNEL)
    slider = chapter.root.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    sums = [chapter.sum()]
    assert chapter.root.get_by_role("button", name="map, row 0, column 0: 8").count() == 1
    assert chapter.root.get_by_role("button", name="map, row 0, column 1: not reached yet").count() == 1
    for _ in range(15):
        page.keyboard.press("ArrowRight")
        sums.append(chapter.sum())
    assert sums == [write_position(one, 12) for one in trace] == chapter.sums_of_all_positions()
    assert sums[:2] == ["1·1 + 2·0 + 3·2 + 1·1 = 8", "2·1 + 0·0 + 1·2 + 2·1 = 6"]


def test_the_next_button_and_a_click_on_the_map_go_to_a_position(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.root.get_by_role("button", name="First position").press("Enter")
    chapter.root.get_by_role("button", name="Next position").press("Enter")
    assert (
        chapter.root.get_by_role("slider").get_attribute("aria-valuetext")
        == "position 2 of 16: row 0, column 1 of the map"
    )
    chapter.root.get_by_role("button", name="map, row 3, column 2").click()
    assert chapter.sum() == write_position(by_hand.trace_cross_correlate2d(MATRIX, KERNEL).at(3, 2))
    covered = chapter.root.get_by_role("group", name="input", exact=True).locator(".covered")
    labels = [one.get_attribute("aria-label") for one in covered.all()]
    assert labels == [f"input, row {row}, column {column}" for row in (3, 4) for column in (2, 3)]


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "mode", "turned"),
    [(2, 0, 1, "zeros", False), (1, 1, 2, "zeros", True), (3, 2, 1, "reflect", False), (2, 3, 3, "replicate", True)],
)
def test_the_options_of_a_window(
    chapter_of: Open, page: Any, stride: int, padding: int, dilation: int, mode: PaddingMode, turned: bool
) -> None:
    chapter = chapter_of(page, "kernel")
    for name, value in [("Stride", stride), ("Padding", padding), ("Dilation", dilation)]:
        chapter.type(name, str(value))
    chapter.select("Padding values", mode)
    chapter.choose("Operation", "convolution" if turned else "cross-correlation")
    trace_of = by_hand.trace_convolve2d if turned else by_hand.trace_cross_correlate2d
    trace = trace_of(MATRIX, KERNEL, stride, padding, dilation, mode)
    assert chapter.sums_of_all_positions() == [write_position(one, 12) for one in trace]
    formula = output_size_formula(5, 2, stride, padding, dilation)
    assert chapter.root.locator(".formula").inner_text() == f"Rows and columns of the map: {formula}"


def test_a_kernel_that_does_not_fit_is_named_and_padding_helps(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.type("Kernel size", "6")
    assert chapter.mistake() == (
        "The kernel reaches over 6 and the padded input is only 5 high; give a smaller kernel or dilation, or more "
        "padding."
    )
    chapter.type("Padding", "1")
    assert chapter.mistake() == ""
    assert chapter.root.locator(".formula").inner_text().endswith("⌊(5 + 2·1 − 6)/1⌋ + 1 = 2")


def test_a_named_kernel_can_be_changed_and_is_then_custom(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.select("Kernel", "sobel-x")
    assert chapter.cell("kernel, row 1, column 2").input_value() == "2"
    chapter.type("kernel, row 1, column 2", "3")
    assert chapter.root.get_by_label("Kernel", exact=True).input_value() == "custom"
    kernel = [[-1, 0, 1], [-2, 0, 3], [-1, 0, 1]]
    expected = by_hand.cross_correlate2d(MATRIX, kernel).ravel().tolist()
    assert chapter.totals_of_all_positions() == expected
    chapter.type("input, row 0, column 0", "-7")
    page.keyboard.press("Control+A")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "input, row 1, column 0"
    matrix = [[-7, *MATRIX[0][1:]], *MATRIX[1:]]
    expected = by_hand.cross_correlate2d(matrix, kernel).ravel().tolist()
    assert chapter.totals_of_all_positions() == expected


def test_what_the_floor_drops_is_hatched_and_named(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.type("Stride", "2")
    assert "Rounding down drops the last row and the last column" in chapter.root.locator(".lost").inner_text()
    hatched = [one.get_attribute("aria-label") for one in chapter.root.locator("input.unread").all()]
    assert len(hatched) == 9
    assert all("row 4" in label or "column 4" in label for label in hatched)
    chapter.type("Columns", "6")
    assert chapter.root.locator(".lost").inner_text().startswith("Rounding down drops the last row: ")
    assert chapter.root.locator(".formula").all_inner_texts() == [
        "Rows of the map: ⌊(5 + 2·0 − 2)/2⌋ + 1 = 2",
        "Columns of the map: ⌊(6 + 2·0 − 2)/2⌋ + 1 = 3",
    ]


def test_a_digit_can_be_drawn_with_the_pen_and_by_keyboard(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.select("Input", "empty")
    chapter.select("Kernel", "identity")
    picture = chapter.root.locator(".picture.paintable")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=8)
    page.mouse.up()
    chapter.root.get_by_text("One pixel by keyboard").press("Enter")
    assert chapter.cell("Grey, 0 to 255").input_value() == "255"  # row 14, column 14 lies on the line
    chapter.type("Column", "3")
    assert chapter.cell("Grey, 0 to 255").input_value() == "0"
    chapter.type("Grey, 0 to 255", "99")
    chapter.root.get_by_role("slider").focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    chapter.type("Row", "1")
    chapter.type("Grey, 0 to 255", "77")
    assert chapter.sum().endswith("= 77")  # position (0, 2) of the identity shows row 1, column 3


def test_it_plays_by_itself_and_stops(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "kernel")
    chapter.root.get_by_role("button", name="First position").click()
    chapter.root.get_by_role("button", name="Play").click()
    assert chapter.root.locator(".sum").get_attribute("aria-live") == "off"
    page.wait_for_function("""() => document.querySelector('[id="learn/kernel"] .stepper input').value > 1""")
    chapter.root.get_by_role("button", name="Pause").click()
    assert chapter.root.locator(".sum").get_attribute("aria-live") == "polite"
    place = chapter.root.get_by_role("slider").input_value()
    page.wait_for_timeout(900)
    assert chapter.root.get_by_role("slider").input_value() == place


def test_less_motion_means_only_steps(opened: Open) -> None:
    with opened(reduced_motion="reduce") as page:
        assert page.get_by_role("button", name="Play").count() == 0
        assert page.get_by_role("button", name="Next position").count() > 3


# The size of a map


@pytest.mark.parametrize(
    "numbers", [(8, 3, 2, 0, 1), (7, 2, 2, 0, 1), (12, 3, 1, 1, 1), (9, 3, 2, 0, 2), (2, 3, 1, 0, 1)]
)
def test_the_formula_is_the_packages(chapter_of: Open, page: Any, numbers: tuple[int, ...]) -> None:
    chapter = chapter_of(page, "size")
    names = ["Input size n", "Kernel size k", "Stride s", "Padding p", "Dilation d"]
    for name, value in zip(names, numbers, strict=True):
        chapter.type(name, str(value))
    assert chapter.root.locator(".formula").last.inner_text() == output_size_formula(*numbers)
    size, kernel, stride, padding, dilation = numbers
    if size < kernel:
        assert chapter.mistake().startswith("The kernel reaches over 3 and the padded input is only 2 high")
        return
    label = chapter.root.get_by_role("img", name="how many window positions read each cell").get_attribute("aria-label")
    counts = [[float(one) for one in row.split()] for row in label.split(": ")[1].split(";")]
    assert counts == by_hand.count_coverage(size, kernel, stride, padding, dilation).tolist()


def test_what_is_lost_is_said(chapter_of: Open, page: Any) -> None:
    chapter = chapter_of(page, "size")
    assert chapter.root.locator(".lost").inner_text().startswith("Rounding down drops the last row and the last column")
    chapter.type("Stride s", "1")
    assert chapter.root.locator(".lost").inner_text() == "Every row and column is read."
    chapter.type("Input size n", "9")
    chapter.type("Stride s", "2")
    chapter.type("Dilation d", "2")
    assert chapter.root.locator(".lost").inner_text().startswith("The stride skips 4 rows and 4 ")
