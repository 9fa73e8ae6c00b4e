"""`convlens by-hand`: what follows from sizes, several kernels, the turned vector, tensors, and where drawings go."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MATRIX, KERNEL = "1 2 0; 3 1 2; 0 2 4", "1 0; 2 1"


def out_of(ran) -> str:
    assert ran.code == 0, ran.err
    return ran.out


def json_of(ran) -> dict:
    return json.loads(out_of(ran))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("6", "--kernel-size", "2", "--stride", "4"), "2 lie between window positions and are not read."),
        # windows read rows 0 and 2; row 1 lies between them, and row 3 is dropped
        (("4", "--kernel-size", "1", "--stride", "2"), "1 more lies between window positions and is not read."),
    ],
)
def test_what_lies_between_the_windows_is_counted(convlens, arguments, line):
    assert line in out_of(convlens("by-hand", "output-size", *arguments)).splitlines()


@pytest.mark.parametrize(
    ("size", "line"),
    [
        ("8", "The floor drops 1 of 8 at the end: no window position reads it."),
        ("9", "The floor drops 2 of 9 at the end: no window position reads them."),
    ],
)
def test_what_the_floor_drops_is_one_or_several(convlens, size, line):
    told = out_of(convlens("by-hand", "output-size", size, "--kernel-size", "1", "--stride", "3", "--padding", "0"))
    assert told.splitlines()[1] == line


def test_a_grey_image_of_a_dataset_is_a_matrix(convlens, tiny, digits_8x8):
    for name, images in (
        ("tiny:3", digits_8x8.test),
        ("tiny:test:3", digits_8x8.test),
        ("tiny:train:3", digits_8x8.train),
    ):
        pooled = images.images[3, 0].reshape(4, 2, 4, 2).max(axis=(1, 3))
        answer = json_of(convlens("by-hand", "pool", name, "--json"))
        assert answer["result"] == pooled.tolist()
        assert answer["sizes"]["rows"]["formula"] == "⌊(8 + 2·0 − 2)/2⌋ + 1 = 4"
    last = len(digits_8x8.test) - 1
    assert json_of(convlens("by-hand", "pool", f"tiny:{last}", "--json"))["shape"] == [4, 4]
    refused = convlens("by-hand", "pool", f"tiny:{last + 1}")
    there = f"tiny has {last + 1} test images, counted from 0."
    assert refused.err == f"error: tiny:test:{last + 1} does not exist; {there}\n"


def test_a_convolution_prints_the_turned_vector(convlens):
    lines = out_of(convlens("by-hand", "convolve", "1 2 3", "4 5 6.5")).splitlines()
    assert lines[0] == "B rotated by 180°: 6.5 5 4"
    assert lines[2] == "1·6.5 + 2·5 + 3·4 = 28.5"
    assert json_of(convlens("by-hand", "full", "1 2", "4 5", "--json"))["turned"] == [5, 4]
    assert "turned" not in json_of(convlens("by-hand", "correlate", "1 2", "4 5", "--json"))


def test_a_convolution_shows_its_sizes_and_what_the_stride_drops(convlens):
    # 5×4, kernel 2×2, stride 2×3: windows at rows 0, 2 and columns 0 alone, so row 4 and columns 2, 3 are not read
    matrix = "; ".join(["1 2 3 4"] * 5)
    ran = convlens("by-hand", "conv2d", matrix, "--kernel", "1 0; 0 0", "--stride", "2x3")
    assert out_of(ran).splitlines() == [
        "input 5×4; kernel 2×2; result 2×1",
        "rows: ⌊(5 + 2·0 − 2)/2⌋ + 1 = 2",
        "columns: ⌊(4 + 2·0 − 2)/3⌋ + 1 = 1",
        "No window reads the last row and the last 2 columns.",
        " 1 ",
        " 1 ",
    ]
    sizes = json_of(convlens("by-hand", "conv2d", matrix, "--kernel", "1 0; 0 0", "--stride", "2x3", "--json"))["sizes"]
    assert sizes == {
        "rows": {"formula": "⌊(5 + 2·0 − 2)/2⌋ + 1 = 2", "dropped": 1, "skipped": 0},
        "columns": {"formula": "⌊(4 + 2·0 − 2)/3⌋ + 1 = 1", "dropped": 2, "skipped": 0},
    }


def test_pooling_shows_its_sizes_and_what_no_window_reads(convlens):
    ran = convlens("by-hand", "pool", "1 2 3 4 5 6 7; 1 2 3 4 5 6 7", "--kernel-size", "1", "--stride", "3")
    assert out_of(ran).splitlines()[:5] == [
        "input 2×7; window 1×1; result 1×3",
        "rows: ⌊(2 + 2·0 − 1)/3⌋ + 1 = 1",
        "columns: ⌊(7 + 2·0 − 1)/3⌋ + 1 = 3",
        "No window reads the last row.",
        "Between the windows lie 4 columns that none reads.",
    ]
    ran = convlens("by-hand", "pool", "1 2 3; 4 5 6; 7 8 9", "--ceil")
    assert out_of(ran).splitlines() == [
        "input 3×3; window 2×2; result 2×2",
        "rows and columns: ⌈(3 + 2·0 − 2)/2⌉ + 1 = 2",
        " 5  6 ",
        " 8  9 ",
    ]


def test_several_kernels_make_several_maps(convlens):
    kernels = ("--kernel", KERNEL, "--kernel", "0 1; 0 0")
    answer = json_of(convlens("by-hand", "conv2d", MATRIX, *kernels, "--bias", "1", "--bias", "-2", "--json"))
    assert answer["shape"] == [2, 2, 2]
    assert answer["result"] == [[[9, 7], [6, 10]], [[0, -2], [-1, 0]]]
    together = json_of(convlens("by-hand", "conv2d", MATRIX, *kernels, "--bias", "1 -2", "--json"))
    assert together == answer
    flipped = json_of(convlens("by-hand", "conv2d", MATRIX, *kernels, "--flip", "--json"))
    assert flipped["result"] == [[[6, 4], [7, 9]], [[3, 1], [0, 2]]]  # 0 0; 1 0 reads the number at the lower left
    out = out_of(convlens("by-hand", "conv2d", MATRIX, *kernels, "--at", "1,0,1"))
    assert "map 1, row 0, column 1" in out
    assert out.startswith("input 3×3; kernels 2×1×2×2; result 2×2×2\n")
    named = out_of(convlens("by-hand", "conv2d", MATRIX, "--kernel", "blur", "--kernel", "edge"))
    assert named.startswith("input 3×3; kernels blur and edge, 2×1×3×3; result 2×1×1\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--kernel", "1", "--kernel", "blur"),
            "--kernel: kernel 1 is 1×3×3 and kernel 0 is 1×1×1 (channels × height × width); give kernels of one size.",
        ),
        (
            ("--kernel", "1", "--kernel", "2", "--bias", "3"),
            "the bias has 1 number and there are 2 kernels; give one for each.",
        ),
        (("--kernel", "1", "--bias", "3 4"), "the bias has 2 numbers and there is 1 kernel; give one for each."),
        (("--kernel", "1", "--bias", "x"), "--bias: 'x' in row 0, column 0 (counted from 0), is not a number."),
    ],
)
def test_kernels_and_biases_that_do_not_fit_together(convlens, arguments, message):
    ran = convlens("by-hand", "conv2d", MATRIX, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_colour_picture_is_taken_apart_into_its_channels(convlens):
    pixels = np.array([[[255, 0, 7], [1, 2, 3]]], np.uint8)  # a row of two pixels
    Image.fromarray(pixels).save("photo.png")
    assert [line.rstrip() for line in out_of(convlens("by-hand", "tensor", "photo.png")).splitlines()] == [
        "photo.png",
        "shape     3×1×2 (channels × height × width)",
        "channels  3 (R, G, B)",
        "height    1",
        "width     2",
        "numbers   6, from 0 to 255",
        "channel R",
        " 255    1",
        "channel G",
        " 0  2",
        "channel B",
        " 7  3",
    ]
    answer = json_of(convlens("by-hand", "tensor", "photo.png", "--json"))
    assert answer["tensor"] == [[[255, 1]], [[0, 2]], [[7, 3]]]
    assert (answer["shape"], answer["numbers"], answer["channel_names"]) == ([3, 1, 2], 6, ["R", "G", "B"])


def test_a_grey_picture_and_numbers_are_tensors_too(convlens):
    Image.fromarray(np.array([[5, 6, 7]], np.uint8)).save("grey.png")
    answer = json_of(convlens("by-hand", "tensor", "grey.png", "--draw", "grey.svg", "--json"))
    assert (answer["tensor"], answer["channels"], answer["drawing"]) == ([[[5, 6, 7]]], 1, "grey.svg")
    assert "channels 1" in Path("grey.svg").read_text(encoding="utf-8")
    out = out_of(convlens("by-hand", "tensor", "1 2; 3 4 | 5 6; 7 8"))
    assert "shape     2×2×2 (channels × height × width)" in out
    assert "channel 1\n 5  6 \n 7  8 \n" in out


def test_a_drawing_goes_into_no_folder_that_is_not_there(convlens):
    for command in (
        ("layers", "lenet"),
        ("by-hand", "tensor", "1 2"),
        ("by-hand", "conv2d", MATRIX, "--kernel", KERNEL),
        ("by-hand", "coverage", "5", "--kernel-size", "3"),
    ):
        ran = convlens(*command, "--draw", "nonexist/deep/out.svg")
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == (
            "error: cannot write nonexist/deep/out.svg: there is no folder nonexist/deep. Make it first, or choose "
            "another folder.\n"
        )
    assert convlens("by-hand", "gallery", "--out", "nonexist/deep").code == 1
    assert list(Path().iterdir()) == []
