"""Models side by side: which is better, and whether that is more than luck."""

import dataclasses
import json

import numpy as np
import pytest
from scipy.stats import binomtest

from convlens.errors import DataError, UsageError
from convlens.report import compare_studies, study_model, write_report
from convlens.report.page import write_comparison

NAMES = ("cat", "dog", "emu")
TRUE = [0] * 40 + [1] * 40 + [2] * 40


def said(wrong_at: range) -> np.ndarray:
    """The true classes, but the next one at these places."""
    labels = np.array(TRUE)
    labels[wrong_at] = (labels[wrong_at] + 1) % 3
    return labels


@pytest.fixture
def study_that_errs(make_reader, show):
    """A function: a name and the places of the wrong answers → a study; the images are the same for all but in what
    the model sees.
    """

    def make(name, wrong_at):
        return dataclasses.replace(study_model(make_reader(NAMES), show(NAMES, TRUE, said(wrong_at))), name=name)

    return make


def test_a_pair_has_the_numbers_of_mcnemars_test(study_that_errs):
    # Wrong are 0 to 29 in one and 20 to 34 in the other: 20 only in the first, 5 only in the second.
    comparison = compare_studies([study_that_errs("many", range(30)), study_that_errs("few", range(20, 35))])
    (pair,) = comparison.pairs
    assert (pair.difference.only_first, pair.difference.only_second) == (5, 20)
    assert pair.difference.p_value == pytest.approx(binomtest(5, 25, 0.5).pvalue, abs=1e-9)
    told = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))["pairs"][0]
    assert (told["first"], told["second"]) == ("many", "few")
    assert told["difference"] == pytest.approx(-15 / 120)
    assert told["mcnemar_p"] == told["mcnemar_p_adjusted"] == pair.difference.p_value


def test_p_values_of_three_models_are_adjusted(study_that_errs):
    studies = [study_that_errs("a", range(9)), study_that_errs("b", range(0)), study_that_errs("c", range(2))]
    comparison = compare_studies(studies)
    p = [binomtest(0, 9, 0.5).pvalue, binomtest(0, 7, 0.5).pvalue, 1.0 / 2]  # a–b, a–c, b–c: 2 · ½²
    assert [pair.difference.p_value for pair in comparison.pairs] == pytest.approx(p, abs=1e-9)
    assert [pair.adjusted_p for pair in comparison.pairs] == pytest.approx([3 * p[0], 2 * p[1], p[2]], abs=1e-9)


def test_the_page_says_who_is_better_and_where_it_may_be_luck(study_that_errs, read_page):
    studies = [study_that_errs("bad", range(40)), study_that_errs("good", range(0)), study_that_errs("fair", range(2))]
    page = read_page(write_comparison(compare_studies(studies)))
    assert "good is right most often, 100.00 %." in page.text
    assert "That is more than luck against bad." in page.text
    assert "Against fair the difference may be luck" in page.text
    verdicts = [row[-1] for row in page.one("section", id="pairs").one("table").rows]
    assert verdicts == ["more than luck", "more than luck", "may be luck"]
    recalls = page.one("section", id="classes").one("table").rows
    assert recalls[0] == ["cat", "0.0 %", "100.0 %", "95.0 %"]
    assert len(page.one("section", id="disagreements").all("img")) == 24


def test_models_that_agree_in_all_have_nothing_to_show(study_that_errs, read_page):
    page = read_page(
        write_comparison(compare_studies([study_that_errs("a", range(3)), study_that_errs("b", range(3))]))
    )
    assert "They are right and wrong on the same images." in page.text


def test_what_cannot_be_compared_is_refused(study_that_errs, make_reader, show):
    one = study_that_errs("one", range(3))
    with pytest.raises(UsageError, match=r"^1 models to compare: give 2 to 12\.$"):
        compare_studies([one])
    with pytest.raises(UsageError, match=r"^13 models to compare: give 2 to 12\.$"):
        compare_studies([one] * 13)
    others = ("ant", "bee", "cow")
    with pytest.raises(DataError, match="know other classes, or in another order, so they cannot be compared"):
        compare_studies([one, study_model(make_reader(others), show(others, TRUE, said(range(3))))])
    fewer = study_model(make_reader(NAMES), show(NAMES, TRUE[:50], said(range(3))[:50]))
    with pytest.raises(DataError, match=r"^one was judged on 120 images of painted, model on 50 of painted; only the "):
        compare_studies([one, fewer])


def test_from_python_a_list_of_models_is_compared(make_reader, show, tmp_path):
    images = show(NAMES, TRUE, said(range(3)))
    path = write_report([make_reader(NAMES), make_reader(NAMES)], images, tmp_path / "both.html")
    assert "Comparison of 2 models" in path.read_text(encoding="utf-8")
