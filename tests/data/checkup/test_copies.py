import numpy as np
import pytest

from convlens.data.checkup.copies import find_exact_copies, find_near, group_exact_copies

NAMES = ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"]


def exact(collection):
    groups = group_exact_copies(collection.facts["pixel_hash"], np.arange(len(collection)))
    return {finding.kind: finding for finding in find_exact_copies(collection, groups)}


def test_a_picture_in_two_classes_is_an_error(collect):
    found = exact(collect(6, labels=[0, 1, 0, 0, 0, 0], names=NAMES, pixel_hash=[b"x", b"x", b"y", b"z", b"u", b"v"]))
    assert list(found) == ["copies_across_classes"]
    finding = found["copies_across_classes"]
    assert finding.severity == "error"
    assert finding.title == "1 picture is in more than one class (2 files)"
    assert finding.examples == ("a.png (cat) = b.png (dog)",)
    assert finding.files == ("a.png", "b.png")
    assert finding.details["groups"] == [["a.png", "b.png"]]


def test_a_picture_in_two_parts_is_an_error(collect):
    hashes = [b"x", b"x", b"y", b"y", b"y", b"v"]
    found = exact(collect(6, parts=[0, 2, 0, 1, 1, 0], names=NAMES, pixel_hash=hashes))
    assert list(found) == ["copies_across_parts"]
    finding = found["copies_across_parts"]
    assert finding.severity == "error"
    assert finding.title == "2 pictures are in more than one part (5 files)"
    assert finding.examples == (
        "a.png (train) = b.png (test)",
        "c.png (train) = d.png (validation) = e.png (validation)",
    )
    assert "one part only" in finding.advice


@pytest.mark.parametrize(
    ("given", "advice"),
    [([-1, -1], "keep one file of each picture"), ([0, 0], "keep one file of each picture"), ([0, 2], "one part only")],
    ids=["the source says nothing", "both were to train", "the source parts them"],
)
def test_where_parts_were_drawn_the_advice_is_another(collect, given, advice):
    collection = collect(2, parts=[0, 2], pixel_hash=[b"x", b"x"], more={"given": np.array(given)})
    assert advice in exact(collection)["copies_across_parts"].advice


@pytest.mark.parametrize(("given", "grouped"), [([-1, -1], True), ([0, 2], False)], ids=["drawn", "given"])
def test_near_copies_that_chance_parted_can_be_grouped(collect, given, grouped):
    (finding,) = find_near(collect(2, parts=[0, 2], more={"given": np.array(given)}), np.array([[0, 1]]))
    assert ("--group-by" in finding.advice) is grouped


def test_a_part_that_a_name_begins_with_is_not_told_twice(collect):
    found = exact(collect(2, parts=[0, 2], names=["Train/cat/1.png", "test/cat/2.png"], pixel_hash=[b"x", b"x"]))
    assert found["copies_across_parts"].examples == ("Train/cat/1.png = test/cat/2.png",)


def test_copies_in_one_class_are_a_warning(collect):
    found = exact(collect(6, names=NAMES, pixel_hash=[b"x", b"x", b"x", b"y", b"z", b"z"]))
    assert list(found) == ["copies"]
    assert found["copies"].severity == "warning"
    assert found["copies"].title == "3 files are exact copies of another, in the same class"
    assert found["copies"].examples == ("a.png = b.png = c.png", "e.png = f.png")
    one = exact(collect(2, pixel_hash=[b"x", b"x"]))["copies"]
    assert one.title == "1 file is an exact copy of another, in the same class"


def test_a_copy_can_be_wrong_in_both_ways(collect):
    found = exact(collect(2, labels=[0, 1], parts=[0, 2], pixel_hash=[b"x", b"x"]))
    assert list(found) == ["copies_across_classes", "copies_across_parts"]


def test_of_many_copies_those_that_differ_are_named_first(collect):
    found = exact(collect(100, labels=[0] * 99 + [1], pixel_hash=[b"x"] * 100))
    assert found["copies_across_classes"].examples == (
        "0.png (cat) = 99.png (dog) = 1.png (cat) = 2.png (cat) and 96 more",
    )


def test_images_without_a_hash_are_no_copies(collect):
    assert exact(collect(6)) == {}


def test_near_copies_are_judged_by_where_both_are(collect):
    collection = collect(6, labels=[0, 0, 1, 0, 0, 0], parts=[0, 0, 0, 2, 0, 0], names=NAMES)
    found = {one.kind: one for one in find_near(collection, np.array([[0, 1], [0, 2], [1, 3], [4, 5]]))}
    assert [(one.kind, one.severity, one.count) for one in found.values()] == [
        ("near_copies_across_classes", "warning", 2),
        ("near_copies_across_parts", "warning", 2),
        ("near_copies", "note", 4),
    ]
    assert found["near_copies_across_classes"].examples == ("a.png (cat) ≈ c.png (dog)",)
    assert found["near_copies_across_parts"].examples == ("b.png (train) ≈ d.png (test)",)
    assert found["near_copies"].examples == ("a.png ≈ b.png", "e.png ≈ f.png")
    assert found["near_copies"].details["pairs"] == [["a.png", "b.png"], ["e.png", "f.png"]]


def test_no_pairs_no_findings(collect):
    assert list(find_near(collect(2), np.zeros((0, 2), np.int64))) == []
