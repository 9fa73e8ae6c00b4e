"""The model card: a README.md with a head in YAML, which the Hub reads, and a text for people.

Every number comes from the evaluation that `convlens evaluate` and the report show. Names of classes and of data are
other people's text: they are escaped, so that none of them becomes a heading, a link or HTML.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import CATALOGUE
from convlens.evaluation import Evaluation, describe_unknown, describe_worst
from convlens.exports.contents import Contents
from convlens.exports.proof import Proof
from convlens.exports.spacing import evenly_spaced
from convlens.metrics import wilson_interval
from convlens.trained_model import TrainedModel
from convlens.trained_model.stopped import notice_of_stop
from convlens.words import count_of, interval, printable, share, short, times

CARD_NAME = "README.md"
SAMPLES_FOLDER = "samples"
PLACEHOLDER = "USER/NAME"
"""Stands in the card for the repository until the folder is uploaded."""
_MOST_CLASSES = 30
_MARKS = re.compile(r"([\\`*_\[\]|~#!$])")
_LIST_MARK = re.compile(r"^(\d*)([-+=.)])")
"""At the beginning of a line: `- a`, `1. a` and `2) a` are lists, and `===` makes the line above a heading."""
_LINK = re.compile(r":(?=//)|www(?=\.)|@", re.IGNORECASE)
_JOINER = "&#8288;"
"""A word joiner, which has no width. Addresses become links without any mark, and some programs look for them when
entities and backslashes are resolved, so that only another character between its parts keeps an address as text."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture of the folder: its file, H×W or H×W×3 pixels, its class, and the model's answer."""

    file: str
    pixels: NDArray[np.uint8]
    true: str
    answer: str


def choose_pictures(contents: Contents) -> list[Sample]:
    """Return some of the samples, evenly spaced: ordinary images first, then uncertain and misclassified ones."""
    samples = contents.samples
    if samples is None:
        return []
    places = evenly_spaced(len(samples), contents.options.samples or 0).tolist()
    answers = contents.model.predict(samples.images[places]).labels.tolist()
    return [
        Sample(f"{SAMPLES_FOLDER}/{number}.png", as_picture(samples.images[place]), _true(samples, place), answer)
        for number, (place, answer) in enumerate(zip(places, answers, strict=True))
    ]


