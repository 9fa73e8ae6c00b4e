"""`convlens by-hand`: every operation on numbers, files, images and dataset images; steps, tables, JSON, drawings; and
mistakes in one line that names the place.
"""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.by_hand import trace_conv2d
from convlens.cli.by_hand import operands
from convlens.cli.by_hand.grids import beside, grid, picture
from convlens.cli.by_hand.operands import read_operand
from convlens.cli.by_hand.position_tables import position_table
from convlens.cli.by_hand.typed_numbers import MOST_CHARACTERS, read_numbers
from convlens.errors import DataError, ImageError, UsageError
from convlens.network import Network
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import TrainedModel

MATRIX, KERNEL = "1 2 0; 3 1 2; 0 2 4", "1 0; 2 1"
RESULT = [[8.0, 6.0], [5.0, 9.0]]


def test_an_image_with_more_pixels_than_fit_as_numbers_is_refused(convlens, tmp_path):
    Image.new("L", (4000, 4001)).save(tmp_path / "large.png")
    ran = convlens("by-hand", "conv2d", tmp_path / "large.png", "--kernel", "1")
    assert ran.code == DataError.exit_code
    assert ran.err.strip().endswith(
        "large.png is 4,000×4,001, which is 16,004,000 pixels; operations by hand take 16,000,000: make it smaller."
    )


def test_an_image_of_just_as_many_pixels_is_taken(tmp_path, monkeypatch):
    Image.new("RGB", (4, 3), (1, 2, 3)).save(tmp_path / "a.png")
    monkeypatch.setattr(operands, "MOST_PIXELS", 12)
    assert read_operand("--image", str(tmp_path / "a.png"), None).values.shape == (3, 3, 4)
    monkeypatch.setattr(operands, "MOST_PIXELS", 11)
    with pytest.raises(ImageError, match="4×3, which is 12 pixels; operations by hand take 11"):
        read_operand("--image", str(tmp_path / "a.png"), None)


def out_of(ran) -> str:
    assert ran.code == 0, ran.err
    return ran.out


def json_of(ran) -> dict:
    return json.loads(out_of(ran))


def test_two_vectors_are_multiplied_and_added(convlens):
    out = out_of(convlens("by-hand", "correlate", "1 2 3", "4 5 6"))
    assert out.split() == ["32", "1·4", "+", "2·5", "+", "3·6", "=", "32"]
    assert "1·6 + 2·5 + 3·4 = 28" in out_of(convlens("by-hand", "convolve", "--a", "1,2,3", "--b", "4,5,6"))


def test_numbers_may_begin_with_a_minus_sign(convlens):
    assert "(−1)·4 + 2·5 = 6" in out_of(convlens("by-hand", "correlate", "--a", "-1 2", "--b", "4 5"))
    assert "(−1)·4 + 2·5 = 6" in out_of(convlens("by-hand", "correlate", "−1 2", "4 5"))


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (("full", "3 1 2", "2 4 1"), [6, 14, 11, 9, 2]),
        (("convolve", "3 1 2", "2 4 1", "--mode", "same"), [14, 11, 9]),
        (("convolve", "3 1 2", "2 4 1", "--mode", "valid"), [11]),
        (("correlate", "3 1 2", "2 4 1", "--mode", "full"), [3, 13, 12, 10, 4]),
        (("conv2d", MATRIX, "--kernel", KERNEL), RESULT),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--flip"), [[6, 4], [7, 9]]),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--bias", "-8", "--activation", "relu"), [[0, 0], [0, 1]]),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--stride", "2x1", "--padding", "1x0"), [[4, 4], [5, 9]]),
        (("conv2d", f"{MATRIX} | {MATRIX}", "--kernel", f"{KERNEL} | 0 0; 0 1"), [[9, 8], [7, 13]]),
        (("pool", "1 3 2 1; 4 8 0 1; 2 2 5 7; 0 4 6 2"), [[8, 2], [4, 7]]),
        (("pool", "1 3 2 1; 4 8 0 1; 2 2 5 7; 0 4 6 2", "--kind", "average"), [[4, 1], [2, 5]]),
        (("pool", "1 2 3", "--kernel-size", "1x2", "--ceil"), [[2, 3]]),
        (("gradient", MATRIX, "--output-gradient", "1 0; 0 10", "--kernel-size", "2"), 11),
    ],
)
def test_results_as_json(convlens, arguments, result):
    assert json_of(convlens("by-hand", *arguments, "--json"))["result"] == result


