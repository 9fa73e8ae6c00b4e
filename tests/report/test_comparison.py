"""Models side by side: every pair by SciPy's test, what is said of it, and what cannot be compared."""

import dataclasses
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import accuracy_score, recall_score

from convlens.data import Dataset
from convlens.errors import DataError, UsageError
from convlens.files import write_atomically
from convlens.report import Study, compare_studies, study_model, write_report
from convlens.report.page import write_comparison
from convlens.training import train

PETS = ("cat", "dog", "emu")


@pytest.fixture(scope="module")
def studies(digits_study: Study, digits_8x8: Dataset) -> tuple[Study, Study, Study]:
    """The digits' run, a better model and a bad one, under the names a, b and c."""
    better = train(digits_8x8, network="conv 8 3x3 pad 1, relu, maxpool 2, dense", epochs=20, threads=1)
    bad = train(digits_8x8, network="dense", epochs=1, learning_rate=0.001, threads=1)
    others = (study_model(model, digits_8x8) for model in (better, bad))
    first, second, third = (
        dataclasses.replace(study, name=name) for name, study in zip("abc", (digits_study, *others), strict=True)
    )
    return first, second, third


@pytest.fixture(scope="module")
def page(studies: tuple[Study, ...], tmp_path_factory: pytest.TempPathFactory, read_page: Any) -> Any:
    folder = tmp_path_factory.mktemp("comparison")
    return read_page(write_atomically(folder / "report.html", write_comparison(compare_studies(studies))))


def said(study: Study) -> np.ndarray:
    return study.model.logits(study.chosen.images.images).argmax(1)


def right(study: Study) -> np.ndarray:
    return said(study) == study.chosen.images.labels


def mcnemar(first: Study, second: Study) -> float:
    """SciPy's exact p that images which only one of two models gets right are a coin's throws."""
    only_first, only_second = (right(first) & ~right(second)).sum(), (~right(first) & right(second)).sum()
    return float(scipy.stats.binomtest(int(only_first), int(only_first + only_second), 0.5).pvalue)


def holm(p_values: list[float]) -> list[float]:
    order, adjusted = np.argsort(p_values, kind="stable"), np.empty(len(p_values))
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def test_every_number_of_two_models(studies):
    first, second, _ = studies
    found = json.loads(json.dumps(compare_studies([first, second]).as_dict(), allow_nan=False))
    assert [model["name"] for model in found["models"]] == ["a", "b"]
    for model, study in zip(found["models"], (first, second), strict=True):
        assert model["accuracy"] == pytest.approx(accuracy_score(study.chosen.images.labels, said(study)), abs=1e-9)
    (pair,) = found["pairs"]
    gained, lost = (right(first) & ~right(second)).sum(), (~right(first) & right(second)).sum()
    assert (pair["first"], pair["second"], pair["images"]) == ("a", "b", 297)
    assert (pair["only_first"], pair["only_second"]) == (gained, lost)
    assert pair["difference"] == pytest.approx(right(first).mean() - right(second).mean(), abs=1e-9)
    assert pair["mcnemar_p"] == pytest.approx(mcnemar(first, second), rel=1e-9, abs=1e-15)
    assert pair["mcnemar_p_adjusted"] == pair["mcnemar_p"]
    # Bonett and Price: a case more of each kind, then the textbook interval of a difference of paired shares.
    q1, q2 = (gained + 1) / 299, (lost + 1) / 299
    half = scipy.stats.norm.ppf(0.975) * np.sqrt((q1 + q2 - (q1 - q2) ** 2) / 299)
    assert pair["interval_95"] == pytest.approx([q1 - q2 - half, q1 - q2 + half], abs=1e-9)


def test_of_three_models_all_pairs_are_tested_and_adjusted(studies):
    found = compare_studies(studies).as_dict()["pairs"]
    assert [(pair["first"], pair["second"]) for pair in found] == list(combinations("abc", 2))
    expected = [mcnemar(first, second) for first, second in combinations(studies, 2)]
    assert [pair["mcnemar_p"] for pair in found] == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert [pair["mcnemar_p_adjusted"] for pair in found] == pytest.approx(holm(expected), rel=1e-9, abs=1e-15)
    assert max(expected) < 1


