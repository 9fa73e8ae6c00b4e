"""Compares several models on the same images: which is better, and whether the difference is significant."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from convlens.errors import DataError, UsageError
from convlens.metrics import PairedComparison, adjust_for_many, compare_pairs
from convlens.report import figures
from convlens.report.pictures import PictureBook
from convlens.report.study import Study
from convlens.words import count_of, interval, number, percent, share, short

MOST_MODELS = 12
_MOST_CLASSES, _MOST_CARDS = 60, 24
_LUCK = 0.05


@dataclass(frozen=True)
class Pair:
    """Two of the models (by their places), the difference between them, and p adjusted for the number of pairs."""

    first: int
    second: int
    difference: PairedComparison
    adjusted_p: float

    @property
    def is_luck(self) -> bool:
        """Whether the difference may be chance, at the level of 0.05."""
        return self.adjusted_p >= _LUCK


@dataclass(frozen=True, eq=False)
class Comparison:
    """Studies of several models on the same images, and every pair of them."""

    studies: tuple[Study, ...]
    pairs: tuple[Pair, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return every number, for JSON."""
        return {
            "models": [{"name": study.name, **study.as_dict()} for study in self.studies],
            "pairs": [
                {
                    "first": self.studies[pair.first].name,
                    "second": self.studies[pair.second].name,
                    **asdict(pair.difference),
                    "difference": pair.difference.difference,
                    "interval_95": pair.difference.interval,
                    "mcnemar_p": pair.difference.p_value,
                    "mcnemar_p_adjusted": pair.adjusted_p,
                }
                for pair in self.pairs
            ],
        }


def compare_studies(studies: Sequence[Study]) -> Comparison:
    """Compare every pair by McNemar's exact test; p values are adjusted by Holm's method.

    Raises:
        UsageError: fewer than two models, or too many for one page.
        DataError: the models were not evaluated on the same images, or have different classes.
    """
    if not 2 <= len(studies) <= MOST_MODELS:
        raise UsageError(f"{len(studies)} models given to compare; give 2 to {MOST_MODELS}.")
    first = studies[0].evaluation
    for study in studies[1:]:
        judged = study.evaluation
        if judged.class_names != first.class_names:
            raise DataError(
                f"{studies[0].name} and {study.name} have different classes, or the same in another order, so they "
                "cannot be compared. Compare models with the same classes."
            )
        if judged.data != first.data or not np.array_equal(judged.labels, first.labels):
            raise DataError(
                f"{studies[0].name} was evaluated on {first.total:,} images of {first.data}, {study.name} on "
                f"{judged.total:,} of {judged.data}, but a comparison needs the same images. Name the images for all "
                "models: convlens report A B DATA."
            )
    places = list(combinations(range(len(studies)), 2))
    found = [
        compare_pairs(first.labels, studies[one].evaluation.predicted, studies[other].evaluation.predicted)
        for one, other in places
    ]
    adjusted = adjust_for_many([pair.p_value for pair in found])
    pairs = [
        Pair(one, other, difference, p) for (one, other), difference, p in zip(places, found, adjusted, strict=True)
    ]
    return Comparison(_with_unique_names(studies), tuple(pairs))


def _with_unique_names(studies: Sequence[Study]) -> tuple[Study, ...]:
    """Return the studies with a number added to names that occur twice, as for files outside run folders."""
    names = [study.name for study in studies]
    return tuple(
        replace(study, name=f"{study.name} ({place + 1})") if names.count(study.name) > 1 else study
        for place, study in enumerate(studies)
    )


def tell_comparison(comparison: Comparison, book: PictureBook) -> dict[str, Any]:
    """Return the contents of the comparison page."""
    studies = comparison.studies
    names = [study.name for study in studies]
    return {
        "names": names,
        "data": studies[0].evaluation.data,
        "images": count_of(studies[0].evaluation.total, "image"),
        "sentences": _sentences(comparison),
        "figure": figures.draw_intervals(
            names, [s.evaluation.accuracy for s in studies], [s.evaluation.interval for s in studies]
        ),
        "facts": _facts(studies),
        "pairs": comparison.pairs,
        "classes": _classes(studies),
        "corruptions": [
            {
                "kind": curves[0].kind,
                "svg": figures.draw_corruption(curves[0].kind, list(zip(names, curves, strict=True))),
                "points": [
                    (number(points[0].strength, 2), [share(point.accuracy, 1) for point in points])
                    for points in zip(*(curve.points for curve in curves), strict=True)
                ],
            }
            for curves in zip(*(study.corruptions for study in studies), strict=True)
        ]
        if len(studies) <= 4
        else [],
        "cards": _disagreements(studies, book),
    }


