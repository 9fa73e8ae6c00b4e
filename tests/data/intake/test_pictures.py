"""Pictures of any kind and size to one array."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from convlens.data import ImportOptions, import_images
from convlens.data.custom.shape import evenly_chosen
from convlens.data.intake.pictures import check_options, read_images
from convlens.errors import DataError, ImageError
from convlens.pixels import encode_png

RANDOM = np.random.default_rng(0)


def grey(height: int, width: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (height, width), np.uint8)


def test_pictures_of_one_size_stay_as_they_are():
    arrays = [grey(8, 9) for _ in range(4)]
    pixels, notes = read_images([Image.fromarray(one) for one in arrays])
    np.testing.assert_array_equal(pixels[:, 0], np.stack(arrays))
    assert notes == ()


def test_pictures_of_different_sizes_are_made_as_those_of_a_folder(tmp_path):
    pictures = {name: [grey(20 + place, 30 - place) for place in range(4)] for name in ("ant", "bee")}
    for name, arrays in pictures.items():
        (tmp_path / name).mkdir()
        for place, one in enumerate(arrays):
            (tmp_path / name / f"{place}.png").write_bytes(encode_png(one))
    options = ImportOptions(test_share=0, validation_share=0)
    folder = import_images(tmp_path, options).dataset().train
    arrays = pictures["ant"] + pictures["bee"]
    paths = [tmp_path / name / f"{place}.png" for name in ("ant", "bee") for place in range(4)]
    as_hugging_face = [{"bytes": encode_png(one), "path": None} for one in arrays]
    for given in (
        arrays,
        [one / 255 for one in arrays],
        [Image.fromarray(one) for one in arrays],
        paths,
        [str(path) for path in paths],
        np.array([str(path) for path in paths]),
        [path.read_bytes() for path in paths],
        as_hugging_face,
        [{"bytes": None, "path": str(path)} for path in paths],
    ):
        pixels, notes = read_images(given, 8)
        np.testing.assert_array_equal(pixels, folder.images)
        assert (
            notes[0]
            == "input 28×28: the longest side is at most 29 pixels in three quarters of 8 sampled images (27 to 30)"
        )


def test_a_letterboxed_pixel_by_hand():
    wide = np.zeros((10, 20), np.uint8)
    wide[:, 10:] = 200  # dark on the left, light on the right; half of the border is dark, so dark bars lie around it
    pixels, _ = read_images([wide, grey(20, 20)], options=ImportOptions(size=20, channels=1))
    assert pixels.shape == (2, 1, 20, 20)
    assert pixels[0, 0, 4].tolist() == [pixels[0, 0, 0, 0]] * 20
    assert pixels[0, 0, 5].tolist() == [0] * 10 + [200] * 10
    assert pixels[0, 0, 14].tolist() == [0] * 10 + [200] * 10


def test_options_size_arrays_too():
    batch = np.full((3, 8, 8), 9, np.uint8)
    pixels, notes = read_images(batch, 3, options=ImportOptions(size=16, channels=3))
    assert pixels.shape == (3, 3, 16, 16)
    assert (pixels == 9).all()
    assert notes == ("input 16×16, as asked for", "3 channels: as asked for")
    colour = np.zeros((2, 8, 8, 3), np.uint8)
    colour[..., 0] = 255
    assert read_images(colour, options=ImportOptions(size=16, channels=1))[0].max() == 76  # 0.299 · 255


def black(_: object) -> np.ndarray:
    return np.zeros((1, 8, 12), np.uint8)


def sevens(_: object) -> np.ndarray:
    return np.full((1, 8, 12), 7, np.uint8)


def test_a_known_shape_is_what_pictures_get():
    red = Image.new("RGB", (30, 20), (255, 0, 0))
    pixels, _ = read_images([red, red], shape=(1, 8, 12))
    assert pixels.shape == (2, 1, 8, 12)
    assert (pixels == 76).all()
    same, _ = read_images([Image.fromarray(grey(8, 12))], shape=(1, 8, 12), fit=black)
    assert same.any()  # has the shape already, and isn't fitted
    fitted, _ = read_images([red], shape=(1, 8, 12), fit=sevens)
    assert (fitted == 7).all()


def test_the_range_is_that_of_all_images():
    dark, bright = np.full((8, 8), 0.0), np.full((9, 9), 255.0)
    dark[0, 0] = 1.0  # of 255
    pixels, _ = read_images([dark, bright], options=ImportOptions(size=16, channels=1))
    assert pixels[0].max() <= 1
    assert pixels[1].min() == 255
    with pytest.raises(DataError, match="If 16 is white, give X / 16"):
        read_images([dark, bright / 255 * 16])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], "X has the shape (2,). Give N×H×W, N×H×W×C or N×C×H×W, with C = 1 or 3."),
        ([1.0, 2.0], "X has the shape (2,). Give N×H×W, N×H×W×C or N×C×H×W, with C = 1 or 3."),
        (
            [[[1, 2], [3, 4]], [[5, 6]]],
            "X is a list whose items have different lengths or are not numbers. Give images of",
        ),
    ],
)
def test_lists_of_numbers_are_read_as_one_array(given, message):
    with pytest.raises(DataError) as caught:
        read_images(given)
    assert str(caught.value).startswith(message)


def test_of_many_pictures_two_thousand_are_looked_at():
    assert len(evenly_chosen(2000)) == 2000
    chosen = evenly_chosen(4001)  # every second one
    assert (len(chosen), chosen[:3].tolist(), chosen[-1]) == (2000, [0, 2, 4], 3998)


def test_channels_of_arrays_of_different_sizes():
    first = [np.zeros((3, 20, 30), np.uint8), np.zeros((3, 16, 16), np.uint8)]
    for array in first:
        array[0] = 255
    pixels, _ = read_images(first, options=ImportOptions(size=16))
    assert pixels[:, :, 8, 8].tolist() == [[255, 0, 0]] * 2
    last = [array.transpose(1, 2, 0) for array in first]
    np.testing.assert_array_equal(read_images(last, options=ImportOptions(size=16))[0], pixels)
    with pytest.raises(DataError, match=r"may all be H×W×C or C×H×W: X\[0\] is \(3, 20, 3\). Give Pillow images"):
        read_images([np.zeros((3, 20, 3), np.uint8), np.zeros((3, 16, 3), np.uint8)])
    with pytest.raises(DataError, match=r"not all of which are H×W, H×W×C or C×H×W.*X\[0\] is \(5, 20, 5\)"):
        read_images([np.zeros((5, 20, 5), np.uint8), np.zeros((3, 16, 3), np.uint8)])


def test_columns_of_frames():
    arrays = [grey(8, 9) for _ in range(4)]
    pixels, _ = read_images(pd.Series(arrays).to_numpy())
    np.testing.assert_array_equal(pixels[:, 0], np.stack(arrays))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([b"no image", b"no image"], r"X\[0\]: the image of 8 bytes is not an image"),
        (["no/such.png"], r"X\[0\]: no/such.png does not exist"),
        ([encode_png(np.zeros((8, 8), np.uint8)), b""], r"X\[1\]: the image of 0 bytes is empty"),
        ([{"bytes": None, "path": None}], r"X\[0\] is of the type NoneType"),
    ],
)
def test_pictures_that_cannot_be_read_are_named(given, message):
    with pytest.raises(DataError, match=message):
        read_images(given)
    with pytest.raises(DataError, match=message):
        read_images(given, shape=(1, 8, 8))


def test_the_kind_of_an_error_stays():
    file = io.BytesIO()
    Image.fromarray(grey(50, 50)).save(file, "PNG")
    with pytest.raises(ImageError) as caught:
        read_images([file.getvalue()[:-300]])
    assert caught.value.problem == "truncated"


def test_as_many_pictures_as_labels():
    with pytest.raises(DataError, match="X has 2 images, but there are 3 labels"):
        read_images([b"a", b"b"], 3)


@pytest.mark.parametrize("change", [{"test_share": 0.2}, {"validation_share": 0.0}, {"group_by": "{stem}"}])
def test_options_that_divide_are_refused(change):
    check_options(ImportOptions(size=32, channels=1))
    with pytest.raises(DataError, match=f"{next(iter(change))}=.* only applies to images at .*Give validation=0.1"):
        check_options(ImportOptions(**change))
