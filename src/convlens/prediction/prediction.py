"""What a model says of one image."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import DataError
from convlens.habits import explains_names
from convlens.notebook import Html, html_picture, html_table
from convlens.pixels import encode_png
from convlens.preprocessing import Step
from convlens.words import percent, shorten


@explains_names
@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model says of one image.

    Attributes:
        class_name: the likeliest class; the best guess where the answer is `unknown`, empty where there is none.
        probability: of that class.
        probabilities: of all classes, in the order of `class_names`; they add up to 1.
        notes: what was done to the image to make it like the training images.
        pixels: what the network saw, uint8, channels × height × width.
        why_unknown: why this is no answer, in words; empty where it is one.
        steps: the pictures on the way from the original to `pixels`; kept of the first hundred images of a call.
        name: of the image: its path, `mnist:7`, or empty where it came without one.
        true_class: the label that came with it; empty where none came.
        error: why the image could not be read; None where it could. Then `failed` and `unknown` are true, and the
            probabilities are NaN.
    """

    class_name: str
    probability: float
    probabilities: NDArray[np.float64]
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    pixels: NDArray[np.uint8]
    why_unknown: str = ""
    steps: tuple[Step, ...] = ()
    name: str = ""
    true_class: str = ""
    error: DataError | None = None

    @property
    def unknown(self) -> bool:
        """Whether the model does not know: it is too unsure, or the image is of another kind than it was trained on."""
        return bool(self.why_unknown)

    @property
    def failed(self) -> bool:
        """Whether the image could not be read."""
        return self.error is not None

    def __eq__(self, other: object) -> bool:
        """Whether the same was said of the same pixels. Names and steps don't count."""
        if not isinstance(other, Prediction):
            return NotImplemented
        return (
            self.class_names == other.class_names
            and (self.notes, self.why_unknown) == (other.notes, other.why_unknown)
            and np.array_equal(self.probabilities, other.probabilities, equal_nan=True)
            and np.array_equal(self.pixels, other.pixels)
        )

    def __hash__(self) -> int:
        return hash((self.class_name, self.class_names, self.probabilities.tobytes()))

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Prediction(failed, {self.name!r} could not be read)"
        if self.unknown:
            return f"Prediction(unknown, best guess {self.class_name!r}, probability={self.probability:.4f})"
        return f"Prediction({self.class_name!r}, probability={self.probability:.4f})"

    def top(self, count: int = 3) -> list[tuple[str, float]]:
        """The likeliest classes with their probabilities, likeliest first; none of an image that could not be read."""
        if self.failed:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: class, probability, whether and why it is unknown, all probabilities by class name, notes.

        And `true_class` where a label came with the image.
        """
        values: list[float | None] = [None] * len(self.class_names) if self.failed else self.probabilities.tolist()
        known = {"true_class": self.true_class} if self.true_class else {}
        return {
            "class": None if self.failed else self.class_name,
            "probability": None if self.failed else self.probability,
            "unknown": self.unknown,
            "why_unknown": self.why_unknown,
            "probabilities": dict(zip(self.class_names, values, strict=True)),
            "notes": list(self.notes),
            **known,
        }

    def _repr_html_(self) -> str:
        rows = [[name, percent(share)] for name, share in self.top(3)]
        said = [text for text in (self.why_unknown, "; ".join(self.notes)) if text]
        return html_table(
            f"Prediction{self.name and f' of {shorten(self.name, 60)}'}: {self.answer}",
            [["", self._picture()], *rows],
            below=said,
        )

    @property
    def answer(self) -> str:
        """The answer in a word or three: the class, or that it is unknown, with the best guess.

        >>> Prediction("cat", 0.4, np.array([0.4, 0.6]), ("cat", "dog"), (), np.zeros((1, 2, 2)), "too unsure").answer
        'unknown, best guess cat'
        """
        if self.failed:
            return "could not be read"
        return f"unknown, best guess {self.class_name}" if self.unknown else self.class_name

    def _picture(self, shown: int = 96) -> Html:
        return Html("") if self.failed else html_picture(encode_png(self.pixels.transpose(1, 2, 0)), shown, self.answer)

    def html_cells(self, place: int, named: bool) -> list[str]:
        """The cells of this prediction in a table of several: number, picture, name where images have names, answer,
        probability, remarks.
        """
        remarks = self.why_unknown or "; ".join(self.notes)
        share = "" if self.failed else percent(self.probability)
        name = [shorten(self.name, 60)] if named else []
        return [str(place), self._picture(48), *name, self.answer, share, shorten(remarks, 160)]