def _sentences(comparison: Comparison) -> list[str]:
    """Say which model is best, and against which others the difference is significant."""
    studies = comparison.studies
    most = max(study.evaluation.correct for study in studies)
    equals = [place for place, study in enumerate(studies) if study.evaluation.correct == most]
    best, names = equals[0], ", ".join(short(studies[place].name) for place in equals)
    has = "has" if len(equals) == 1 else "share"
    told = [f"{names} {has} the highest accuracy, {share(studies[best].evaluation.accuracy)}."]
    better, same = [], []
    for pair in comparison.pairs:
        if best in (pair.first, pair.second):
            other = pair.second if pair.first == best else pair.first
            if other not in equals:
                (same if pair.is_luck else better).append(short(studies[other].name))
    if better:
        told.append(f"The difference from {', '.join(better)} is significant.")
    if same:
        told.append(f"The difference from {', '.join(same)} may be chance: there are too few images to tell.")
    return told


def _facts(studies: Sequence[Study]) -> list[tuple[str, list[str]]]:
    rows: dict[str, list[str]] = {
        "accuracy": [share(s.evaluation.accuracy) for s in studies],
        "95 % interval": [interval(s.evaluation.interval) for s in studies],
        "calibration error (equal mass)": [share(s.evaluation.equal_mass_calibration_error) for s in studies],
        "negative log-likelihood": [number(s.evaluation.negative_log_likelihood) for s in studies],
        "Brier score": [number(s.evaluation.brier) for s in studies],
        "area under risk–coverage": [number(s.evaluation.risk_coverage.area, 5) for s in studies],
        "network": [str(s.model.network) for s in studies],
        "parameters": [f"{s.model.parameters:,}" for s in studies],
        "multiply-adds per image": [f"{s.layers.multiply_adds:,}" for s in studies],
        "trained on": [str(s.model.facts.get("data", "–")) for s in studies],
        "recipe": [str(s.model.facts.get("recipe", "–")) for s in studies],
        "epochs": [str(s.model.facts.get("epochs", "–")) for s in studies],
        "seed": [str(s.model.facts.get("seed", "–")) for s in studies],
        "training time": ["–" if s.speed.seconds is None else f"{s.speed.seconds:,.1f} s" for s in studies],
    }
    return list(rows.items())


def _classes(studies: Sequence[Study]) -> dict[str, Any]:
    """Return the recall of every class in every model; if there are many classes, of those that differ most."""
    names = studies[0].evaluation.class_names
    recalls = np.array([[row.recall for row in study.evaluation.classes] for study in studies])
    order = np.arange(len(names))
    if len(names) > _MOST_CLASSES:
        spread = np.nan_to_num(recalls.max(axis=0) - recalls.min(axis=0), nan=-1)
        order = np.argsort(-spread, kind="stable")[:_MOST_CLASSES]
    rows = [(names[place], [share(float(one), 1) for one in recalls[:, place]]) for place in order.tolist()]
    more = f"The {len(order)} classes that differ most, of {len(names):,}." if len(order) < len(names) else ""
    return {"rows": rows, "more": more}


def _disagreements(studies: Sequence[Study], book: PictureBook) -> list[dict[str, Any]]:
    """Return the images that some models get right and others wrong, the most confident mistakes first."""
    labels = studies[0].evaluation.labels
    right = np.array([study.evaluation.predicted == labels for study in studies])
    (places,) = np.nonzero(right.any(axis=0) & ~right.all(axis=0))
    sure = np.array([study.evaluation.confidences.best[places] for study in studies])
    wrong_and_sure = np.where(right[:, places], 0, sure).max(axis=0, initial=0)
    cards, names = [], studies[0].evaluation.class_names
    for index in places[np.argsort(-wrong_and_sure, kind="stable")][:_MOST_CARDS].tolist():
        address = book.add(studies[0].chosen.images.images[index])
        if address is None:
            break
        lines = []
        for study in studies:
            said = int(study.evaluation.predicted[index])
            probability = percent(float(study.evaluation.confidences.best[index]))
            lines.append((study.name, names[said], probability, said == labels[index]))
        cards.append({"address": address, "name": studies[0].chosen.name_of(index), "true": names[labels[index]],
                      "lines": lines})  # fmt: skip
    return cards
