"""Runs a training for the page, with `convlens.training.train` like `convlens train`, and sends its events.

Events hold numbers and base64; `docs/page.md` describes them. Weights are copied only while a page listens, after every
chunk of steps and less often for large networks, so that watching costs next to nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from convlens.calibration import describe_calibration
from convlens.data import (
    Dataset,
    FetchProgress,
    ImportProgress,
    cache_folder,
    import_images,
    is_custom_path,
    load_dataset,
)
from convlens.engines import Weights
from convlens.errors import ConvlensError, in_words
from convlens.exports import page_model, page_weights
from convlens.metrics import wilson_interval
from convlens.server.choices import check_places
from convlens.server.complaints import describe_defect
from convlens.server.event_log import WEIGHTS
from convlens.server.jobs import Job
from convlens.trained_model import TrainedModel
from convlens.training import (
    Calibrated,
    ChunkDone,
    EpochDone,
    Event,
    Judged,
    Probed,
    TrainingEnded,
    TrainingStarted,
    train,
)

WEIGHTS_BYTES_A_SECOND = 8_000_000
READING_SECONDS = 0.1
_LOSS_DIGITS = 6


class _StoppedWhileReading(Exception):
    """The training was stopped before it had started."""


@dataclass
class TrainingRunner:
    """Runs the trainings of jobs.

    Attributes:
        runs: the folder for run folders.
        data_dir: the folder of the known datasets.
        on_line: called with a line for the terminal when a training begins and when it ends.
        only_below: the folder that custom images must be in, links and tables of paths included; None: anywhere.
        shapes: input shape and number of classes of data that have been read; unknown before for custom images.
    """

    runs: Path
    data_dir: Path | None = None
    on_line: Callable[[str], None] = lambda _: None
    only_below: Path | None = None
    shapes: dict[str, tuple[tuple[int, int, int], int]] = field(default_factory=dict)

    def __call__(self, job: Job) -> None:
        """Run a job's training; afterwards the job has ended, whatever happened."""
        try:
            self._train(job)
        except _StoppedWhileReading:
            job.finish("stopped", {"run": None})
        except ConvlensError as error:
            self._fail(job, " ".join(in_words(error).split("\n")[0].split()))
        except Exception as error:
            self._fail(job, describe_defect(error))

    def _train(self, job: Job) -> None:
        request = job.request
        self.on_line(f"Training on {request.data}")
        dataset = self._load(request.data, _Reading(job).on_progress)
        self.shapes[request.data] = (dataset.train.image_shape, len(dataset.train.class_names))
        teller = Teller(job, dataset)
        model = train(
            dataset,
            recipe=cast(Any, request.recipe),
            network=request.network,
            epochs=request.epochs,
            seed=request.seed,
            out=self.runs / "*",
            data_dir=self.data_dir,
            on_event=teller.on_event,
            should_stop=job.stopping.is_set,
        )
        self._finish(job, model, teller)

    def _load(self, data: str, on_progress: Callable[[FetchProgress | ImportProgress], None]) -> Dataset:
        if self.only_below is None or not is_custom_path(data):
            return load_dataset(data, data_dir=self.data_dir, on_progress=on_progress)
        check = partial(check_places, only_below=self.only_below)
        return import_images(data, None, cache_folder(self.data_dir), on_progress, check_listing=check).dataset()

    def _finish(self, job: Job, model: TrainedModel, teller: "Teller") -> None:
        teller.tell_weights(model.weights)
        if not model.facts["finished"]:
            self.on_line(f"Stopped: {self.runs / str(job.run)}")
            job.finish("stopped", {"run": job.run})
            return
        result: dict[str, Any] = {"seconds": model.facts["seconds"]}
        if test := model.facts.get("test"):
            result |= describe_judgement(**test)
            self.on_line(f"Trained {self.runs / str(job.run)}: {test['accuracy'] * 100:.2f} % of {test['total']:,}")
        else:
            self.on_line(f"Trained {self.runs / str(job.run)}")
        job.facts |= result
        job.finish(
            "done", {"run": job.run, "accuracy": None, "correct": None, "total": None, "interval": None, **result}
        )

    def _fail(self, job: Job, reason: str) -> None:
        self.on_line(f"Failed: {reason}")
        job.error = reason
        job.finish("failed", {"error": reason, "run": job.run})


