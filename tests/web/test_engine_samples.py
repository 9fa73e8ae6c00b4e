"""The sample pictures come out of a payload byte for byte, and damaged ones are refused in words."""

import base64
import zlib

import numpy as np
import pytest

from convlens import LabelledImages
from convlens.exports import choose_samples, page_model

UNPACK = """async (payload) => {
  const { unpackSamples } = await import("convlens/engine/samples.js");
  const { samples, ...rest } = await unpackSamples(payload);
  const told = samples.map(({ pixels, label, logits }) => [Array.from(pixels), label, Array.from(logits)]);
  return { samples: told, rest: Object.keys(rest) };
}"""


def test_two_pictures_worked_out_by_hand(call):
    packed = {
        "count": 2,
        "images": base64.b64encode(zlib.compress(bytes([1, 2, 3, 255, 0, 128]))).decode(),
        "labels": [1, 0],
        "logits": "AACAPwAAAMAAAAA/AAAAAA==",  # float32 1, -2, 0.5, 0
    }
    found = call(UNPACK, {"name": "kept", "input_shape": [1, 1, 3], "samples": packed})
    assert found == {
        "samples": [[[1, 2, 3], 1, [1, -2]], [[255, 0, 128], 0, [0.5, 0]]],
        "rest": ["name", "input_shape"],
    }


def test_sixty_digits(call, mnist_model, mnist_images):
    chosen = choose_samples(mnist_model, mnist_images)
    samples = call(UNPACK, page_model(mnist_model, chosen))["samples"]
    assert len(samples) == 60
    np.testing.assert_array_equal([pixels for pixels, _, _ in samples], chosen.images.reshape(60, -1))
    assert [label for _, label, _ in samples] == chosen.labels.tolist()
    np.testing.assert_allclose([logits for _, _, logits in samples], mnist_model.logits(chosen.images), rtol=1e-6)


def test_colours_stay_in_planes(call, varied_models):
    model = varied_models["not square"]
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 17, 12), np.uint8)
    samples = call(UNPACK, page_model(model, LabelledImages(images, np.arange(5) % 4, model.class_names)))["samples"]
    np.testing.assert_array_equal([pixels for pixels, _, _ in samples], images.reshape(5, -1))


def test_none(call, varied_models):
    assert call(UNPACK, page_model(varied_models["one class"]))["samples"] == []


@pytest.mark.parametrize(
    "content", [zlib.compress(bytes(500))[:-3], b"GIF89a", zlib.compress(bytes(500))[:-4] + bytes(4)]
)
def test_damaged_pictures_are_refused(call, content):
    packed = {"count": 1, "images": base64.b64encode(content).decode(), "labels": [0], "logits": "AACAPw=="}
    with pytest.raises(Exception, match=r"sample images of this model are damaged\. Export or save it again\."):
        call(UNPACK, {"input_shape": [1, 20, 25], "samples": packed})


def test_pictures_of_another_size_are_refused(call):
    images = base64.b64encode(zlib.compress(bytes(18))).decode()
    packed = {"count": 2, "images": images, "labels": [0, 0], "logits": "AACAPwAAgD8="}
    with pytest.raises(Exception, match="the samples have 18 bytes, not 2 times 1×2×4"):
        call(UNPACK, {"input_shape": [1, 2, 4], "samples": packed})