def as_picture(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image (C×H×W) as H×W, or H×W×3 in colour."""
    return image[0] if len(image) == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))


def _true(samples: Any, place: int) -> str:
    return samples.class_names[samples.labels[place]]


def write_card(
    contents: Contents,
    model: TrainedModel,
    samples: list[Sample],
    proof: Proof | None,
    has_onnx: bool,
    companion: str = "",
) -> str:
    """Return the text of the model card.

    `model` is what becomes public of the model; `companion` is the name of the file that prepares pictures, or empty.
    """
    accuracy = _accuracy(contents)
    return _template().render(
        head=head(contents, accuracy, has_onnx),
        name=contents.name,
        class_names=model.class_names,
        most_classes=_MOST_CLASSES,
        accuracy=accuracy,
        results=None if contents.evaluation is None else _results(contents.evaluation),
        samples=samples,
        facts=_facts(model),
        notes=[note for note in model.facts.get("notes") or [] if isinstance(note, str)],
        settings=model.facts.get("settings"),
        stop=notice_of_stop(model.facts),
        warnings=[check.sentence for check in contents.trust if check.verdict != "good" and check.kind != "unfinished"],
        shape=model.plan.input_shape,
        preprocessing=model.preprocessing,
        threshold=model.calibration.threshold,
        license=contents.options.license,
        has_onnx=has_onnx,
        companion=companion.removesuffix(".py"),
        proof=proof,
        repository=PLACEHOLDER,
    )


@dataclass(frozen=True)
class Accuracy:
    """How many images of which data were classified correctly, and when this was measured."""

    data: str
    correct: int
    total: int
    now: bool

    @property
    def share(self) -> float:
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        return wilson_interval(self.correct, self.total)


def _accuracy(contents: Contents) -> Accuracy | None:
    """Return the accuracy on the held-out images; without them, the one that the training measured, if it did."""
    judged, test = contents.evaluation, contents.model.facts.get("test")
    if judged is not None:
        return Accuracy(judged.data, judged.correct, judged.total, True)
    if test is None:
        return None
    return Accuracy(f"{contents.model.facts.get('data', 'its data')} test", test["correct"], test["total"], False)


def head(contents: Contents, accuracy: Accuracy | None, has_onnx: bool) -> str:
    """Return the head in YAML. Every value is written as JSON, which YAML includes."""
    lines = ["library_name: convlens", "pipeline_tag: image-classification"]
    if contents.options.license is not None:
        lines.append(f"license: {_quoted(contents.options.license.lower())}")
    lines += ["tags:", "- convlens", "- image-classification", *(["- onnx"] if has_onnx else [])]
    if accuracy is not None:
        data = _quoted(accuracy.data)
        lines += [
            "model-index:",
            f"- name: {_quoted(contents.name)}",
            "  results:",
            "  - task:",
            "      type: image-classification",
            "    dataset:",
            f"      name: {data}",
            f"      type: {_quoted(str(contents.model.facts.get('data', accuracy.data)))}",
            "    metrics:",
            "    - type: accuracy",
            "      name: accuracy",
            f"      value: {round(accuracy.share, 6)}",
        ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(printable(text) or "-", ensure_ascii=False)


def _results(judged: Evaluation) -> dict[str, Any]:
    """Return the sentences and the table of an evaluation: every class, or those with the lowest recall."""
    present = [place for place, row in enumerate(judged.classes) if row.support]
    shown = sorted(sorted(present, key=lambda place: judged.classes[place].recall)[:_MOST_CLASSES])
    rows = [
        (
            judged.class_names[place],
            f"{judged.classes[place].support:,}",
            _with_interval(judged.classes[place].recall, judged.intervals[place].recall),
            _with_interval(judged.classes[place].precision, judged.intervals[place].precision),
        )
        for place in shown
    ]
    left_out = len(present) - len(shown)
    others = f"{count_of(left_out, 'other', 'is')} left out"
    return {
        "rows": rows,
        "left_out": f"the {len(shown)} classes with the lowest recall; {others}" if left_out else "",
        "sentences": [*describe_worst(judged), describe_unknown(judged)],
        "calibration_error": share(judged.calibration_error),
        "notes": judged.notes,
    }


def _with_interval(value: float, ends: tuple[float, float]) -> str:
    return f"{share(value, 1)} ({interval(ends, 1)})" if np.isfinite(value) else share(value)


def _facts(model: TrainedModel) -> Mapping[str, str]:
    """Return what `summary` says, without what has a section of its own."""
    apart = ("test accuracy", "classes", "threshold", "finished")
    facts = {name: text for name, text in model.summary().items() if name not in apart}
    known = CATALOGUE.get(facts.get("data", ""))
    if known is not None:
        facts["data"] += f": {known.title}; licence of the data: {known.licence}"
    return facts


def escape(text: object) -> str:
    r"""Return a text as one line of Markdown, in which nothing is a mark or a link, also where it begins a line.

    >>> print(escape("a*b|<img>"), escape("1. a"), escape("www.a.bc"))
    a\*b\|&lt;img&gt; 1\. a www&#8288;.a.bc
    """
    line = html.escape(printable(str(text)).strip(), quote=False)
    return _LINK.sub(rf"\g<0>{_JOINER}", _LIST_MARK.sub(r"\1\\\2", _MARKS.sub(r"\\\1", line)))


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # takes 12 ms, and other formats do not need it

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # Markdown, not HTML: every name goes through the filter `escape` instead
    environment.filters |= {
        "text": escape,
        "short": lambda name: escape(short(name)),
        "share": share,
        "interval": interval,
        "times": times,
        "count_of": count_of,
        "json": lambda value: json.dumps(value, indent=1, ensure_ascii=False),
    }
    return environment.get_template("card.md.j2")
