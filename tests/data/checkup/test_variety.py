import numpy as np
import pytest

from convlens.data.checkup.variety import find_mixed_kinds, find_mixed_polarity, find_odd_sizes, polarities
from convlens.data.custom.facts import MODES, conversion_bit

L, RGB, P = MODES.index("L"), MODES.index("RGB"), MODES.index("P")


def test_one_kind_is_nothing_to_tell(collect):
    assert list(find_mixed_kinds(collect(3, mode=[L, L, L]))) == []


def test_kinds_are_counted_the_most_frequent_first(collect):
    (finding,) = find_mixed_kinds(collect(5, mode=[RGB, L, L, P, L]))
    assert finding.severity == "note"
    assert finding.title == "the images have 3 different modes"
    assert finding.examples == (
        "grey: 3 images, such as 1.png",
        "colour: 1 image, such as 0.png",
        "palette: 1 image, such as 3.png",
    )
    assert finding.files == ("0.png", "3.png")


def test_conversions_are_told_with_their_rule_but_not_mere_scaling(collect):
    bits = [conversion_bit("turned") | conversion_bit("reduced"), conversion_bit("enlarged"), conversion_bit("cmyk")]
    (finding,) = find_mixed_kinds(collect(3, conversions=bits))
    assert finding.title == "2 images were changed while being read"
    assert finding.examples == (
        "CMYK converted to RGB: 1 image, such as 2.png",
        "turned upright, as the EXIF data says: 1 image, such as 0.png",
    )
    assert finding.details["conversions"] == {"cmyk": 1, "turned": 1}


def test_sizes(collect):
    found = {one.kind: one for one in find_odd_sizes(collect(4, width=[28, 112, 13, 30], height=[28, 30, 10, 9]))}
    assert list(found) == ["mixed_sizes", "enlarged", "elongated"]
    assert found["mixed_sizes"].title == "the images are 13×10 to 112×30 pixels, 29 in the median"
    assert found["mixed_sizes"].examples == ("2.png: 13×10", "1.png: 112×30")
    assert (
        found["enlarged"].title
        == "1 image is more than 2 times smaller than the 28 pixels that training uses: enlarged"
    )
    assert found["enlarged"].files == ("2.png",)
    assert found["elongated"].examples == ("1.png: 112×30", "3.png: 30×9")
    assert all(one.severity == "note" for one in found.values())


def test_sizes_that_hardly_differ_are_nothing_to_tell(collect):
    assert list(find_odd_sizes(collect(3, width=[14, 28, 55], height=[14, 28, 40]))) == []


@pytest.mark.parametrize(
    ("lowest", "highest", "mean", "border", "polarity"),
    [
        (0, 255, 30, 0, -1),
        (0, 255, 220, 255, 1),
        (40, 200, 180, 190, 1),
        (0, 255, 128, 128, 0),
        (0, 255, 230, 0, 0),  # a dark frame around a light picture
        (100, 140, 104, 100, 0),  # too pale to tell
        (7, 7, 7, 7, 0),
    ],
)
def test_polarity_of_one_image(collect, lowest, highest, mean, border, polarity):
    facts = collect(1, lowest=lowest, highest=highest, mean=mean, border=border).facts
    assert polarities(facts).tolist() == [polarity]


def test_the_few_of_the_other_polarity_are_named(collect):
    border = np.zeros(100)
    border[[3, 70]] = 255
    (finding,) = find_mixed_polarity(collect(100, border=border, mean=np.where(border > 0, 220, 30)))
    assert finding.severity == "warning"
    assert finding.title == "2 images are dark on light, 98 light on dark"
    assert finding.files == ("3.png", "70.png")
    assert finding.advice.startswith("Invert them")


def test_where_both_are_frequent_the_advice_is_to_mix(collect):
    border = np.where(np.arange(100) < 40, 255, 0)
    (finding,) = find_mixed_polarity(collect(100, border=border, mean=np.where(border > 0, 220, 30)))
    assert finding.title == "40 images are dark on light, 60 light on dark"
    assert "mix them, or invert one kind" in finding.advice


def test_photos_have_no_polarity(collect):
    border = np.where(np.arange(100) < 3, 255, 0)
    mean = np.where(border > 0, 220, 30)
    assert list(find_mixed_polarity(collect(100, border=border, mean=mean, colour=80))) == []
    mean[30:] = 128  # grey photos: two thirds are neither
    assert list(find_mixed_polarity(collect(100, border=np.where(np.arange(100) < 30, border, 128), mean=mean))) == []