def test_the_page_shows_every_pair(page, studies):
    rows = page.one("section", id="pairs").one("table").rows
    for row, pair in zip(rows, compare_studies(studies).as_dict()["pairs"], strict=True):
        low, high = pair["interval_95"]
        adjusted = pair["mcnemar_p_adjusted"]
        assert row == [
            pair["first"],
            pair["second"],
            f"{pair['only_first']}",
            f"{pair['only_second']}",
            f"{100 * pair['difference']:.2f} %".replace("-", "−"),
            f"{100 * low:.2f} to {100 * high:.2f} %".replace("-", "−"),
            "<0.0001" if pair["mcnemar_p"] < 0.0001 else f"{pair['mcnemar_p']:.4f}",
            "<0.0001" if adjusted < 0.0001 else f"{adjusted:.4f}",
            "significant" if adjusted < 0.05 else "may be chance",
        ]


def test_the_page_shows_the_models_side_by_side(page, studies):
    facts = {row[0]: row[1:] for row in page.one("section", id="facts").one("table").rows}
    assert facts["accuracy"] == [f"{100 * right(study).mean():.2f} %" for study in studies]
    assert facts["parameters"] == [f"{study.model.parameters:,}" for study in studies]
    assert facts["network"] == [str(study.model.network) for study in studies]
    assert facts["epochs"] == ["4", "20", "1"]
    recalls = page.one("section", id="classes").one("table").rows
    one_by_one: Any = None
    of_each: Any = [recall_score(s.chosen.images.labels, said(s), average=one_by_one) for s in studies]
    assert recalls == [[str(place), *(f"{100 * each[place]:.1f} %" for each in of_each)] for place in range(10)]


def test_the_page_shows_images_of_which_the_models_say_different_things(page, studies):
    cards = page.one("section", id="disagreements").all("li")
    assert len(cards) == 24
    some = np.any([right(study) for study in studies], axis=0) & ~np.all([right(study) for study in studies], axis=0)
    for card in cards:
        index = int(card.all("p", class_="where")[-1].text.removeprefix("digits test "))
        assert some[index]
        for line, study in zip(card.all("dt"), studies, strict=True):
            assert line.attributes["title"] == study.name
            assert line.text.replace(" ", "").endswith(f"{said(study)[index]}{'✓' if right(study)[index] else '✗'}")


def test_the_page_is_whole_and_names_its_models(page):
    assert page.one("h1").text == "Comparison of 3 models"
    assert "All models were evaluated on the same 297 images of digits test." in page.one("header").text
    assert len(page.one("section", id="corruptions").all("svg")) == 6
    ids = [element.attributes["id"] for element in page if "id" in element.attributes]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    for table in page.all("table"):
        assert {head.attributes.get("scope") for head in table.all("th")} == {"col", "row"}
    assert [image for image in page.all("img") if not image.attributes.get("alt", "").strip()] == []


def painted(make_reader, show, answers: dict[str, list[int]], true: list[int]) -> list[Study]:
    """A study for each list of answers: one model says what it is shown, so it is the images that differ."""
    model = make_reader(PETS)
    found = []
    for name, given in answers.items():
        study = study_model(model, show(PETS, true, given))
        found.append(dataclasses.replace(study, name=name))
    return found


def test_the_numbers_of_a_pair_are_those_worked_out_by_hand(make_reader, show):
    # Five images are right only in one, none only in the other: p = 2 / 2⁵, and of (5, 2) it is 2 · (1 + 7 + 21) / 2⁷.
    true = [0] * 12
    answers = {"a": [0] * 12, "b": [0] * 7 + [1] * 5, "c": [1] * 2 + [0] * 10}
    found = compare_studies(painted(make_reader, show, answers, true)).as_dict()["pairs"]
    assert [(pair["only_first"], pair["only_second"]) for pair in found] == [(5, 0), (2, 0), (2, 5)]
    assert [pair["mcnemar_p"] for pair in found] == pytest.approx([0.0625, 0.5, 0.453125], abs=1e-12)
    # Holm: the least p three times, the next one twice, and none below the one before it.
    assert [pair["mcnemar_p_adjusted"] for pair in found] == pytest.approx([0.1875, 0.90625, 0.90625], abs=1e-12)
    assert [pair["difference"] for pair in found] == pytest.approx([5 / 12, 2 / 12, -3 / 12])


def sentences(studies: list[Study], read_page) -> str:
    return read_page(write_comparison(compare_studies(studies))).one("header").text


def test_more_than_luck_and_perhaps_luck_are_told_apart(make_reader, show, read_page):
    true = [0] * 20
    answers = {"good": [0] * 20, "worse": [0] * 18 + [1] * 2, "bad": [0] * 5 + [1] * 15}
    told = sentences(painted(make_reader, show, answers, true), read_page)
    # 2 against 0 has p = 0.5, 15 against 0 has p = 2 / 2¹⁵, three times that after Holm.
    assert "good has the highest accuracy, 100.00 %." in told
    assert "The difference from bad is significant." in told
    assert "The difference from worse may be chance: there are too few images to tell." in told