def test_steps_show_the_window_the_products_and_the_sum(convlens):
    out = out_of(convlens("by-hand", "conv2d", MATRIX, "--kernel", KERNEL, "--steps"))
    assert out.count("=") == 8 + 1  # and one in the formula of the size
    assert "row 0, column 1" in out
    assert " 1 [2][0] " in out
    assert "3·1 + 1·0 + 0·2 + 2·1 = 5" in out


def test_one_window_position_can_be_asked_for(convlens):
    out = out_of(convlens("by-hand", "conv2d", MATRIX, "--kernel", KERNEL, "--at", "1,1"))
    assert "row 1, column 1" in out
    assert "row 0" not in out
    window = json_of(convlens("by-hand", "pool", "1 3; 4 8", "--at", "0,0", "--json"))["positions"]
    assert window[0]["winner"] == [1, 1]


def test_a_table_has_a_line_for_every_window_position(convlens):
    lines = out_of(convlens("by-hand", "full", "3 1 2", "2 4 1", "--table")).splitlines()
    assert lines[0] == "B rotated by 180°: 1 4 2"
    assert [line.split()[-1] for line in lines[2:]] == ["6", "14", "11", "9", "2"]


def test_a_table_has_the_biases_of_all_kernels_where_the_first_has_none():
    trace = trace_conv2d([[[2]]], [[[[3]]], [[[5]]]], bias=[0, -4])
    table = position_table(trace, [0, 1])
    assert dict(zip(table.columns, map(list, zip(*table.rows, strict=True)), strict=True)) == {
        "position": ["0,0,0", "1,0,0"],
        "covered": ["2", "2"],
        "kernel": ["3", "5"],
        "products": ["6", "10"],
        "sum": ["6", "10"],
        "bias": ["0", "−4"],
        "sum with bias": ["6", "6"],
    }


def test_json_of_all_steps_has_every_window_position(convlens):
    answer = json_of(convlens("by-hand", "conv2d", MATRIX, "--kernel", KERNEL, "--steps", "--json"))
    assert [window["total"] for window in answer["positions"]] == [8, 6, 5, 9]
    assert answer["placements"] == answer["positions"]


def test_files_of_numbers_and_images_are_read(convlens, tmp_path):
    (tmp_path / "matrix.csv").write_text("1,2,0\n3,1,2\n0,2,4\n", encoding="utf-8")
    Image.fromarray(np.array([[0, 100], [200, 255]], np.uint8)).save(tmp_path / "small.png")
    Image.new("RGB", (2, 2), (10, 20, 30)).save(tmp_path / "colour.png")
    assert (
        json_of(convlens("by-hand", "conv2d", tmp_path / "matrix.csv", "--kernel", KERNEL, "--json"))["result"]
        == RESULT
    )
    small = json_of(convlens("by-hand", "conv2d", tmp_path / "small.png", "--kernel", "1 1; 1 1", "--json"))
    assert small["result"] == [[555]]
    colour = json_of(convlens("by-hand", "conv2d", tmp_path / "colour.png", "--kernel", "1", "--colour", "--json"))
    assert colour["result"] == [[60, 60], [60, 60]]


def test_numbers_come_from_stdin_too(convlens, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1 2\n3 4\n"))
    assert json_of(convlens("by-hand", "pool", "-", "--json"))["result"] == [[4]]


def test_an_image_of_a_dataset_and_a_named_kernel(convlens, tiny):
    answer = json_of(convlens("by-hand", "conv2d", "tiny:3", "--kernel", "sobel-x", "--padding", "1", "--json"))
    assert answer["shape"] == [8, 8]
    out = out_of(convlens("by-hand", "conv2d", "tiny:train:3", "--kernel", "blur"))
    assert out.startswith("train image 3 of tiny, a ")


@pytest.mark.parametrize("suffix", ["svg", "png", "gif"])
def test_drawings_are_written(convlens, suffix):
    for number, arguments in enumerate(
        [
            ("conv2d", MATRIX, "--kernel", KERNEL),
            ("pool", "1 3; 4 8"),
            ("full", "3 1 2", "2 4 1"),
            ("convolve", "3 1 2", "2 4 1"),
            ("coverage", "5", "--kernel-size", "3"),
        ]
    ):
        name = f"{number}.{suffix}"
        assert f"Drawing: {name}" in out_of(convlens("by-hand", *arguments, "--draw", name))
        assert Path(name).read_bytes()[:6] in (b"<?xml ", b"\x89PNG\r\n", b"GIF89a")


def test_sizes_and_what_the_floor_drops(convlens):
    assert out_of(convlens("by-hand", "output-size", "7", "--kernel-size", "2", "--stride", "2")).splitlines() == [
        "⌊(7 + 2·0 − 2)/2⌋ + 1 = 3",
        "The floor drops 1 of 7 at the end: no window position reads it.",
    ]
    answer = json_of(convlens("by-hand", "output-size", "28", "--kernel-size", "3", "--padding", "1", "--json"))
    assert (answer["output_size"], answer["dropped"]) == (28, 0)


def test_coverage_counts_window_positions(convlens):
    answer = json_of(convlens("by-hand", "coverage", "4", "--kernel-size", "3", "--json"))
    assert answer["coverage"] == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]


