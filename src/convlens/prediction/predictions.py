"""The predictions for many images: arrays, from which a `Prediction` is made on demand.

Building a list of ten thousand `Prediction` objects takes ten times as long as the network needs to compute them, and
most callers want an array of labels or of probabilities.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import UNCALIBRATED, Calibration
from convlens.errors import DataError, UsageError
from convlens.habits import explains_names
from convlens.notebook import html_table
from convlens.prediction.prediction import Prediction
from convlens.preprocessing import Preprocessing, Step
from convlens.preprocessing.likeness import find_inverted, find_unlike_of_many
from convlens.signatures import Alias
from convlens.words import count_of, exact_percent

if TYPE_CHECKING:
    Probabilities: TypeAlias = NDArray[np.float64]
    Pixels: TypeAlias = NDArray[np.uint8]
    Origins: TypeAlias = "tuple[Origin, ...]"
    Looks: TypeAlias = "dict[int, _Look]"
else:
    Probabilities, Pixels, Origins, Looks = map(Alias, ("Probabilities", "Pixels", "Origins", "Looks"))

_SHOWN, _SHOWN_IN_HTML = 3, 10


@dataclass(frozen=True, eq=False)
class Origin:
    """Where one image came from, and how it was prepared.

    `unlike` is None until the image has been compared with the training images.
    """

    name: str = ""
    true_class: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    unlike: tuple[str, ...] | None = None
    error: DataError | None = None


_PLAIN = Origin()
_INVERTED = {
    True: "dark on light, and used as it is: the training images are light on dark; repair=True inverts it",
    False: "light on dark, and used as it is: the training images are dark on light; repair=True inverts it",
}
"""Notes on an inverted image; the key says whether the training images are light on dark."""


class _Look(NamedTuple):
    """How an image differs from the training images."""

    unlike: tuple[str, ...]
    notes: tuple[str, ...]


@explains_names
@dataclass(frozen=True, eq=False, repr=False)
class Predictions(Sequence[Prediction]):
    """The predictions for N images, in their order: a sequence of `Prediction`, with arrays of all of them.

    `len`, `for`, `in`, slices and `==` work as with a list. An array of N booleans or of indices selects predictions.

    Attributes:
        class_names: the model's class names, one for each column of `probabilities`.
        probabilities: N × classes, float64; NaN for an image that could not be read.
        pixels: the network's input, uint8, N × channels × height × width.

    >>> two = Predictions(("cat", "dog"), np.array([[0.75, 0.25], [0.5, 0.5]]), np.zeros((2, 1, 4, 4), np.uint8),
    ...     Preprocessing((1, 4, 4), "letterbox"), Calibration(threshold=0.6))
    >>> two
    Predictions([Prediction('cat', probability=0.7500), Prediction(unknown, best guess 'cat', probability=0.5000)])
    >>> two.labels.tolist(), two.unknown.tolist(), len(two[two.unknown])
    (['cat', 'cat'], [False, True], 1)
    """

    class_names: tuple[str, ...]
    probabilities: Probabilities
    pixels: Pixels
    _preprocessing: Preprocessing
    _calibration: Calibration = UNCALIBRATED
    _origins: Origins | None = None
    _looked_at: Looks = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.probabilities)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...

    @overload
    def __getitem__(self, place: "slice | Sequence[int] | NDArray[Any]") -> "Predictions": ...

    def __getitem__(self, place: Any) -> "Prediction | Predictions":
        if isinstance(place, bool | np.bool_ | str | bytes | float) or place is None:
            raise UsageError(f"{place!r:.60} is not an index. Give a whole number, a slice or an array.")
        if isinstance(place, slice):
            return self._chosen(np.arange(len(self))[place])
        if hasattr(place, "__index__") and not np.ndim(place):
            return self._one(self._place(int(place)))
        return self._chosen(self._places(place))

    def __iter__(self) -> Iterator[Prediction]:
        self._look_at(range(len(self)))
        return map(self._one, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether the other sequence, such as a list, has equal predictions in the same order."""
        if not isinstance(other, Sequence) and hasattr(other, "__array__"):
            self.__array__()
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Raise an error: users of scikit-learn expect labels here, users of Keras expect probabilities."""
        raise UsageError(
            "predictions are not an array. Use .labels (class names), .class_numbers or .probabilities. To compare "
            "them with labels, use model.score(X, y)."
        )

    def __repr__(self) -> str:
        more = f", ... {len(self) - _SHOWN:,} more" if len(self) > _SHOWN else ""
        return f"Predictions([{', '.join(map(repr, self[:_SHOWN]))}{more}])"

    @property
    def labels(self) -> NDArray[np.str_]:
        """N names of the likeliest classes: a best guess if the answer is unknown, empty if the image was not read."""
        return np.array([*self.class_names, ""])[self.class_numbers]

    @property
    def class_numbers(self) -> NDArray[np.int64]:
        """N indices of the likeliest classes, the first one on a tie; −1 for an image that could not be read."""
        best = self.probabilities.argmax(axis=1) if len(self) else np.zeros(0, np.int64)
        return np.where(self.failed, -1, best).astype(np.int64)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """N probabilities of the likeliest classes; NaN for an image that could not be read."""
        return self.probabilities.max(axis=1) if len(self) else np.zeros(0)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """N booleans: whether the image could not be read."""
        found = np.zeros(len(self), np.bool_)
        found[list(self.errors)] = True
        return found

    @property
    def errors(self) -> dict[int, DataError]:
        """The errors of the images that could not be read, by index."""
        found = {place: origin.error for place, origin in enumerate(self._origins or ())}
        return {place: error for place, error in found.items() if error is not None}

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """N booleans: confidence below the threshold, image unlike the training images, or image not read."""
        return np.array([bool(reason) for reason in self.why_unknown], np.bool_)

    @property
    def why_unknown(self) -> tuple[str, ...]:
        """N reasons why the answer is unknown; empty if it is not."""
        self._look_at(range(len(self)))
        return tuple(self._reason(place) for place in range(len(self)))

    @property
    def names(self) -> tuple[str, ...]:
        """N names of the images: paths, names such as `mnist:7`, or empty."""
        return tuple(self._origin(place).name for place in range(len(self)))

    def _repr_html_(self) -> str:
        shown = self[:_SHOWN_IN_HTML]
        named = any(shown.names)
        rows = [one.html_cells(place, named) for place, one in enumerate(shown)]
        below = [f"and {len(self) - len(shown):,} more"] if len(self) > len(shown) else []
        below += [f"{count_of(len(self.errors), 'image')} could not be read: see .errors"] if self.errors else []
        header = ["", "", *(["image"] if named else []), "answer", "probability", "remarks"]
        return html_table(count_of(len(self), "prediction"), rows, header, below)

    def _origin(self, place: int) -> Origin:
        return _PLAIN if self._origins is None else self._origins[place]

    def _one(self, place: int) -> Prediction:
        origin, row = self._origin(place), self.probabilities[place]
        reason, best = self._reason(place), -1 if origin.error else int(row.argmax())
        return Prediction(
            class_name="" if origin.error else self.class_names[best],
            probability=float(row[best]),
            probabilities=row,
            class_names=self.class_names,
            notes=self._looked_at[place].notes,
            pixels=self.pixels[place],
            why_unknown=reason,
            steps=origin.steps,
            name=origin.name,
            true_class=origin.true_class,
            error=origin.error,
        )

    def _reason(self, place: int) -> str:
        """Return why the answer is unknown. An image unlike the training images comes first: it makes the probability
        meaningless.
        """
        self._look_at([place])
        if (error := self._origin(place).error) is not None:
            return f"could not be read: {error}"
        if unlike := self._looked_at[place].unlike:
            return f"unlike the training images: {'; '.join(unlike)}"
        threshold, probability = self._calibration.threshold, float(self.probabilities[place].max())
        if threshold is not None and probability < threshold:
            return f"confidence {exact_percent(probability)} is below the threshold of {exact_percent(threshold)}"
        return ""

    def _look_at(self, places: Sequence[int]) -> None:
        """Compare images with the training images, each one once."""
        new = [place for place in places if place not in self._looked_at]
        for place in new:
            self._looked_at[place] = _Look(self._origin(place).unlike or (), self._origin(place).notes)
        unseen = [place for place in new if self._origin(place).unlike is None]
        if not unseen:
            return
        pixels, wanted = self.pixels[unseen], bool(self._preprocessing.light_on_dark)
        unlike = find_unlike_of_many(pixels, self._preprocessing)
        inverted = find_inverted(pixels, self._preprocessing)
        for place, reasons, turned in zip(unseen, unlike, inverted, strict=True):
            self._looked_at[place] = _Look(reasons, (_INVERTED[wanted],) if turned else ())

    def _place(self, place: int) -> int:
        if not -len(self) <= place < len(self):
            raise IndexError(f"index {place} is out of range for {count_of(len(self), 'prediction')}, counted from 0.")
        return place % len(self)

    def _places(self, chosen: Any) -> NDArray[np.int64]:
        places = np.asarray(chosen)
        if places.dtype == np.bool_ and places.shape == (len(self),):
            return np.flatnonzero(places)
        if places.ndim == 1 and (places.dtype.kind in "iu" or not places.size):
            return np.array([self._place(int(place)) for place in places], np.int64)
        raise UsageError(
            f"an array of {places.dtype} with shape {places.shape} cannot select predictions. Give whole numbers, or "
            f"{len(self):,} booleans."
        )

    def _chosen(self, places: NDArray[np.int64]) -> "Predictions":
        origins = None if self._origins is None else tuple(self._origins[place] for place in places)
        known = {new: self._looked_at[old] for new, old in enumerate(places.tolist()) if old in self._looked_at}
        return replace(
            self,
            probabilities=self.probabilities[places],
            pixels=self.pixels[places],
            _origins=origins,
            _looked_at=known,
        )


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Concatenate predictions of one model; at least one part."""
    if len(parts) == 1:
        return parts[0]
    origins = itertools.chain.from_iterable(part._origins or [_PLAIN] * len(part) for part in parts)
    return replace(
        parts[0],
        probabilities=np.concatenate([part.probabilities for part in parts]),
        pixels=np.concatenate([part.pixels for part in parts]),
        _origins=tuple(origins),
        _looked_at={},
    )