def test_no_model_is_called_the_best_of_equals(make_reader, show, read_page):
    studies = painted(make_reader, show, {"one": [0, 0, 1, 0], "other": [0, 0, 0, 1]}, [0, 0, 0, 0])
    assert "one is right most often" not in sentences(studies, read_page)


def test_the_same_answers_leave_nothing_to_tell_apart(make_reader, show, read_page):
    studies = painted(make_reader, show, {"one": [0, 1, 2], "other": [0, 1, 2]}, [0, 1, 1])
    (pair,) = compare_studies(studies).as_dict()["pairs"]
    assert (pair["only_first"], pair["only_second"], pair["difference"], pair["mcnemar_p"]) == (0, 0, 0, 1)
    page = read_page(write_comparison(compare_studies(studies)))
    assert "All models are right and wrong on the same images." in page.one("section", id="disagreements").text


def test_classes_that_are_not_there_have_no_recall(make_reader, show, read_page):
    studies = painted(make_reader, show, {"one": [0, 1], "other": [0, 2]}, [0, 0])
    rows = read_page(write_comparison(compare_studies(studies))).one("section", id="classes").one("table").rows
    assert rows == [["cat", "50.0 %", "50.0 %"], ["dog", "–", "–"], ["emu", "–", "–"]]


def test_of_many_classes_those_that_differ_most_are_shown(make_reader, show, read_page):
    names = tuple(f"class {number}" for number in range(70))
    true = np.arange(140) % 70
    model = make_reader(names)
    one, other = (
        dataclasses.replace(study_model(model, show(names, true, said)), name=name)
        for name, said in (("one", true), ("other", np.where(true == 65, 3, true)))
    )
    part = read_page(write_comparison(compare_studies([one, other]))).one("section", id="classes")
    assert part.one("p").text == "The 60 classes that differ most, of 70."
    rows = part.one("table").rows
    assert len(rows) == 60
    assert rows[0] == ["class 65", "100.0 %", "0.0 %"]


def test_models_of_one_name_can_be_told_apart(digits_study, digits_8x8, read_page):
    # Files outside of their run folders are all called model.safetensors, and models in memory have no name at all.
    path = write_report([digits_study.model, digits_study.model], digits_8x8)
    heads = [head.text for head in read_page(path).one("section", id="facts").one("thead").all("bdi")]
    assert len(set(heads)) == 2


def test_several_models_through_write_report(digits_run, digits_study, digits_8x8, read_page):
    digits_study.model.save("again.safetensors")
    path = write_report([digits_run, Path("again.safetensors")], digits_8x8, "two.html")
    heads = [head.text for head in read_page(path).one("section", id="facts").one("thead").all("bdi")]
    assert heads == ["digits-run", "again"]


def test_one_model_cannot_be_compared(studies):
    with pytest.raises(UsageError, match=r"^1 models? given to compare; give 2 to 12\.$"):
        compare_studies(studies[:1])


def test_more_models_than_anybody_reads_are_refused(studies):
    assert len(compare_studies([studies[0]] * 12).pairs) == 66
    with pytest.raises(UsageError, match=r"^13 models given to compare; give 2 to 12\.$"):
        compare_studies([studies[0]] * 13)


def test_other_classes_are_refused(make_reader, show):
    studies = [
        study_model(make_reader(names), show(names, [0, 1], [0, 1])) for names in (("cat", "dog"), ("dog", "cat"))
    ]
    with pytest.raises(DataError, match="model and model have different classes, or the same in another order, so"):
        compare_studies(studies)


def test_other_images_are_refused(make_reader, show, digits_study):
    names = ("cat", "dog")
    model = make_reader(names)
    all_of_them, fewer = study_model(model, show(names, [0, 1, 1], [0, 1, 0])), show(names, [0, 1], [0, 1])
    message = "model was evaluated on 3 images of painted, model on 2 of painted, but a comparison needs the same"
    with pytest.raises(DataError, match=message):
        compare_studies([all_of_them, study_model(model, fewer)])
    elsewhere = show(names, [0, 1, 1], [0, 1, 0], "other images")
    with pytest.raises(DataError, match="model was evaluated on 3 images of painted, model on 3 of other images"):
        compare_studies([all_of_them, study_model(model, elsewhere)])
    relabelled = show(names, [1, 0, 1], [0, 1, 0])
    with pytest.raises(DataError, match="Name the images for all models: convlens report A B DATA"):
        compare_studies([all_of_them, study_model(model, relabelled)])
