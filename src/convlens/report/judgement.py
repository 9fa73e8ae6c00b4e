"""The sections of the page with results: summary, classes, confusions, errors, label errors, confidence, corruptions.

Numbers become text and pictures here, so that the template only has to lay them out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from convlens.evaluation import (
    Evaluation,
    ImagesToJudge,
    SuspectedLabel,
    TrustCheck,
    describe_unknown,
    describe_worst,
)
from convlens.report import figures
from convlens.report.pictures import PictureBook, encode_shares
from convlens.report.study import Study
from convlens.words import count_of, interval, number, percent, share, short

MOST_CLASSES_IN_MATRIX = 30
_MOST_PAIRS = 40
_MOST_BEHIND_CELL, _MOST_RIGHT_BEHIND_CELL = 24, 8
_MOST_CARDS = 24
_RISKS = (0.05, 0.02, 0.01, 0.005, 0.001)


def tell_verdict(study: Study) -> dict[str, Any]:
    """Return the summary at the top of the page."""
    judged = study.evaluation
    copies = next((check for check in study.trust if check.kind == "copies"), None)
    return {
        "images": count_of(judged.total, "image"),
        "wrong": judged.total - judged.correct,
        "worst": describe_worst(judged),
        "unknown": describe_unknown(judged),
        "trust": tell_trust(study.trust),
        "apart": copies is not None and copies.verdict != "unknown",
        "copies": copies is not None and copies.count > 0,
        "figure": _recall_figure(judged),
    }


def tell_trust(checks: Sequence[TrustCheck]) -> dict[str, Any]:
    """Return the checks, worst first, and a sentence that sums them up."""
    order = ("bad", "warning", "unknown", "good")
    worst = min((order.index(check.verdict) for check in checks), default=3)
    sentences = (
        "These numbers should not be trusted.",
        "Read these numbers with care.",
        "No problems found with this test set, as far as it could be checked.",
        "No problems found with this test set.",
    )
    marks = {"bad": "✗", "warning": "!", "unknown": "?", "good": "✓"}
    words = {"bad": "problem", "warning": "warning", "unknown": "not checked", "good": "good"}
    rows = [
        {"verdict": check.verdict, "mark": marks[check.verdict], "word": words[check.verdict], "text": check.sentence}
        for check in sorted(checks, key=lambda check: order.index(check.verdict))
    ]
    return {"sentence": sentences[worst], "verdict": order[worst], "checks": rows}


def _recall_figure(judged: Evaluation) -> dict[str, str]:
    present = [place for place, row in enumerate(judged.classes) if row.support]
    chosen = present
    caption = "Recall of each class, with 95 % intervals; the dashed line is the accuracy on all images."
    if len(present) > figures.MOST_CLASSES:
        chosen = sorted(present, key=lambda place: judged.classes[place].recall)[: figures.MOST_CLASSES]
        worst = f"{figures.MOST_CLASSES} worst of {len(present):,} classes"
        caption = f"Recall of the {worst}, with 95 % intervals; the dashed line is the accuracy on all images."
    svg = figures.draw_intervals(
        [judged.class_names[place] for place in chosen],
        [judged.classes[place].recall for place in chosen],
        [judged.intervals[place].recall for place in chosen],
        judged.accuracy,
    )
    return {"svg": svg, "caption": caption}


def tell_confusion(study: Study, book: PictureBook) -> dict[str, Any]:
    """Return the confusion matrix as a table if it fits on a screen, else as a picture with a list of the most frequent
    confusions; and the images of its cells.
    """
    judged, classes = study.evaluation, len(study.evaluation.class_names)
    small = classes <= MOST_CLASSES_IN_MATRIX
    wrong = judged.confusion * (1 - np.eye(classes, dtype=np.int64))
    places = np.flatnonzero(wrong)
    places = places[np.argsort(-wrong.flat[places], kind="stable")]
    pairs = [divmod(place, classes) for place in places[: None if small else _MOST_PAIRS].tolist()]
    right = [(place, place) for place in range(classes) if judged.confusion[place, place]] if small else []
    behind = {pair: _images_behind(study, pair, book) for pair in (*pairs, *right)}
    rows = [_matrix_row(judged, true, behind, int(wrong.max())) for true in range(classes)] if small else []
    frequent = (
        []
        if small
        else [(_id_of(pair), *(judged.class_names[one] for one in pair), int(wrong[pair])) for pair in pairs]
    )
    return {
        "rows": rows,
        "frequent": frequent,
        "pairs": len(places),
        "picture": "" if small else encode_shares(_shares_of(judged.confusion)),
        "behind": [{"id": _id_of(pair), **shown} for pair, shown in behind.items()],
    }


def _id_of(pair: tuple[int, int]) -> str:
    return "cell-{}-{}".format(*pair)


def _matrix_row(
    judged: Evaluation, true: int, behind: dict[tuple[int, int], dict[str, Any]], most_wrong: int
) -> dict[str, Any]:
    """Return a row of the table.

    The tone of a right answer is its share of the row. The tone of a mistake is its count relative to the most
    frequent mistake; relative to the right answers, all mistakes would look pale.
    """
    support = max(int(judged.confusion[true].sum()), 1)
    cells = []
    for said, amount in enumerate(judged.confusion[true].tolist()):
        shown = behind.get((true, said))
        tone = amount / support if true == said else (amount / max(most_wrong, 1)) ** 0.5
        cells.append(
            {
                "count": amount,
                "tone": round(tone, 3),
                "right": true == said,
                "id": _id_of((true, said)) if shown else "",
                "label": shown["title"] if shown else "",
            }
        )
    return {"name": judged.class_names[true], "cells": cells}


def _shares_of(confusion: np.ndarray) -> np.ndarray:
    """Return each row as shares of its sum, so that small classes are visible, too."""
    return confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)


def _images_behind(study: Study, pair: tuple[int, int], book: PictureBook) -> dict[str, Any]:
    """Return the images of one cell: the most confident mistakes first, or the least confident right answers first."""
    judged, (true, said) = study.evaluation, pair
    (places,) = np.nonzero((judged.labels == true) & (judged.predicted == said))
    sureness = judged.confidences.best[places]
    order = places[np.argsort(sureness if true == said else -sureness, kind="stable")]
    most = _MOST_RIGHT_BEHIND_CELL if true == said else _MOST_BEHIND_CELL
    pictures = []
    for index in order[:most].tolist():
        address = book.add(study.chosen.images.images[index])
        if address is None:
            break
        caption = percent(float(judged.confidences.best[index]))
        pictures.append({"address": address, "name": study.chosen.name_of(index), "caption": caption})
    names = judged.class_names
    what = f"{short(names[true])}, predicted correctly"
    what = what if true == said else f"{short(names[true])}, predicted as {short(names[said])}"
    title = f"{what}: {count_of(len(places), 'image')}"
    which = "those with the lowest confidence" if true == said else "the most confident mistakes"
    missing = len(places) - len(pictures)
    return {
        "title": title,
        "pictures": pictures,
        "more": f"{len(pictures):,} of {len(places):,} are shown: {which}." if missing else "",
    }


def tell_errors(study: Study, book: PictureBook) -> list[dict[str, Any]]:
    """Return cards of the most confident errors."""
    judged = study.evaluation
    cards = [
        _card(study.chosen, judged.probabilities_of(index), index, int(judged.labels[index]), book)
        for index in judged.hardest_errors(_MOST_CARDS).tolist()
    ]
    return [card for card in cards if card]


def tell_label_errors(
    images: ImagesToJudge, found: Sequence[SuspectedLabel], book: PictureBook
) -> list[dict[str, Any]]:
    """Return cards of the most suspect labels, with the given and the suggested class."""
    names, cards = images.images.class_names, []
    for one in found[:_MOST_CARDS]:
        address = book.add(images.images.images[one.index])
        if address is not None:
            lines = [(names[one.suggested], percent(one.suggested_probability), False),
                     (names[one.given], percent(one.given_probability), True)]  # fmt: skip
            cards.append({"address": address, "name": images.name_of(one.index), "lines": lines})
    return cards


def _card(
    chosen: ImagesToJudge, probabilities: np.ndarray, index: int, true: int, book: PictureBook
) -> dict[str, Any] | None:
    """Return an image with its likeliest classes, and its true class if it is not among them."""
    address = book.add(chosen.images.images[index])
    if address is None:
        return None
    names = chosen.images.class_names
    likely = np.argsort(-probabilities, kind="stable")[:2].tolist()
    lines = [*likely, *([true] if true not in likely else [])]
    return {
        "address": address,
        "name": chosen.name_of(index),
        "lines": [(names[place], percent(float(probabilities[place])), place == true) for place in lines],
    }


def tell_confidence(judged: Evaluation) -> dict[str, Any]:
    """Return the calibration of the model, before and after temperature, and its error rate at several thresholds."""
    fitted = judged.calibration.images > 0 or judged.calibration.temperature != 1
    equal_mass = judged.equal_mass_calibration_error_before, judged.equal_mass_calibration_error
    equal_width = judged.calibration_error_before, judged.calibration_error
    rows = [
        ("expected calibration error, 15 bins with equal numbers of images", *map(share, equal_mass)),
        ("expected calibration error, 15 bins of equal width", *map(share, equal_width)),
        ("negative log-likelihood, nats", number(judged.loss), number(judged.negative_log_likelihood)),
        ("Brier score, 0 to 2", number(judged.brier_before), number(judged.brier)),
    ]
    after, before = judged.confidences.reliability(), judged.confidences_before.reliability()
    answered = judged.answered
    at_threshold = (answered.coverage, answered.error) if answered is not None and answered.answered else None
    return {
        "fitted": fitted,
        "images": count_of(judged.calibration.images, "held-out image"),
        "rows": rows,
        "reliability": figures.draw_reliability(after, before if fitted else ()),
        "bins": [
            (f"{bin.images:,}", percent(bin.confidence), share(bin.accuracy, 1), interval(bin.interval, 1))
            for bin in after
        ],
        "risk": figures.draw_risk(judged.risk_coverage, at_threshold),
        "thresholds": [_bought(judged, risk) for risk in _RISKS],
        "unknown": describe_unknown(judged),
    }


def _bought(judged: Evaluation, risk: float) -> tuple[str, str, str]:
    """Return the threshold and coverage on these images if at most `risk` of the answers may be wrong."""
    left = judged.risk_coverage.at_risk(risk)
    place = np.searchsorted(judged.risk_coverage.answered, left.answered) if left.answered else None
    threshold = "none" if place is None else percent(float(judged.risk_coverage.thresholds[place]))
    return f"{100 * risk:g} %", threshold, share(left.coverage, 1)


def tell_corruptions(study: Study) -> dict[str, Any]:
    """Return a small figure for each kind of corruption, with its table."""
    curves = []
    for curve in study.corruptions:
        points = [(f"{point.strength:.2g}".replace("-", "−"), share(point.accuracy, 1), interval(point.interval, 1))
                  for point in curve.points]  # fmt: skip
        svg = figures.draw_corruption(curve.kind, [(study.name, curve)])
        curves.append({"kind": curve.kind, "unit": curve.unit, "svg": svg, "points": points})
    return {"images": count_of(study.corruptions[0].points[0].total, "image"), "curves": curves}
