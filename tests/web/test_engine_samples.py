"""The sample pictures come out of their PNG byte for byte, whatever filter and kind of block it was written with."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from convlens import LabelledImages
from convlens.export import choose_samples, page_model

SAMPLES = """async ([payload]) => {
  const { samplesOf } = await import("convlens/engine/png.js");
  return samplesOf(payload).map(({ pixels, label, logits }) => [Array.from(pixels), label, Array.from(logits)]);
}"""
DECODE = """async ([text]) => {
  const { decodePng } = await import("convlens/engine/png.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const { pixels, ...rest } = decodePng(decodeBytes(text));
  return { ...rest, pixels: Array.from(pixels) };
}"""
INFLATE = """async ([text, size]) => {
  const { inflate } = await import("convlens/engine/inflate.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  return Array.from(inflate(decodeBytes(text), size));
}"""


def encode(content):
    return base64.b64encode(content).decode()


def test_sixty_digits(call, mnist_model, mnist_images):
    chosen = choose_samples(mnist_model, mnist_images)
    samples = call(SAMPLES, [page_model(mnist_model, chosen)])
    assert len(samples) == 60
    np.testing.assert_array_equal([pixels for pixels, _, _ in samples], chosen.images.reshape(60, -1))
    assert [label for _, label, _ in samples] == chosen.labels.tolist()
    np.testing.assert_allclose([logits for _, _, logits in samples], mnist_model.logits(chosen.images), rtol=1e-6)


def test_colours_are_put_into_planes(call, varied_models):
    model = varied_models["not square"]
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 17, 12), np.uint8)
    samples = call(SAMPLES, [page_model(model, LabelledImages(images, np.arange(5) % 4, model.class_names))])
    np.testing.assert_array_equal([pixels for pixels, _, _ in samples], images.reshape(5, -1))


def test_none(call, varied_models):
    assert call(SAMPLES, [page_model(varied_models["one class"])]) == []


def write_png(lines, width, colour):
    """A PNG of lines that begin with their filter, cut into two data chunks."""

    def chunk(kind, content):
        whole = kind + content
        return len(content).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + len(lines).to_bytes(4, "big") + bytes([8, colour, 0, 0, 0])
    packed = zlib.compress(b"".join(lines))
    parts = chunk(b"IDAT", packed[:7]) + chunk(b"IDAT", packed[7:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + parts + chunk(b"IEND", b"")


@pytest.mark.parametrize(("colour", "channels", "mode"), [(0, 1, "L"), (2, 3, "RGB")])
def test_every_filter_as_pillow_reads_it(call, colour, channels, mode):
    random = np.random.default_rng(0)
    lines = [bytes([row % 5]) + random.bytes(9 * channels) for row in range(25)]
    content = write_png(lines, 9, colour)
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == mode
        expected = np.asarray(image)
    found = call(DECODE, [encode(content)])
    assert (found["width"], found["height"], found["channels"]) == (9, 25, channels)
    np.testing.assert_array_equal(found["pixels"], expected.ravel())


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
def test_every_kind_of_block(call, level, strategy):
    random = np.random.default_rng(level)
    parts = [random.bytes(3000), b"abcabcab" * 4000, bytes(70_000), random.integers(0, 9, 9000, np.uint8).tobytes()]
    content = b"".join(parts)
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    packed = packer.compress(content) + packer.flush()
    assert bytes(call(INFLATE, [encode(packed), len(content)])) == content


def test_packed_data_that_is_damaged(call):
    packed = zlib.compress(b"some text, some text, some text", 9)[2:-4]
    with pytest.raises(Exception, match="ends too early"):
        call(INFLATE, [encode(packed[:-3]), 31])
    with pytest.raises(Exception, match="of 31 bytes instead of 40"):
        call(INFLATE, [encode(packed), 40])
    with pytest.raises(Exception, match="kind of block that there is not"):
        call(INFLATE, [encode(b"\x07"), 1])
    with pytest.raises(Exception, match="no PNG"):
        call(DECODE, [encode(b"GIF89a")])


def test_another_png_is_refused(call):
    file = io.BytesIO()
    Image.new("RGBA", (2, 2)).save(file, "PNG")
    with pytest.raises(Exception, match="8 bits and colour type 6: the samples have 8 bits, grey or RGB"):
        call(DECODE, [encode(file.getvalue())])
