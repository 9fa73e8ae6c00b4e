"""Opening image files: what is taken from them, and one line for each thing that can be wrong with a path."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from convlens.errors import ImageError
from convlens.pixels import MAX_FILE_BYTES, read_image, to_grey
from convlens.pixels.decoding import FORMATS

CORNER = np.zeros((20, 40), np.uint8)
CORNER[:4, :8] = 255  # upper left


def encode(image, kind, **options):
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "PPM", "WEBP", "JPEG2000", "PCX", "SGI"])
def test_formats_that_lose_nothing(kind, tmp_path):
    content = encode(Image.fromarray(CORNER), kind, **({"lossless": True} if kind == "WEBP" else {}))
    path = tmp_path / "picture"
    path.write_bytes(content)
    np.testing.assert_array_equal(to_grey(read_image(content))[0], CORNER)
    np.testing.assert_array_equal(to_grey(read_image(path))[0], CORNER)
    np.testing.assert_array_equal(to_grey(read_image(str(path)))[0], CORNER)


def test_formats_that_pillow_knows():
    Image.init()
    assert set(FORMATS) <= set(Image.OPEN)
    assert "EPS" not in FORMATS


def test_pillow_images_and_arrays():
    np.testing.assert_array_equal(np.asarray(read_image(Image.fromarray(CORNER))), CORNER)
    np.testing.assert_array_equal(np.asarray(read_image(CORNER)), CORNER)


def test_the_picture_is_a_copy_without_metadata():
    original = Image.fromarray(CORNER)
    original.info["comment"] = "private"
    read = read_image(original)
    read.putpixel((0, 0), 7)
    assert original.getpixel((0, 0)) == 255
    assert read.info == {"notes": ()}


@pytest.mark.parametrize(
    ("orientation", "corner", "note"),
    [
        (1, "upper left", None),
        (2, "upper right", "mirrored, as its EXIF data says"),
        (3, "lower right", "turned by 180°, as its EXIF data says"),
        (4, "lower left", "mirrored upside down, as its EXIF data says"),
        (5, "upper left", "mirrored and turned by 90°, as its EXIF data says"),
        (6, "upper right", "turned by 90° clockwise, as its EXIF data says"),
        (7, "lower right", "mirrored and turned by 90°, as its EXIF data says"),
        (8, "lower left", "turned by 90° anticlockwise, as its EXIF data says"),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_orientation(kind, orientation, corner, note):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_image(encode(Image.fromarray(CORNER).convert("RGB"), kind, exif=exif))
    grey, notes = to_grey(image)
    light = {
        "upper left": grey[0, 0],
        "upper right": grey[0, -1],
        "lower left": grey[-1, 0],
        "lower right": grey[-1, -1],
    }
    assert max(light, key=lambda name: int(light[name])) == corner
    assert grey.shape == ((40, 20) if orientation >= 5 else (20, 40))
    if kind != "TIFF":  # Pillow itself turns TIFF files
        assert notes == [note] * (note is not None)


def test_an_image_that_was_turned_is_not_turned_again():
    exif = Image.Exif()
    exif[0x0112] = 6
    once = read_image(encode(Image.fromarray(CORNER), "PNG", exif=exif))
    np.testing.assert_array_equal(np.asarray(read_image(once)), np.asarray(once))
    assert read_image(once).info["notes"] == once.info["notes"]


def test_broken_exif_turns_nothing():
    content = encode(Image.fromarray(CORNER), "PNG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    np.testing.assert_array_equal(np.asarray(read_image(content)), CORNER)


def test_the_first_of_several_frames():
    frames = [Image.new("L", (4, 4), level) for level in (10, 200)]
    image = read_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    grey, notes = to_grey(image)
    assert grey[0, 0] == 10
    assert notes == ["the first of several frames"]


def test_paths_that_are_no_image_files(tmp_path):
    with pytest.raises(ImageError, match=r"gone\.png does not exist: check the path"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(ImageError, match="is a folder: give an image file in it"):
        read_image(tmp_path)
    with pytest.raises(ImageError, match="is a folder"):
        read_image("")
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageError, match=r"empty\.png is empty \(0 bytes\): save the image again"):
        read_image(tmp_path / "empty.png")
    with pytest.raises(ImageError, match=r"cannot be opened .*: check the path"):
        read_image("a\0b")
    with pytest.raises(ImageError, match=r"cannot be opened .*: check the path"):
        read_image("x" * 5000)
    with pytest.raises(ImageError, match="an image cannot be read from a int: give a path, bytes or an array"):
        read_image(3)  # pyright: ignore[reportArgumentType]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of POSIX")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="pipe is a device or a pipe: give an image file"):
        read_image(tmp_path / "pipe")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "secret.png").chmod(0)
    with pytest.raises(ImageError, match=r"secret\.png cannot be read: check its permissions"):
        read_image(tmp_path / "secret.png")


def test_a_file_that_is_far_too_long(tmp_path):
    with (tmp_path / "long.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(ImageError, match="has 268,435,457 bytes, more than the 268,435,456 allowed: save it smaller"):
        read_image(tmp_path / "long.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7", "is a PDF document, not an image: PNG, JPEG.* save it as PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "is a PostScript document"),
        (b"PK\x03\x04", "is a zip archive"),
        (b"  <svg xmlns", "is an SVG drawing"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b"\0\0\0\x18ftypheic\0\0", "is a HEIC photo, as phones save them: .*; save it as JPEG"),
        (b"hello", "the image of 5 bytes is not an image: PNG, JPEG, WebP, GIF, BMP and TIFF files can be read"),
    ],
)
def test_files_of_another_kind_are_named(content, message):
    with pytest.raises(ImageError, match=message):
        read_image(content)


def test_messages_are_one_printable_line(tmp_path):
    path = tmp_path / "a\nb\x1b[31m.png"
    path.write_bytes(b"no image")
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert str(caught.value).isprintable()
    assert r"a\nb\x1b[31m.png is not an image" in str(caught.value)


def test_reading_the_package_imports_no_pillow():
    program = "import sys, convlens.pixels, convlens.preprocessing, convlens.metrics, convlens.charts; "
    program += "print([name for name in ('PIL', 'matplotlib', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
