"""The file that prepares pictures: pixel for pixel what `prepare` gives, for every rule and every kind of image."""

import ast
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.exports.preparation.fitted import FITTED, MNIST, contents_for, run_companion

from convlens.exports.preparation.companion import companion_name, write_companion
from convlens.exports.preparation.proof_pictures import make_proof_pictures
from convlens.preprocessing import RULES, Preprocessing, prepare

BLOCK = "import sys; sys.modules['convlens'] = sys.modules['msgspec'] = None; import runpy; sys.argv = sys.argv[1:]; "


@pytest.mark.parametrize("stem", ["a²", "½", "café", "cafe\u0301", "ﬁsh", "7 segments", "数字", "class", "a.b", "_"])
def test_python_can_import_the_file_whatever_the_model_is_called(stem):
    """Python normalises the names in a program, but not those of files."""
    name = companion_name(Path(f"{stem}.onnx")).removesuffix(".py")
    assert ast.parse(f"import {name}").body[0].names[0].name == name  # pyright: ignore[reportAttributeAccessIssue]


def test_every_rule_is_tested():
    assert {one.rules for one in FITTED.values()} == set(RULES)
    assert {one.light_on_dark for one in FITTED.values() if one.rules == "glyph"} == {True, False, None}


def same(found, expected):
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    assert found.pixels.dtype == np.uint8
    assert (found.notes, found.unlike) == (expected.notes, expected.unlike)
    for step, other in zip(found.steps, expected.steps, strict=True):
        assert (step.name, step.note, step.size) == (other.name, other.note, other.size)
        np.testing.assert_array_equal(step.pixels, other.pixels)


@pytest.mark.parametrize("name", FITTED)
def test_pictures_are_prepared_as_by_convlens(tmp_path, name):
    preprocessing = FITTED[name]
    prepare_picture = run_companion(tmp_path, preprocessing)["prepare_picture"]
    pictures = list(make_proof_pictures(MNIST[:9, None]).values())
    for source in pictures[list(FITTED).index(name) % 2 :: 2]:  # two neighbours together have all of them
        same(prepare_picture(source), prepare(preprocessing, source))


def test_a_digit_by_hand(tmp_path):
    """A bar, 4 wide and 10 high, is enlarged to 8 × 20 and centred: 20 rows and 8 columns of 255."""
    picture = np.full((40, 40), 255, np.uint8)
    picture[9:19, 20:24] = 0
    prepared = run_companion(tmp_path, Preprocessing())["prepare_picture"](picture)
    expected = np.zeros((1, 28, 28), np.uint8)
    expected[0, 4:24, 10:18] = 255
    np.testing.assert_array_equal(prepared.pixels, expected)


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def images():
    """Images of every mode and many formats."""
    random = np.random.default_rng(3)
    colour = Image.fromarray(random.integers(0, 256, (30, 44, 3), np.uint8))
    deep = random.integers(0, 65536, (21, 33)).astype(np.uint16)
    clear = colour.convert("RGBA")
    clear.putalpha(Image.fromarray(random.integers(0, 256, (30, 44), np.uint8)))
    yield from (colour.convert(mode) for mode in ("1", "L", "LA", "P", "CMYK", "YCbCr", "HSV", "LAB", "RGBX", "I", "F"))
    yield clear
    yield Image.fromarray(deep.astype(np.float32) / 65535)  # mode F, from 0 to 1
    yield Image.fromarray(deep.astype(np.int32) - 9)  # mode I, stretched
    yield encoded(Image.fromarray(deep), "PNG")
    yield encoded(clear, "PNG")
    yield encoded(colour.convert("P"), "PNG", transparency=3)
    yield encoded(colour.convert("P"), "GIF", save_all=True, append_images=[clear.convert("P")])
    yield encoded(clear.convert("LA"), "PNG")
    yield encoded(colour, "BMP")
    yield encoded(colour, "PPM")
    exif = Image.Exif()
    for turn in (2, 3, 5, 8):
        exif[0x0112] = turn
        yield encoded(colour, "JPEG", exif=exif)
    yield random.random((9, 12))
    yield random.random((3, 9, 12)) < 0.5


@pytest.mark.parametrize("name", ["letterbox, colour", "digit"])
def test_images_of_every_kind(tmp_path, name):
    preprocessing = FITTED[name]
    prepare_picture = run_companion(tmp_path, preprocessing)["prepare_picture"]
    for source in images():
        same(prepare_picture(source), prepare(preprocessing, source))
    tiff = tmp_path / "a.tiff"
    Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257).save(tiff)
    same(prepare_picture(tiff), prepare(preprocessing, str(tiff)))