class _Reading:
    """Reports the progress of fetching or decoding images from time to time, and checks for a request to stop."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told_at = 0.0

    def on_progress(self, progress: FetchProgress | ImportProgress) -> None:
        """Called in the thread of the training."""
        if self._job.stopping.is_set():
            raise _StoppedWhileReading
        now = time.monotonic()
        if now - self._told_at >= READING_SECONDS:
            self._told_at = now
            self._job.log.append("reading", describe_progress(progress))


def describe_progress(progress: FetchProgress | ImportProgress) -> dict[str, Any]:
    """Return what is being read, and the progress.

    >>> describe_progress(FetchProgress("a mirror", "train-images", 5, 10))
    {'what': 'getting train-images', 'done': 5, 'total': 10}
    """
    if isinstance(progress, FetchProgress):
        return {"what": f"getting {progress.file}", "done": progress.done_bytes, "total": progress.total_bytes}
    return {"what": progress.what, "done": progress.done, "total": progress.total}


def describe_judgement(accuracy: float, correct: int, total: int) -> dict[str, Any]:
    """Return how many test images were right, and the 95 % interval of the accuracy.

    >>> describe_judgement(0.5, 1, 2)
    {'accuracy': 0.5, 'correct': 1, 'total': 2, 'interval': [0.09..., 0.90...]}
    """
    return {"accuracy": accuracy, "correct": correct, "total": total, "interval": list(wilson_interval(correct, total))}


class Teller:
    """Translates the events of a training into those of its log."""

    def __init__(self, job: Job, dataset: Dataset) -> None:
        self._job = job
        self._dataset = dataset
        self._steps_per_epoch = 0
        self._next_weights_at = 0.0

    def on_event(self, event: Event) -> None:
        """Called in the thread of the training, so it must be fast."""
        log = self._job.log
        match event:
            case TrainingStarted():
                self._start(event)
            case Probed():
                log.append("probed", {"verdicts": [str(verdict) for verdict in event.verdicts]})
            case ChunkDone():
                log.append("chunk", self._chunk(event))
                now = time.monotonic()
                if event.weights is not None and log.listeners and now >= self._next_weights_at:
                    self.tell_weights(event.weights())
            case EpochDone():
                log.append("epoch", event.as_dict())
            case TrainingEnded():
                log.append("ended", {"reason": event.reason, "epochs": event.epochs, "words": event.describe()})
            case Calibrated():
                words = describe_calibration(event.calibration)
                log.append("calibrated", {**event.calibration.as_dict(), "words": words})
            case Judged():
                log.append("judged", describe_judgement(event.accuracy, event.correct, event.total))

    def tell_weights(self, weights: Weights) -> None:
        """Log the present weights, and set when the next ones are due."""
        size = 4 * sum(array.size for array in weights.values())
        self._next_weights_at = time.monotonic() + size / WEIGHTS_BYTES_A_SECOND
        step = self._job.facts.get("steps", 0)
        self._job.log.append(WEIGHTS, {"step": step, "weights": page_weights(weights)})

    def _start(self, event: TrainingStarted) -> None:
        settings = event.settings
        self._steps_per_epoch = event.steps_per_epoch
        self._job.run = event.folder.name if event.folder else None
        images = self._dataset.test or self._dataset.train
        model = event.model() if event.model else None
        payload = page_model(model, check_images=images.images[:4], name=event.data) if model else None
        known = {
            "network": str(model.network) if model else settings.network,
            "recipe": settings.recipe,
            "epochs": settings.epochs,
            "seed": settings.seed,
            "parameters": event.parameters,
        }
        self._job.facts |= known
        values = {
            **known,
            "data": event.data,
            "images": event.images,
            "steps_per_epoch": event.steps_per_epoch,
            "steps_done": event.steps_done,
            "engine": event.engine,
            "engine_reason": event.engine_reason,
            "notes": list(event.notes),
            "settings": settings.as_dict(),
            "run": self._job.run,
            "model": payload,
        }
        self._job.log.append("started", values)

    def _chunk(self, event: ChunkDone) -> dict[str, Any]:
        """Return the values of a chunk; the step is its first step, counted over the whole training."""
        step = event.epoch * self._steps_per_epoch + event.first_batch
        self._job.facts["steps"] = step + len(event.losses)
        return {
            "epoch": event.epoch,
            "step": step,
            "losses": np.round(event.losses.astype(np.float64), _LOSS_DIGITS).tolist(),
            "accuracy": event.accuracy,
            "images_per_second": event.images_per_second,
            "seconds_left": event.seconds_left,
        }
