"""Which samples a page begins with, and how they are packed."""

import base64
import zlib

import numpy as np
import pytest

from convlens import LabelledImages, Network, TrainedModel
from convlens.exports import choose_samples
from convlens.exports.page_samples import encode_array, encode_samples
from convlens.preprocessing import Preprocessing


@pytest.mark.parametrize("channels", [1, 3])
def test_the_bytes_of_the_pictures_one_after_the_other(channels):
    images = np.random.default_rng(0).integers(0, 256, (4, channels, 5, 7), np.uint8)
    packed = encode_samples(LabelledImages(images, np.array([0, 1, 1, 0]), ("a", "b")), np.ones((4, 2), np.float32))
    assert (packed["count"], packed["labels"]) == (4, [0, 1, 1, 0])
    assert packed["logits"] == encode_array(np.ones(8))
    assert base64.b64decode(packed["images"]) == zlib.compress(images.tobytes(), 6)
    found = np.frombuffer(zlib.decompress(base64.b64decode(packed["images"])), np.uint8)
    np.testing.assert_array_equal(found.reshape(images.shape), images)


def light_or_dark():
    """A model of one pixel: 'light' is sure at 255 and gets less sure towards 0."""
    weights = {"1.weight": np.array([[4.0], [-4.0]], np.float32), "1.bias": np.array([-2, 2], np.float32)}
    return TrainedModel(
        Network.from_text("dense"), weights, Preprocessing((1, 1, 1), "letterbox", None), ("light", "dark")
    )


def pixels(values, labels):
    images = np.array(values, np.uint8).reshape(-1, 1, 1, 1)
    return LabelledImages(images, np.array(labels), ("light", "dark"))


def test_a_third_wrong_a_third_uncertain_the_rest_in_turn():
    values = [255, 254, 253, 0, 1, 2, 131, 125, 250, 5]
    labels = [0, 0, 0, 1, 1, 1, 0, 1, 1, 0]  # 131 and 125 are uncertain, 250 and 5 wrong
    chosen = choose_samples(light_or_dark(), pixels(values, labels), 6)
    assert chosen.images.ravel().tolist() == [255, 0, 125, 131, 250, 5]
    assert chosen.labels.tolist() == [0, 1, 1, 0, 1, 0]


def test_where_nothing_is_wrong_more_are_uncertain():
    chosen = choose_samples(light_or_dark(), pixels([255, 200, 150, 0, 100, 50], [0, 0, 0, 1, 1, 1]), 3)
    assert chosen.images.ravel().tolist() == [255, 150, 100]


def test_no_picture_stands_twice_and_few_are_enough():
    chosen = choose_samples(light_or_dark(), pixels([3, 2, 1], [0, 1, 1]), 60)
    assert sorted(chosen.images.ravel().tolist()) == [1, 2, 3]
    assert len(choose_samples(light_or_dark(), pixels([3], [0]), 60)) == 1


def test_one_class_has_no_margin():
    weights = {"1.weight": np.ones((1, 1), np.float32), "1.bias": np.zeros(1, np.float32)}
    model = TrainedModel(Network.from_text("dense"), weights, Preprocessing((1, 1, 1), "letterbox", None), ("all",))
    images = LabelledImages(np.arange(5, dtype=np.uint8).reshape(-1, 1, 1, 1), np.zeros(5, np.int64), ("all",))
    assert len(choose_samples(model, images, 4)) == 4


def test_sixty_pictures_are_usual_and_ten_thousand_are_looked_at():
    values = np.arange(10_001) % 256
    images = pixels(values, (values < 127).astype(int))
    assert len(choose_samples(light_or_dark(), images.subset(np.arange(70)))) == 60
    assert len(choose_samples(light_or_dark(), images, 20_000)) == 10_000


def test_of_equally_uncertain_pictures_the_first_are_chosen():
    weights = {"1.weight": np.array([[4.0, 0], [-4, 0]], np.float32), "1.bias": np.array([-2, 2], np.float32)}
    model = TrainedModel(
        Network.from_text("dense"), weights, Preprocessing((1, 1, 2), "letterbox", None), ("light", "dark")
    )
    images = np.full((100, 1, 1, 2), 200, np.uint8)
    images[..., 1] = np.arange(100).reshape(-1, 1, 1)
    chosen = choose_samples(model, LabelledImages(images, np.zeros(100, int), ("light", "dark")), 90)
    # none is wrong: two thirds are uncertain, and the rest comes first
    assert chosen.images[..., 1].ravel().tolist() == [*range(60, 90), *range(60)]


def test_of_very_many_pictures_some_are_looked_at(monkeypatch):
    monkeypatch.setattr("convlens.exports.page_samples.MOST_LOOKED_AT", 5)
    values = list(range(200, 221))  # every fifth: 200, 205, ..., 220
    chosen = choose_samples(light_or_dark(), pixels(values, [0] * 21), 60)
    assert sorted(chosen.images.ravel().tolist()) == [200, 205, 210, 215, 220]
