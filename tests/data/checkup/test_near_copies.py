import io
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from convlens.data.checkup import near_copies
from convlens.data.checkup.fingerprints import take_fingerprints
from convlens.data.checkup.near_copies import find_near_copies, look_the_same


def search(images, labels=None, parts=None, chosen=None):
    count = len(images)
    labels = np.zeros(count, np.int64) if labels is None else labels
    parts = np.zeros(count, np.int64) if parts is None else parts
    chosen = np.arange(count) if chosen is None else chosen
    return find_near_copies(images, take_fingerprints(images).outlines, labels, parts, chosen).tolist()


def as_jpeg(image):
    file = io.BytesIO()
    Image.fromarray(image[0]).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))[np.newaxis]


def enlarged_and_back(image):
    large = Image.fromarray(image[0]).resize((48, 48), Image.Resampling.BICUBIC)
    return np.asarray(large.resize((24, 24), Image.Resampling.HAMMING))[np.newaxis]


CHANGES = {
    "saved as JPEG": as_jpeg,
    "enlarged and back": enlarged_and_back,
    "shifted": lambda image: np.roll(image, (1, -1), axis=(1, 2)),
    "darker": lambda image: (image * 0.8).astype(np.uint8),
    "brighter": lambda image: (image // 2 + 60).astype(np.uint8),
}


@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_are_found_among_1500_digits(digits_24x24, change):
    images = np.pad(digits_24x24[0], ((0, 0), (0, 0), (2, 2), (2, 2)))[:, :, 2:-2, 2:-2]
    originals = np.arange(0, 1500, 50)
    copies = np.stack([CHANGES[change](images[place]) for place in originals])
    found = {tuple(pair) for pair in search(np.concatenate([images, copies]))}
    planted = {(int(place), 1500 + number) for number, place in enumerate(originals)}
    assert len(found & planted) >= 29  # of 30
    unplanned = found - planted
    assert len(unplanned) <= 3, unplanned


def test_a_pair_at_the_limit_is_a_copy(digits_24x24, monkeypatch):
    image = digits_24x24[0][3]
    first, second = image[None], as_jpeg(image)[None]
    # Grey images of 24×24 are compared as they are: at the best of nine places, here without a shift.
    inner = [one[0, 0, 1:-1, 1:-1].astype(float) for one in (first, second)]
    correlation = near_copies._find_shift(first.astype(np.float32), second.astype(np.float32))[0][0]
    assert correlation == pytest.approx(np.corrcoef(inner[0].ravel(), inner[1].ravel())[0, 1], abs=0.01)
    monkeypatch.setattr(near_copies, "LEAST_CORRELATION", float(correlation))
    assert look_the_same(first, second).tolist() == [True]
    monkeypatch.setattr(near_copies, "LEAST_CORRELATION", float(np.nextafter(correlation, np.float32(2))))
    assert look_the_same(first, second).tolist() == [False]


def test_every_pair_of_a_small_set_is_judged_as_without_circles(digits_24x24):
    """The search through circles finds what comparing all with all finds."""
    images = digits_24x24[0][:40]
    images = np.concatenate([images, np.roll(images[:10], 1, axis=3), images[20:25] // 2])
    pairs = np.array(list(combinations(range(len(images)), 2)))
    all_pairs = pairs[look_the_same(images[pairs[:, 0]], images[pairs[:, 1]])].tolist()
    assert search(images) == all_pairs
    assert len(all_pairs) >= 15


def test_digits_of_different_writers_are_no_copies(digits_24x24):
    assert len(search(digits_24x24[0])) <= 3


def test_the_best_partner_of_another_class_and_part_is_found_beside_the_best_of_all(digits_24x24):
    image = digits_24x24[0][0]
    images = np.stack([image, as_jpeg(image), enlarged_and_back(image), image // 2, *digits_24x24[0][50:60]])
    labels = np.array([0, 0, 1, 0, *[0] * 10])
    parts = np.array([0, 0, 0, 2, *[0] * 10])
    pairs = search(images, labels, parts)
    assert any(labels[first] != labels[second] for first, second in pairs)
    assert any(parts[first] != parts[second] for first, second in pairs)


def test_a_thousand_frames_of_one_scene_make_few_pairs():
    random = np.random.default_rng(1)
    scene = random.integers(40, 200, (1, 16, 16)).repeat(2, axis=1).repeat(2, axis=2)
    frames = np.clip(scene + random.normal(0, 2, (1000, 1, 32, 32)), 0, 255).astype(np.uint8)
    pairs = search(frames)
    assert len(np.unique(pairs)) == 1000  # every frame has a partner
    assert len(pairs) <= 1000


def test_a_circle_that_is_too_large_is_divided(monkeypatch, digits_24x24):
    monkeypatch.setattr(near_copies, "_LARGEST_CIRCLE", 16)
    sizes = [len(circle) for circle in near_copies._circles(np.ones((300, 4), np.float32))]
    assert sum(sizes) == 300
    assert max(sizes) == 16


def test_circles_take_memory_for_an_image_not_for_an_image_and_every_landmark():
    outlines = np.random.default_rng(0).random((20_000, 41), np.float32)
    tracemalloc.start()
    try:
        assert sum(len(circle) for circle in near_copies._circles(outlines)) == 40_000
        assert tracemalloc.get_traced_memory()[1] < 200 * len(outlines)  # with its 100 landmarks it would be 800
    finally:
        tracemalloc.stop()


def test_another_colour_is_no_copy():
    random = np.random.default_rng(2)
    shape = np.zeros((1, 3, 32, 32), np.uint8)
    shape[:, :, 8:24, 8:24] = random.integers(100, 150, (16, 16))
    red, green = shape.copy(), shape.copy()
    red[:, 0] += 90 * (shape[:, 0] > 0).astype(np.uint8)
    green[:, 1] += 90 * (shape[:, 0] > 0).astype(np.uint8)
    assert look_the_same(red, red // 2 + 10).tolist() == [True]
    assert look_the_same(red, green).tolist() == [False]


def test_pairs_judged_together_do_not_change_each_other(digits_24x24):
    one, other = digits_24x24[0][:2].astype(np.float32)
    together = near_copies._differ_nowhere(np.stack([one, one, other]), np.stack([one / 2 + 9, other, other]))
    assert together.tolist() == [True, False, True]


def test_a_line_that_was_added_is_no_copy(digits_24x24):
    image = digits_24x24[0][:1]
    crossed = image.copy()
    crossed[:, :, 10:13, 4:20] = 255
    assert look_the_same(image, crossed).tolist() == [False]


def test_a_shift_by_one_pixel_of_a_large_image_is_found():
    random = np.random.default_rng(3)
    photo = random.integers(0, 256, (3, 24, 24)).repeat(4, axis=1).repeat(4, axis=2).astype(np.uint8)
    assert look_the_same(photo[None], np.roll(photo, 1, axis=2)[None]).tolist() == [True]


@pytest.mark.parametrize(
    "images", [np.zeros((1, 1, 28, 28), np.uint8), np.zeros((5, 1, 4, 4), np.uint8)], ids=["one", "tiny"]
)
def test_where_there_is_nothing_to_compare(images):
    assert search(images) == []


def test_only_chosen_places_are_compared(digits_24x24):
    images = np.concatenate([digits_24x24[0][:20], digits_24x24[0][:20]])
    assert search(images, chosen=np.arange(20)) == []
    assert [5, 25] in search(images, chosen=np.array([1, 5, 7, 25, 30]))
