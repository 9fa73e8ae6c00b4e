import pytest

from convlens.data.checkup.balance import find_imbalance

NAMES = ("ant", "bee", "cat")


def search(collect, *counts, **more):
    """Findings where the classes have these numbers of images to train, validate and test with."""
    labels, parts = [], []
    for label, numbers in enumerate(counts):
        for part, number in enumerate(numbers):
            labels += [label] * number
            parts += [part] * number
    collection = collect(len(labels), labels, parts, class_names=NAMES[: len(counts)], more=more)
    return {finding.kind: finding for finding in find_imbalance(collection)}


def test_even_classes_are_fine(collect):
    assert search(collect, (10, 2, 2), (100, 20, 20)) == {}
    assert search(collect, (10, 0, 0), (10, 0, 0)) == {}


def test_few_images(collect):
    finding = search(collect, (10, 0, 0), (9, 0, 0), (1, 0, 0))["few_images"]
    assert finding.severity == "warning"
    assert finding.title == "2 classes have fewer than 10 training images"
    assert finding.examples == ("cat: 1 image", "bee: 9 images")
    assert finding.details["classes"] == {"cat": 1, "bee": 9}


@pytest.mark.parametrize(("large", "found"), [(100, False), (101, True)])
def test_the_largest_class_may_have_ten_times_the_smallest(collect, large, found):
    assert ("imbalance" in search(collect, (large, 0, 0), (10, 0, 0))) is found


def test_imbalance_names_the_largest_and_the_smallest(collect):
    finding = search(collect, (20, 0, 0), (600, 0, 0), (12, 0, 0))["imbalance"]
    assert finding.title == "the largest class has 50 times as many training images as the smallest"
    assert finding.examples == ("bee: 600 images", "cat: 12 images")


def test_a_part_that_lacks_a_class(collect):
    finding = search(collect, (10, 0, 5), (10, 0, 0), (10, 0, 1))["part_lacks_class"]
    assert finding.severity == "warning"
    assert finding.title == "1 class has no test images"
    assert finding.examples == ("bee",)
    assert finding.details == {"part": "test", "class_names": ["bee"]}


def test_a_class_whose_images_were_all_refused_is_an_error(collect):
    finding = search(collect, (10, 0, 0), (10, 0, 0), lost=("zebra",))["classes_lost"]
    assert finding.severity == "error"
    assert finding.title == "1 class has no image that can be read: left out"
    assert finding.examples == ("zebra",)
