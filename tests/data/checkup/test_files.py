from convlens.data.checkup.collection import Refusal
from convlens.data.checkup.files import find_bad_lengths, find_left_out, find_nested, find_odd_names, find_refused
from convlens.data.custom.facts import PROBLEM_WORDS


def test_refused_files_are_told_by_problem_the_most_frequent_first(collect):
    refused = (
        Refusal("a.png", "truncated", "is cut short"),
        Refusal("b.png", "not_an_image", "is not an image"),
        Refusal("c\udce9.png", "not_an_image", "is not an image"),
    )
    first, second = find_refused(collect(1, more={"refused": refused}))
    assert (first.kind, first.title) == ("refused_not_an_image", "2 files are not images: skipped")
    assert first.files == ("b.png", "c\\udce9.png")
    assert first.details["reasons"]["b.png"] == "is not an image"
    assert (second.kind, second.title) == ("refused_truncated", "1 file is cut short: skipped")
    assert {first.severity, second.severity} == {"warning"}


def test_every_problem_makes_a_sentence_and_an_advice(collect):
    for problem, words in list(PROBLEM_WORDS.items())[1:]:
        (one,) = find_refused(collect(1, more={"refused": (Refusal("a.png", problem, ""),)}))
        two = Refusal("b.png", problem, "")
        (many,) = find_refused(collect(1, more={"refused": (Refusal("a.png", problem, ""), two)}))
        assert one.title.startswith("1 file ")
        assert "are " not in one.title
        assert words in many.title
        assert "is " not in many.title.replace("that is not read", "")
        assert one.advice.endswith(".")


def test_lengths_that_cannot_be_right_are_errors(collect):
    assert list(find_bad_lengths(collect(3))) == []
    (finding,) = find_bad_lengths(collect(3, bad_length=[False, True, True]))
    assert finding.severity == "error"
    assert finding.title == "2 files have the wrong length"
    assert finding.files == ("1.png", "2.png")
    assert "binary mode" in finding.advice


def test_ordinary_names_are_fine(collect):
    assert list(find_odd_names(collect(3, names=["cat/1.png", "cat/2.png", "dog/é.png"]))) == []


def test_names_that_differ_by_capitals(collect):
    (finding,) = find_odd_names(collect(3, names=["cat/a.PNG", "cat/b.png", "cat/A.png"]))
    assert (finding.kind, finding.severity) == ("names_alike", "note")
    assert finding.title == "2 files have names that differ from another only in capitalisation"
    assert finding.files == ("cat/a.PNG", "cat/A.png")


def test_classes_that_differ_by_capitals_are_a_warning(collect):
    (finding,) = find_odd_names(collect(2, names=["Cat/1.png", "cat/2.png"], class_names=("Cat", "cat", "dog")))
    assert (finding.kind, finding.severity) == ("classes_alike", "warning")
    assert finding.examples == ("Cat", "cat")


def test_names_that_are_no_utf8_are_printable_here(collect):
    (finding,) = find_odd_names(collect(2, names=["cat/caf\udce9.png", "cat/ok.png"]))
    assert (finding.kind, finding.title) == ("names_not_utf8", "1 file has a name that is not UTF-8")
    assert finding.files == ("cat/caf\\udce9.png",)


def test_nested_folders(collect):
    names = ["cat/1.png", "cat/old/2.png", "cat/old/3.png", "train/dog/4.png", "train/dog/new/very/5.png"]
    (finding,) = find_nested(collect(5, labels=[0, 0, 0, 1, 1], names=names))
    assert finding.severity == "note"
    assert finding.title == "3 images are in 2 folders below that of a class"
    assert finding.examples == ("cat/old: 2 images", "train/dog/new/very: 1 image")
    assert finding.files == ("cat/old/2.png", "cat/old/3.png", "train/dog/new/very/5.png")


def test_a_table_may_name_files_anywhere(collect):
    assert list(find_nested(collect(1, names=["some/where/1.png"]))) == []


def test_what_was_left_out_is_repeated(collect):
    assert list(find_left_out(collect(1))) == []
    (finding,) = find_left_out(collect(1, more={"notes": ("3 other files left out", "a folder may not be read")}))
    assert (finding.count, finding.severity) == (2, "note")
    assert finding.examples == ("3 other files left out", "a folder may not be read")
