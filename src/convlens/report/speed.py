"""The speed of a training, also as a share of the machine's peak.

The peak is measured when the report is written, with arithmetic in registers on as many threads as the training used.
It is reported only if the training ran with the same engine on the same kind of processor.
"""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from convlens.engines import measure_peak
from convlens.engines.choice import MOST_THREADS
from convlens.network import layer_table
from convlens.report.course import Course
from convlens.trained_model import TrainedModel
from convlens.training.run_folder import processor_name

_PEAK_SECONDS = 0.1
_MOST = 1e18
"""Larger numbers of seconds, epochs or images in a model file are not believed."""


@dataclass(frozen=True)
class Speed:
    """Images per second in training, floating-point operations per image (forward and backward), and the peak per
    second.
    """

    seconds: float | None
    images_per_second: float | None
    operations_per_image: int
    peak: float | None

    @property
    def share_of_peak(self) -> float | None:
        """The share of the peak, 0 to 1; None if the speed or the peak is not known."""
        if self.images_per_second is None or not self.peak:
            return None
        return self.images_per_second * self.operations_per_image / self.peak

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "share_of_peak": self.share_of_peak}


def measure_speed(model: TrainedModel, course: Course) -> Speed:
    """Return the speed in the model's facts, with this machine's peak if it was trained on the same kind of machine."""
    facts = model.facts
    names = ("seconds", "epochs", "training_images", "images_seen")
    seconds, epochs, images, seen = (_positive(facts.get(name)) for name in names)
    if seen is None and epochs and images:
        seen = epochs * images  # before 0.7 every training was of whole epochs
    rate = seen / seconds if seconds and seen else None
    rate = rate if rate is None or isfinite(rate) else None
    return Speed(seconds, rate, count_operations(model), _peak(model, course) if rate else None)


def count_operations(model: TrainedModel) -> int:
    """Return the floating-point operations per image in training, two for each multiply-add.

    The backward pass has as many multiply-adds for the weights as the forward pass, and as many again for the inputs
    of each layer except the network's own input.

    For the tutorial's network that is 2 · (290,080 + 523,712).
    """
    rows = layer_table(model.network, model.plan.input_shape, model.plan.classes).rows
    counts = [row.multiply_adds for row in rows if row.multiply_adds]
    return 2 * (3 * sum(counts) - counts[0]) if counts else 0


def _peak(model: TrainedModel, course: Course) -> float | None:
    engine = str(model.facts.get("engine", ""))
    settings = model.facts.get("settings")
    threads = settings.get("threads") if isinstance(settings, dict) else None
    here = (course.environment or {}).get("processor") == processor_name()
    if not engine.startswith("native") or not here or type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        return None
    return measure_peak(threads, _PEAK_SECONDS)


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 < value < _MOST else None
