"""One study, or several side by side, as an HTML page: jinja2 fills the templates and escapes all text.

The page is self-contained: it has no script, and its content security policy forbids the browser to fetch anything.
"""

import base64
from datetime import datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from convlens.report import interior, judgement
from convlens.report.comparison import Comparison, tell_comparison
from convlens.report.pictures import PictureBook
from convlens.report.study import Study
from convlens.report.training_labels import TrainingLabels, write_label_errors
from convlens.words import count_of, interval, number, percent, share, times

PICTURES_BUDGET = 2_500_000
"""Most bytes of dataset images in one page: about five thousand MNIST images, or a few hundred photographs."""
_MOST_ROWS_IN_FILE = 2000
_TEMPLATES = Path(__file__).parent / "templates"


def write_page(study: Study, training: TrainingLabels | None = None) -> str:
    """Return the report of one model as HTML."""
    book = PictureBook(PICTURES_BUDGET)
    errors = judgement.tell_errors(study, book)
    rows = write_label_errors(study, training, _MOST_ROWS_IN_FILE)
    return _render(
        "report.html.j2",
        title=f"Report: {study.name}",
        name=study.name,
        judged=study.evaluation,
        verdict=judgement.tell_verdict(study),
        errors=errors,
        label_errors=judgement.tell_label_errors(study.chosen, study.label_errors, book),
        label_errors_count=count_of(len(study.label_errors), "label"),
        training_labels=_tell_training_labels(training, book),
        label_errors_file=f"data:text/csv;charset=utf-8;base64,{base64.b64encode(rows.encode()).decode()}",
        confusion=judgement.tell_confusion(study, book),
        confidence=judgement.tell_confidence(study.evaluation),
        corruptions=judgement.tell_corruptions(study),
        training=interior.tell_training(study),
        layers=interior.tell_layers(study),
        kernels=interior.tell_kernels(study),
        maps=interior.tell_maps(study),
    )


def write_comparison(comparison: Comparison) -> str:
    """Return a comparison of several models side by side as HTML."""
    book = PictureBook(PICTURES_BUDGET)
    return _render("comparison.html.j2", title="Comparison", **tell_comparison(comparison, book))


def _tell_training_labels(training: TrainingLabels | None, book: PictureBook) -> dict[str, Any] | None:
    if training is None:
        return None
    return {
        "count": count_of(len(training.label_errors), "label"),
        "images": count_of(len(training.learned_from.images), "training image"),
        "folds": training.folds,
        "cards": judgement.tell_label_errors(training.learned_from, training.label_errors, book),
    }


def _render(template: str, **content: Any) -> str:
    made = f"{datetime.now():%d %B %Y}".lstrip("0")
    return _environment().get_template(template).render(made=made, version=metadata.version("convlens"), **content)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"interval": interval, "number": number, "percent": percent, "share": share, "times": times}
    environment.filters["whole"] = "{:,}".format
    environment.filters["drawing"] = Markup  # our figures; matplotlib has escaped the names in them
    environment.globals["style"] = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment
