"""The prediction for one image."""

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
    """A model's prediction for one image.

    Attributes:
        class_name: the likeliest class. It is a best guess if the answer is `unknown`, and empty if the image could
            not be read.
        probability: the probability of that class, 0 to 1.
        probabilities: the probabilities of all classes, in the order of `class_names`; they add up to 1.
        notes: how the image was changed to resemble the training images.
        pixels: the network's input, uint8, channels × height × width.
        why_unknown: why the answer is `unknown`; empty if it is not.
        steps: the image after each step from the original to `pixels`; kept for the first hundred images of a call.
        name: the image's path or a name such as `mnist:7`; empty if it has none.
        true_class: the label that came with the image; empty if there was none.
        error: why the image could not be read, or None. With an error, `failed` and `unknown` are true and the
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
        """Whether the model gives no answer: its confidence is too low, or the image is unlike the training images."""
        return bool(self.why_unknown)

    @property
    def failed(self) -> bool:
        """Whether the image could not be read."""
        return self.error is not None

    def __eq__(self, other: object) -> bool:
        """Whether both have the same answer and the same pixels. Names and steps are not compared."""
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
        """Return the likeliest classes with their probabilities, likeliest first; none if the image was not read."""
        if self.failed:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.class_names[index], float(self.probabilities[index])) for index in order]

    def as_dict(self) -> dict[str, Any]:
        """Return a dict for JSON: class, probability, unknown, why_unknown, probabilities by class name, notes.

        It has `true_class`, too, if a label came with the image.
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
        """The answer as text: the class, or `unknown` with the best guess.

        >>> Prediction("cat", 0.6, np.array([0.6, 0.4]), ("cat", "dog"), (), np.zeros((1, 2, 2)), "unsure").answer
        'unknown, best guess cat'
        """
        if self.failed:
            return "could not be read"
        return f"unknown, best guess {self.class_name}" if self.unknown else self.class_name

    def _picture(self, shown: int = 96) -> Html:
        return Html("") if self.failed else html_picture(encode_png(self.pixels.transpose(1, 2, 0)), shown, self.answer)

    def html_cells(self, place: int, named: bool) -> list[str]:
        """Return this prediction's cells in a table: index, image, name if `named`, answer, probability, remarks."""
        remarks = self.why_unknown or "; ".join(self.notes)
        share = "" if self.failed else percent(self.probability)
        name = [shorten(self.name, 60)] if named else []
        return [str(place), self._picture(48), *name, self.answer, share, shorten(remarks, 160)]
