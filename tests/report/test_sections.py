"""The sections of a report, where a number, a word or a choice is not that of the usual model."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from convlens.evaluation import TrustCheck, describe_worst
from convlens.evaluation.sentences import _times
from convlens.report import Study, compare_studies, figures, interior, judgement, study_model
from convlens.report.comparison import Pair, tell_comparison
from convlens.report.pictures import PictureBook, encode_image
from convlens.report.training_labels import _harmless

PETS = ("cat", "dog", "emu")


@pytest.fixture
def study_of(make_reader, show) -> Any:
    """A function: true classes, predicted classes → a study of such images."""
    return lambda true, said, names=PETS: study_model(make_reader(names), show(names, true, said))


def check(verdict: Any, kind: str = "size", count: int = 0) -> TrustCheck:
    return TrustCheck(kind, verdict, f"It is {verdict}.", count)


@pytest.mark.parametrize(
    ("verdicts", "worst", "sentence"),
    [
        (["good", "bad", "warning"], "bad", "These numbers should not be trusted."),
        (["good", "warning", "unknown"], "warning", "Read these numbers with care."),
        (["unknown", "good"], "unknown", "No problems found with this test set, as far as it could be checked."),
        (["good", "good"], "good", "No problems found with this test set."),
        ([], "good", "No problems found with this test set."),
    ],
)
def test_the_worst_check_decides_what_is_said_of_all(verdicts, worst, sentence):
    told = judgement.tell_trust([check(verdict) for verdict in verdicts])
    assert (told["verdict"], told["sentence"]) == (worst, sentence)
    order = sorted(verdicts, key=["bad", "warning", "unknown", "good"].index)
    assert [one["verdict"] for one in told["checks"]] == order


def test_each_verdict_has_a_mark_and_a_word():
    (row,) = judgement.tell_trust([check("bad")])["checks"]
    assert row == {"verdict": "bad", "mark": "✗", "word": "problem", "text": "It is bad."}
    found = [judgement.tell_trust([check(one)])["checks"][0] for one in ("warning", "unknown", "good")]
    assert [(one["mark"], one["word"]) for one in found] == [("!", "warning"), ("?", "not checked"), ("✓", "good")]


@pytest.mark.parametrize(
    ("checks", "apart", "copies"),
    [
        ([], False, False),
        ([check("unknown", "copies")], False, False),
        ([check("good", "copies")], True, False),
        ([check("warning", "copies", 1)], True, True),
        ([check("warning", "size", 1)], False, False),
    ],
)
def test_copies_are_mentioned_where_they_were_looked_for(study_of, checks, apart, copies):
    study = dataclasses.replace(study_of([0, 1], [0, 1]), trust=tuple(checks))
    told = judgement.tell_verdict(study)
    assert (told["apart"], told["copies"], told["wrong"]) == (apart, copies, 0)


@pytest.mark.parametrize(
    ("true", "said", "sentences"),
    [
        ([0, 1, 2], [0, 1, 2], ["The model made no mistake on these images."]),
        (
            [0, 0, 1, 1],
            [0, 0, 1, 2],
            [
                "The class with the lowest recall is dog: 1 of 2 images is missed (50.0 %).",
                "The most frequent mistake is dog predicted as emu, once.",
            ],
        ),
        (
            [0, 0, 0, 1],
            [1, 1, 0, 1],
            [
                "The class with the lowest recall is cat: 2 of 3 images are missed (66.7 %).",
                "The most frequent mistake is cat predicted as dog, twice.",
            ],
        ),
        ([0, 0, 0], [2, 2, 2], ["The most frequent mistake is cat predicted as emu, 3 times."]),
    ],
)
def test_the_worst_is_named(study_of, true, said, sentences):
    assert describe_worst(study_of(true, said).evaluation) == sentences
    assert _times(1_000) == "1,000 times"


def test_a_figure_of_many_classes_has_the_worst(study_of, monkeypatch):
    kept: list[list[str]] = []
    monkeypatch.setattr(figures, "draw_intervals", lambda names, *_: kept.append(names) or "")
    study = study_of([0, 0, 1, 1, 2], [0, 1, 2, 2, 2])  # recalls of 1/2, 0 and 1
    for most, shown in ((3, ["cat", "dog", "emu"]), (2, ["dog", "cat"])):
        monkeypatch.setattr(figures, "MOST_CLASSES", most)
        caption = judgement._recall_figure(study.evaluation)["caption"]
        assert kept.pop() == shown
        start = "Recall of each class" if most == 3 else "Recall of the 2 worst of 3 classes"
        assert caption == f"{start}, with 95 % intervals; the dashed line is the accuracy on all images."


def test_the_tones_of_a_matrix(study_of):
    # 3 of 4 cats are right; the most frequent mistake, dog as cat, is made twice, and √(1/2) = 0.707
    told = judgement.tell_confusion(study_of([0] * 4 + [1] * 3, [0, 0, 0, 1, 0, 0, 2]), PictureBook(10**6))
    tones = [[cell["tone"] for cell in row["cells"]] for row in told["rows"]]
    assert tones == [[0.75, 0.707, 0], [1, 0, 0.707], [0, 0, 0]]
    assert [[cell["count"] for cell in row["cells"]] for row in told["rows"]] == [[3, 1, 0], [2, 0, 1], [0, 0, 0]]
    assert [[bool(cell["right"]) for cell in row["cells"]] for row in told["rows"]] == np.eye(3, dtype=bool).tolist()
    ids = [cell["id"] for row in told["rows"] for cell in row["cells"]]
    assert ids == ["cell-0-0", "cell-0-1", "", "cell-1-0", "", "cell-1-2", "", "", ""]
    assert (told["pairs"], told["frequent"], told["picture"]) == (3, [], "")
    assert [one["title"] for one in told["behind"]] == [
        "dog, predicted as cat: 2 images",
        "cat, predicted as dog: 1 image",
        "dog, predicted as emu: 1 image",
        "cat, predicted correctly: 3 images",
    ]


def test_images_behind_a_cell_that_are_not_shown_are_counted(study_of):
    study = study_of([0] * 34, [0] * 9 + [1] * 25)
    told = {one["id"]: one for one in judgement.tell_confusion(study, PictureBook(10**6))["behind"]}
    assert [len(told[name]["pictures"]) for name in ("cell-0-0", "cell-0-1")] == [8, 24]
    assert told["cell-0-0"]["more"] == "8 of 9 are shown: those with the lowest confidence."
    assert told["cell-0-1"]["more"] == "24 of 25 are shown: the most confident mistakes."
    whole = judgement.tell_confusion(study_of([0] * 32, [0] * 8 + [1] * 24), PictureBook(10**6))["behind"]
    assert [one["more"] for one in whole] == ["", ""]
    book = PictureBook(3 * len(encode_image(study.chosen.images.images[-1])))
    (mistakes, right) = judgement.tell_confusion(study, book)["behind"]
    assert (len(mistakes["pictures"]), len(right["pictures"])) == (3, 0)


def test_a_card_has_the_two_likeliest_classes_and_the_true_one(study_of):
    study = study_of([2, 1], [0, 0])
    cards = judgement.tell_errors(study, PictureBook(10**6))
    found = {card["name"].split()[-1]: [(name, right) for name, _, right in card["lines"]] for card in cards}
    assert found == {
        "0": [("cat", False), ("dog", False), ("emu", True)],  # dog and emu are as likely
        "1": [("cat", False), ("dog", True)],
    }
    assert judgement.tell_errors(study, PictureBook(0)) == []
    assert judgement.tell_label_errors(study.chosen, study.label_errors, PictureBook(0)) == []


# ------------------------------------------------------------------------------------------------------- the interior


def test_maps_lie_in_eight_or_sixteen_columns():
    assert [interior._columns(count) for count in (1, 8, 9, 32, 33, 64)] == [1, 8, 8, 8, 16, 16]


def test_large_maps_are_averaged_in_blocks():
    maps = np.arange(48 * 48, dtype=np.float32).reshape(1, 48, 48)
    assert interior._smaller(maps) is maps
    larger = np.arange(49 * 4, dtype=np.float32).reshape(1, 49, 4)
    small = interior._smaller(larger)
    assert small.shape == (1, 24, 2)
    assert small[0, 0].tolist() == [(0 + 1 + 4 + 5) / 4, (2 + 3 + 6 + 7) / 4]
    row = np.arange(98, dtype=np.float32).reshape(1, 1, 98)  # as of a classifier whose images are rows
    assert interior._smaller(row)[0].tolist() == [[3 * place + 1.0 for place in range(32)]]
    assert interior._smaller(row.reshape(1, 98, 1)).shape == (1, 32, 1)


def test_facts_of_a_training_as_text():
    assert interior._date("2026-11-03T04:05:06") == "3 November 2026, 04:05"
    assert interior._date("2026-11-23T14:05:06") == "23 November 2026, 14:05"
    assert interior._date("yesterday") == "yesterday"
    assert (interior._in_brackets(1, "step"), interior._in_brackets(None, "step")) == (" (1 step)", "")
    assert (interior._words(None), interior._words(0), interior._listed({}), interior._listed([1])) == (
        "",
        "0",
        [],
        [1],
    )
    flat = interior._flatten({"batch_size": 5, "optimizer": {"beta_1": 0.9, "more": {"a": None}}})
    assert flat == [("batch size", "5"), ("optimizer, beta 1", "0.9"), ("optimizer, more, a", "None")]


def test_the_images_whose_maps_are_shown(study_of):
    words = ["Most confident right answer", "Most confident error", "Least confident right answer"]
    for true, said, expected in (
        ([0, 1, 2], [0, 1, 0], words),
        ([0, 1], [0, 0], words[:2]),
        ([1, 1], [0, 0], words[1:2]),
        ([0, 1], [0, 1], words[::2]),
    ):
        assert [name for name, _ in interior._chosen_images(study_of(true, said))] == expected


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra"])
def test_a_name_that_a_spreadsheet_would_compute_gets_an_apostrophe(text):
    assert _harmless(text) == f"'{text}"
    assert _harmless(f"a{text}") == f"a{text}"


# ------------------------------------------------------------------------------------------------------- comparisons


def test_a_difference_may_be_luck_from_one_in_twenty_on(study_of):
    (pair,) = compare_studies([study_of([0], [0])] * 2).pairs
    assert Pair(0, 1, pair.difference, 0.05).is_luck
    assert not Pair(0, 1, pair.difference, 0.0499).is_luck


def told_of(studies: list[Study], monkeypatch: pytest.MonkeyPatch, budget: int = 10**6) -> dict[str, Any]:
    monkeypatch.setattr(figures, "draw_corruption", lambda kind, _: kind)  # they take a tenth of a second each
    named = [dataclasses.replace(study, name="abcdefgh"[place]) for place, study in enumerate(studies)]
    return tell_comparison(compare_studies(named), PictureBook(budget))


def test_corruptions_of_up_to_four_models_are_drawn(study_of, monkeypatch):
    study = study_of([0, 1, 0], [0, 1, 1])
    four = told_of([study] * 4, monkeypatch)["corruptions"]
    assert [one["svg"] for one in four] == [curve.kind for curve in study.corruptions]
    (strength, shares), *_ = four[0]["points"]
    assert strength == f"{study.corruptions[0].points[0].strength:.2f}".replace("-", "−")
    assert len(shares) == 4
    assert told_of([study] * 5, monkeypatch)["corruptions"] == []


def test_equals_share_the_first_place_and_one_that_is_alone_has_it(study_of, monkeypatch):
    true = [0] * 20
    good, bad = study_of(true, true), study_of(true, [1] * 15 + [0] * 5)
    told = told_of([bad, good, good], monkeypatch)["sentences"]
    assert told == ["b, c share the highest accuracy, 100.00 %.", "The difference from a is significant."]
    told = told_of([good, bad, bad], monkeypatch)["sentences"]
    assert told == ["a has the highest accuracy, 100.00 %.", "The difference from b, c is significant."]
    told = told_of([bad, bad], monkeypatch)["sentences"]
    assert told == ["a, b share the highest accuracy, 25.00 %."]


def test_images_that_only_some_get_right_are_cards(study_of, monkeypatch):
    true = [0, 0, 1, 2]
    one, other = study_of(true, [0, 1, 1, 0]), study_of(true, [0, 0, 2, 0])
    cards = told_of([one, other], monkeypatch)["cards"]
    assert [card["name"].split()[-1] for card in cards] == ["1", "2"]  # 0 is right in both, 3 in none
    assert [card["true"] for card in cards] == ["cat", "dog"]
    assert [[line[0::3] for line in card["lines"]] for card in cards] == [
        [("a", False), ("b", True)],
        [("a", True), ("b", False)],
    ]
    assert [[line[1] for line in card["lines"]] for card in cards] == [["dog", "cat"], ["dog", "emu"]]
    length = len(encode_image(one.chosen.images.images[1]))
    assert len(told_of([one, other], monkeypatch, length)["cards"]) == 1
    many = study_of([0] * 25, [0] * 25), study_of([0] * 25, [1] * 25)
    assert len(told_of(list(many), monkeypatch)["cards"]) == 24