def huge():
    """A PNG whose header says 9000 × 9000."""
    content = bytearray(encoded(Image.new("L", (9, 9)), "PNG"))
    content[16:24] = (9000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


BAD = {
    "empty.png": (b"", "empty.png is empty (0 bytes): save the image again."),
    "text.png": (b"no image", "text.png is not an image: PNG, JPEG, WebP, GIF, BMP and TIFF files can be read; "),
    "document.png": (b"%PDF-1.7", "document.png is a PDF document, not an image: "),
    "huge.png": (
        huge(),
        "huge.png is 9,000×9,000, which is 81,000,000 pixels; 64,000,000 are allowed: make it smaller.",
    ),
    "cut.png": (encoded(Image.fromarray(MNIST[0]), "PNG")[:-60], "cut.png is damaged or cannot be decoded ("),
    "bomb.webp": (
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0",
        "bomb.webp is 16,384×16,384, which is 268,435,456 pixels",
    ),
    "none.png": (None, "none.png does not exist: check the path."),
}


def test_bad_files_get_one_line_each(tmp_path, monkeypatch, capsys):
    space = run_companion(tmp_path, FITTED["letterbox, True"])
    monkeypatch.chdir(tmp_path)
    for name, (content, _) in BAD.items():
        if content is not None:
            Path(name).write_bytes(content)
    assert space["prepare_files"](space["PREPARATION"], [*BAD, "a\nb.png", "images.npy"]) == 1
    lines = capsys.readouterr().err.splitlines()
    for line, (_, words) in zip(lines, [*BAD.values(), (None, r"a\nb.png does not exist")], strict=True):
        assert line.startswith(words)
    assert not Path("images.npy").exists()
    for wrong in (np.zeros((2, 2, 2, 2)), np.full((3, 3), 7.0), np.zeros((0, 3), np.uint8), 3):
        with pytest.raises(ValueError, match=r"the image array|an image cannot be read from a int"):
            space["prepare_picture"](wrong)


def test_the_program_in_the_file(tmp_path):
    path = tmp_path / companion_name(Path("signs.onnx"))
    write_companion(contents_for(FITTED["digit"]), path, "signs.onnx", 7)
    Image.fromarray(MNIST[0]).resize((90, 90)).save(tmp_path / "a.png")
    Image.fromarray(255 - MNIST[1]).save(tmp_path / "b.png")

    def run(*arguments):
        command = [
            sys.executable,
            "-c",
            f"{BLOCK}runpy.run_path(sys.argv[0], run_name='__main__')",
            path.name,
            *arguments,
        ]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)

    ran = run("a.png", "b.png", "images.npy")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, second = ran.stdout.splitlines()
    assert first.startswith("a.png: ")
    assert second == "b.png: dark on light, inverted"
    expected = [prepare(FITTED["digit"], str(tmp_path / name)).pixels for name in ("a.png", "b.png")]
    np.testing.assert_array_equal(np.load(tmp_path / "images.npy"), np.stack(expected))
    again = run("a.png", "images.npy")
    assert (again.returncode, again.stderr) == (2, "images.npy exists already. Give another name.\n")
    for nothing in ((), ("images.npy",)):
        ran = run(*nothing)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("Give picture files, and a .npy file at the end")


def test_the_head_of_the_file(tmp_path):
    contents = contents_for(FITTED["digit"])
    path = tmp_path / companion_name(Path("two words.onnx"))
    write_companion(contents, path, 'a"b.onnx', 231)
    text = path.read_text(encoding="utf-8")
    head = text.split('"""')[1]
    assert head.startswith("Prepares pictures for signs, exactly as Convlens ")
    assert "from two_words_prepare import prepare_picture\n" in head
    assert "python two_words_prepare.py photo.png images.npy      also saves the pixels: uint8, N×1×28×28\n" in head
    assert "give prepared.pixels[None] to the model\n" in head
    assert f"the SHA-256 {contents.model_sha256}.\n" in head
    assert "Proof: 231 pictures had the same pixels as in Convlens, with NumPy " in head
    facts = json.loads(eval(text.split("PicturePreparation(")[-1].split(")\nprepare_picture")[0]))
    assert facts["preprocessing"] == FITTED["digit"].as_dict()
    assert facts["model_sha256"] == contents.model_sha256


def test_without_pillow_there_is_one_line(tmp_path, capsys, monkeypatch):
    space = run_companion(tmp_path, FITTED["digit"])
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert space["prepare_files"](space["PREPARATION"], ["a.png"]) == 1
    assert capsys.readouterr().err == "a.png cannot be read without Pillow: pip install pillow\n"
