"""Whether an array is one image or a batch: every way that its sizes allow, and what the network's shape decides."""

import numpy as np
import pytest

from convlens.errors import UsageError
from convlens.prediction.readings import check_one_image, has_shape, is_one_image, readings_of

GREY, COLOUR, WIDE = (1, 8, 8), (3, 8, 8), (1, 6, 10)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 64])
@pytest.mark.parametrize("shape", [GREY, WIDE])
def test_grey_images_one_behind_the_other_are_a_batch_however_many(count, shape):
    assert is_one_image((count, *shape[1:]), shape) is False


@pytest.mark.parametrize(
    ("sizes", "shape", "is_one"),
    [
        ((8, 8), GREY, True),
        ((20, 30), GREY, True),
        ((8, 8, 1), GREY, True),
        ((8, 8, 3), GREY, True),  # a colour picture of the network's size
        ((8, 8, 4), GREY, True),
        ((8, 8, 8), GREY, False),
        ((3, 8, 8), COLOUR, True),
        ((8, 8, 3), COLOUR, True),
        ((8, 8), COLOUR, True),
        ((5, 8, 8), COLOUR, False),
        ((30, 20, 3), COLOUR, True),
        ((5, 30, 20), GREY, False),
        ((1, 1, 8, 8), GREY, False),
        ((3, 3, 8, 8), COLOUR, False),
        ((3, 8, 8, 3), COLOUR, False),
        ((9, 1, 30, 20), GREY, False),
        ((3, 8, 3), (1, 8, 3), False),  # three grey images, 3 pixels wide
    ],
)
def test_what_is_one_image_and_what_is_a_batch(sizes, shape, is_one):
    assert is_one_image(sizes, shape) is is_one


@pytest.mark.parametrize(
    ("sizes", "shape", "ways"),
    [
        (
            (1, 8, 8),
            GREY,
            (
                "one image of 8×8 with 1 channel, written X[0]",
                "a batch of 1 grey image of 8×8, written X[:, np.newaxis]",
            ),
        ),
        (
            (3, 32, 32),
            GREY,
            (
                "one image of 32×32 with 3 channels, written X.transpose(1, 2, 0)",
                "a batch of 3 grey images of 32×32, written X[:, np.newaxis]",
            ),
        ),
        (
            (4, 8, 8),
            COLOUR,
            (
                "one image of 8×8 with 4 channels, written X.transpose(1, 2, 0)",
                "a batch of 4 grey images of 8×8, written X[:, np.newaxis]",
            ),
        ),
        (
            (64, 64),
            GREY,
            (
                "one grey image of 64×64 pixels, written X[..., np.newaxis]",
                "64 rows of 64 pixels, one for each image, written X.reshape(-1, 1, 8, 8)",
            ),
        ),
    ],
)
def test_two_readings_are_refused_and_both_can_be_written(sizes, shape, ways):
    with pytest.raises(UsageError) as refused:
        is_one_image(sizes, shape)
    shown = "×".join(map(str, sizes))
    assert (
        str(refused.value)
        == f"X of {shown} can be read in two ways: {'; or '.join(ways)}. Write the one that you mean."
    )
    X = np.zeros(sizes, np.uint8)  # noqa: N806
    for reading in readings_of(sizes, shape):
        written = eval(reading.written, {"X": X, "np": np})  # our own words, taken at their word
        assert is_one_image(written.shape, shape) is reading.is_one, reading


def test_where_only_a_batch_can_be_meant_it_is_one():
    assert is_one_image((1, 8, 8), GREY, as_batch=True) is False
    assert is_one_image((64, 64), GREY, as_batch=True) is False
    assert is_one_image((1, 30, 20), GREY, as_batch=True) is False
    assert is_one_image((8, 8), GREY, as_batch=True) is True
    with pytest.raises(UsageError, match="two ways"):
        is_one_image((3, 32, 32), GREY, as_batch=True)


@pytest.mark.parametrize("sizes", [(), (64,), (1, 1, 1, 8, 8)])
def test_other_numbers_of_axes_are_refused_with_what_to_give(sizes):
    with pytest.raises(UsageError, match=r"X has the shape .*Give H×W, .* for one image, N×8×8, N×1×8×8 or N×8×8×1"):
        is_one_image(sizes, GREY)


def test_an_element_of_a_list_is_one_image():
    for sizes in [(8, 8), (1, 8, 8), (64, 64), (8, 8, 3), (3, 30, 20)]:
        check_one_image(sizes, GREY, "X[2]")
    with pytest.raises(UsageError, match=r"^X\[2\] has the shape \(5, 30, 20\), which is not a single image\. Give"):
        check_one_image((5, 30, 20), GREY, "X[2]")
    with pytest.raises(UsageError, match=r"^X\[2\] of 3×8×8 can be read in two ways: .*X\[2\]\[:, np\.newaxis\]"):
        check_one_image((3, 8, 8), GREY, "X[2]")
    check_one_image((3, 8, 8), COLOUR, "X[2]")


def test_the_network_s_shape_in_each_layout():
    assert all(has_shape(sizes, GREY) for sizes in [(8, 8), (1, 8, 8), (8, 8, 1)])
    assert all(has_shape(sizes, COLOUR) for sizes in [(3, 8, 8), (8, 8, 3)])
    assert not any(has_shape(sizes, COLOUR) for sizes in [(8, 8), (1, 8, 8), (8, 8, 4), (8, 3, 8)])