def test_a_whole_network_by_hand_says_what_the_engine_says(convlens, trained_run):
    answer = json_of(convlens("by-hand", "network", trained_run, "tiny:5", "--json"))
    assert answer["largest_difference_to_engine"] < 1e-4
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert [layer["text"] for layer in answer["layers"]] == [
        "conv 4 3x3 pad 1",
        "relu",
        "maxpool 2",
        "flatten",
        "dense 10",
    ]
    out = out_of(convlens("by-hand", "network", trained_run, "tiny:5"))
    assert "4×8×8" in out
    assert "Largest difference" in out
    assert len(out_of(convlens("by-hand", "network", trained_run, "tiny:5", "--layer", "-1")).splitlines()) == 8


def test_the_gallery_goes_into_a_folder(convlens):
    assert len(json_of(convlens("by-hand", "gallery", "--out", "pictures", "--json"))["files"]) == 38


def test_layers_draws_its_network(convlens):
    assert "Drawing: net.svg" in out_of(convlens("layers", "lenet", "--draw", "net.svg"))
    assert convlens("layers", "lenet", "--draw", "net.txt").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("correlate", "1 x 3", "1 2 3"), 2, "--a: 'x' in row 0, column 1 (counted from 0), is not a number."),
        (("correlate", "1 nan 3", "1 2 3"), 2, "--a: 'nan' in row 0, column 1 (counted from 0), is not a number."),
        (("correlate", "1 2 3", "1 2"), 2, "a has 3 numbers and b has 2"),
        (("correlate", "", "1 2"), 2, "--a contains no number."),
        (("conv2d", "1 2; 3", "--kernel", "1"), 2, "--a: row 1 has 1 number, row 0 has 2 numbers"),
        (("conv2d", "1 2 | 3", "--kernel", "1"), 2, "--a: channel 1 is 1×1 and channel 0 is 1×2"),
        (
            ("conv2d", "1 2; 3 4", "--kernel", "blur"),
            2,
            "the kernel reaches over 3 and the padded input is only 2 high",
        ),
        (("conv2d", MATRIX, "--kernel", "blru"), 2, "Did you mean 'blur'?"),
        (
            ("conv2d", MATRIX, "--kernel", KERNEL, "--stride", "0"),
            2,
            "--stride is '0'; give a whole number of at least 1",
        ),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--padding", "-1"), 2, "--padding"),
        (("conv2d", f"{MATRIX}|{MATRIX}", "--kernel", "1|1|1"), 2, "the image has 2 channels and the kernels have 3"),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--activation", "rely"), 2, "--activation 'rely' is not known"),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--at", "2,0"), 2, "position [2, 0] is not in the result (2×2)"),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--at", "up"), 2, "--at is 'up'; give a position in the result"),
        (("conv2d", MATRIX, "--kernel", KERNEL, "--draw", "a.jpeg"), 2, "give a name that ends in .svg, .png, .gif"),
        (
            ("conv2d", "no/such.png", "--kernel", "blur"),
            3,
            "--a: 'no/such.png' is neither an existing file nor numbers",
        ),
        (("pool", "1 2; 3 4", "--kind", "median"), 2, "--kind is 'median'; give max or average."),
        (("output-size", "2", "--kernel-size", "5"), 2, "the kernel does not fit"),
        (("correlate", "1 2", "1 2", "--mode", "half"), 2, "--mode is 'half'; give dot, full, same, valid."),
        (("gradient", MATRIX, "--output-gradient", "1 0; 0 1", "--weight", "x"), 2, "--weight is 'x'"),
        (("conv2d", "mnits:7", "--kernel", "blur"), 2, "unknown dataset 'mnits'"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(convlens, arguments, code, message):
    ran = convlens("by-hand", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_an_image_that_is_not_there_says_how_many_there_are(convlens, tiny):
    ran = convlens("by-hand", "conv2d", "tiny:99999", "--kernel", "blur")
    assert ran.code == 2
    assert "tiny has" in ran.err


def test_a_mistake_leaves_no_drawing(convlens, tmp_path):
    assert convlens("by-hand", "conv2d", "1 2; 3", "--kernel", "1", "--draw", "a.svg").code == 2
    assert list((tmp_path / "working-folder").iterdir()) == []


def test_forty_megabytes_pasted_by_mistake_are_refused(monkeypatch, tmp_path):
    with pytest.raises(UsageError, match=r"--a has more than 10,000,000 characters"):
        read_numbers("--a", "1 " * MOST_CHARACTERS)
    monkeypatch.setattr("sys.stdin", io.StringIO("1 " * 20_000_000))
    with pytest.raises(UsageError, match=r"--a \(stdin\) has more than"):
        read_operand("--a", "-")
    large = tmp_path / "large.csv"
    large.write_bytes(b"1 " * 20_000_000)
    with pytest.raises(DataError, match=r"large\.csv has 40,000,000 bytes"):
        read_operand("--a", str(large))


def test_grids_can_be_told_without_colours():
    lines = grid(np.array([[1.0, -2.0], [np.nan, 40.0]]), marked={(0, 1)})
    assert [line.plain for line in lines] == ["  1 [−2]", "  ·  40 "]
    assert beside(lines, "=", grid(np.array([[3.0]]))).plain.splitlines()[0].rstrip() == "  1 [−2]  =   3"


def test_a_large_matrix_is_a_picture_of_half_as_many_lines():
    assert len(picture(np.arange(50.0).reshape(5, 10)).plain.splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "matrix"),
    [
        ("1;2;3\n4;5;6\n", [[1, 2, 3], [4, 5, 6]]),
        ("1,5;2,5\n3,25;4\n", [[1.5, 2.5], [3.25, 4]]),
        ("\ufeff1\t2\n\n3\t4\n", [[1, 2], [3, 4]]),
        ("# a comment\n1 2\n3 4\n", [[1, 2], [3, 4]]),
        ('"1","2"\n"3","4"\n', [[1, 2], [3, 4]]),
    ],
)
def test_tables_of_all_countries_are_read(tmp_path, content, matrix):
    (tmp_path / "table.csv").write_text(content, encoding="utf-8")
    assert read_operand("--a", str(tmp_path / "table.csv")).values.tolist() == matrix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,,3\n4,5,6\n", r"a number is missing in row 0, column 1 \(counted from 0\);"),
        ("a,b\n1,2\n", r"row 0 looks like a header \(a, b\); remove it"),
        ("1,2\n3\n", "row 1 has 1 number, row 0 has 2 numbers"),
        ("1,2\n3,x\n", r"'x' in row 1, column 1 \(counted from 0\), is not a number"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_place(tmp_path, content, message):
    (tmp_path / "table.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_operand("--a", str(tmp_path / "table.csv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,5 2,5", "'1,5' in row 0 can be one number or two"),
        ("1,,2", r"a number is missing in row 0, column 1 \(counted from 0\);"),
        ("1_000", r"'1_000' in row 0, column 0 \(counted from 0\), is not a number"),
        ("1e400", "is too large for a floating-point number"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        read_numbers("--a", text)


def test_a_vector_may_stand_in_a_column_and_in_brackets(convlens, tmp_path):
    (tmp_path / "column.csv").write_text("1\n2\n3\n", encoding="utf-8")
    out = out_of(convlens("by-hand", "correlate", tmp_path / "column.csv", "[4, 5, 6]"))
    assert "1·4 + 2·5 + 3·6 = 32" in out


def test_many_numbers_typed_in_are_no_file_name(convlens):
    matrix = ";".join([" ".join(["1.25"] * 12)] * 12)
    assert json_of(convlens("by-hand", "conv2d", matrix, "--kernel", "blur", "--json"))["shape"] == [10, 10]


def test_a_table_has_the_bias_and_the_activation(convlens):
    out = out_of(
        convlens("by-hand", "conv2d", "1 2", "--kernel", "3", "--bias", "-4", "--activation", "relu", "--table")
    )
    assert [line.split()[-4:] for line in out.splitlines()[-2:]] == [["3", "−4", "−1", "0"], ["6", "−4", "2", "2"]]


def test_what_is_rounded_is_not_called_equal(convlens):
    assert "≈" in out_of(convlens("by-hand", "correlate", "1 2", "0.33333333 0.1"))
    assert "≈" not in out_of(convlens("by-hand", "correlate", "1 2", "0.3333 0.25", "--steps"))


def test_numbers_that_would_run_over_are_refused(convlens):
    ran = convlens("by-hand", "correlate", "1e308 1e308", "10 10", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "give numbers of at most 1e+140" in ran.err


def test_a_mistyped_place_is_found_at_once(convlens):
    ran = convlens("by-hand", "conv2d", MATRIX, "--kernel", KERNEL, "--at", "1" * 40 + "!")
    assert (ran.code, ran.out) == (2, "")


def test_data_at_the_edge_is_not_taken_for_padding(convlens):
    out = out_of(convlens("by-hand", "pool", "1 2 3; 4 5 6; 7 8 9", "--padding", "1", "--at", "0,0"))
    assert "the largest of 1 is 1, in row and column 0, 0 of the input, counted from 0" in out
    average = out_of(convlens("by-hand", "pool", "1 2; 3 4", "--kind", "avg", "--padding", "1", "--at", "0,0"))
    assert "(1 + 0 + 0 + 0) / 4 = 0.25" in average


def test_a_gradient_of_several_maps_asks_whose_weight(convlens):
    maps = ("--output-gradient", "1 -1; 0 10 | 1 1; 1 1", "--kernel-size", "2")
    assert "give the kernel, too" in convlens("by-hand", "gradient", MATRIX, *maps).err
    assert json_of(convlens("by-hand", "gradient", MATRIX, *maps, "--weight", "1,0,0,0", "--json"))["result"] == 7


def test_the_sums_behind_a_layer_of_a_model_can_be_seen(convlens, trained_run):
    for layer, place in (("0", "1,2,3"), ("2", "1,2,3"), ("4", "7")):
        answer = json_of(
            convlens("by-hand", "network", trained_run, "tiny:5", "--layer", layer, "--at", place, "--json")
        )
        position = tuple(int(number) for number in place.split(","))
        assert answer["positions"][0]["result"] == pytest.approx(np.array(answer["result"])[position])
    refused = convlens("by-hand", "network", trained_run, "tiny:5", "--layer", "1", "--at", "0,0,0")
    assert "relu works on one number at a time" in refused.err
    assert "say which with --layer" in convlens("by-hand", "network", trained_run, "tiny:5", "--steps").err
    assert json_of(convlens("by-hand", "network", trained_run, "tiny:5", "--layer", "-1", "--json"))["layers"]


@pytest.fixture
def residual_model(tmp_path):
    """Body 2x, shortcut x + 1; a white pixel is 16."""
    network = Network("residual(conv 1 1x1, shortcut conv 1 1x1), concat(; relu), dense")
    weights = {
        "0.body.0.weight": 2, "0.body.0.bias": 0, "0.shortcut.0.weight": 1, "0.shortcut.0.bias": 1,
        "3.weight": [[1] * 8, [0] * 8], "3.bias": [0, 0],
    }  # fmt: skip
    shapes = network.parameter_shapes((1, 2, 2), 2)
    arrays = {name: np.array(values, np.float32).reshape(shapes[name]) for name, values in weights.items()}
    preprocessing = Preprocessing((1, 2, 2), "letterbox", True, Normalisation((0.0,), (1 / 16,)))
    path = TrainedModel(network, arrays, preprocessing, ("a", "b")).save(tmp_path / "model.safetensors")
    Image.fromarray(np.array([[0, 0], [255, 0]], np.uint8)).save(tmp_path / "image.png")
    return str(path), str(tmp_path / "image.png")


def test_an_addition_shows_its_two_terms_and_where_they_come_from(convlens, residual_model):
    ran = convlens("by-hand", "network", *residual_model, "--layer", "2", "--at", "0,1,0")
    assert "layer 2, add" in ran.out
    assert "32 (layer 0) + 17 (layer 1) = 49" in ran.out
    (answer,) = convlens("by-hand", "network", *residual_model, "--layer", "2", "--at", "0,1,0", "--json").lines
    assert answer["result"] == [[[1, 1], [49, 1]]]
    assert answer["positions"] == [
        {
            "position": [0, 1, 0],
            "terms": [
                {"layer": 0, "position": [0, 1, 0], "value": 32},
                {"layer": 1, "position": [0, 1, 0], "value": 17},
            ],
            "result": 49,
        }
    ]
    table = convlens("by-hand", "network", *residual_model, "--layer", "2", "--table").out
    assert "0,0,0     0 (layer 0) + 1 (layer 1) = 1" in table


def test_a_concatenation_shows_where_a_number_was_taken_from(convlens, residual_model):
    ran = convlens("by-hand", "network", *residual_model, "--layer", "4", "--at", "1,1,0")
    assert "49, from map 0 of layer 3" in ran.out
    ran = convlens("by-hand", "network", *residual_model, "--layer", "4", "--at", "1,1,0", "--draw", "sum.svg")
    assert ran.code == 2
    assert "layer 4, concat, has no window to draw" in ran.err


def test_the_table_of_a_network_is_moved_in_and_its_json_says_the_inputs(convlens, residual_model):
    ran = convlens("by-hand", "network", *residual_model)
    assert [line.split("  ")[0] for line in ran.out.splitlines()[2:5]] == ["0", "1", "2"]
    assert "  body: conv 1 1x1" in ran.out
    assert "  shortcut: conv 1 1x1" in ran.out
    (answer,) = convlens("by-hand", "network", *residual_model, "--json").lines
    assert [layer["inputs"] for layer in answer["layers"]] == [[-1], [-1], [0, 1], [2], [2, 3], [4], [5]]
    assert answer["layers"][6]["output"] == [2 * (1 + 1 + 49 + 1), 0]
    assert answer["largest_difference_to_engine"] < 1e-3


def test_the_logits_stand_beside_the_engines(convlens, residual_model):
    lines = [line.rstrip() for line in convlens("by-hand", "network", *residual_model).out.splitlines()]
    assert lines[1].split() == ["input", "1×2×2", "0", "16"]
    assert [line.split() for line in lines[-4:-1]] == [
        ["class", "by", "hand", "engine", "probability"],
        ["a", "104.0000", "104.0000", "100.00", "%"],  # 2 · (1 + 1 + 49 + 1)
        ["b", "0.0000", "0.0000", "0.00", "%"],
    ]
    assert lines[-1].startswith("Largest difference between the logits by hand and the engine's: ")
    for layer in ("7", "-2"):
        refused = convlens("by-hand", "network", *residual_model, "--layer", layer)
        said = f"--layer is {layer}; this network has layers 0 to 6, and -1 is the input."
        assert (refused.code, refused.err) == (2, f"error: {said}\n")
    assert out_of(convlens("by-hand", "network", *residual_model, "--layer", "6")).split() == ["104", "0"]
    (answer,) = convlens("by-hand", "network", *residual_model, "--layer", "-1", "--json").lines
    assert answer == {"layers": [{"layer": -1, "text": "input", "output": [[[0, 0], [16, 0]]]}]}


@pytest.mark.parametrize(("weight", "result"), [("1,1", 1 * 2 + 4 * 3), ("0,1 1", 14), ("0x0x1x1", 14)])
def test_the_weight_of_a_gradient_is_named_by_its_place(convlens, weight, result):
    # The weight in row 1, column 1 meets 1 with a gradient of 2, and 4 with one of 3.
    arguments = ("gradient", MATRIX, "--output-gradient", "2 0; 0 3", "--kernel-size", "2", "--weight", weight)
    assert json_of(convlens("by-hand", *arguments, "--json"))["result"] == result
    for wrong in ("1", "1,1,1,1,1", "1;1"):
        refused = convlens("by-hand", *arguments[:-1], wrong)
        assert f"--weight is {wrong!r}; give row and column such as 0,0" in refused.err


def test_what_has_no_drawing_says_so(convlens):
    ran = convlens(
        "by-hand", "gradient", MATRIX, "--output-gradient", "1 0; 0 1", "--kernel-size", "2", "--draw", "a.svg"
    )
    assert (ran.code, ran.out) == (2, "")
    assert "a gradient cannot be drawn" in ran.err
