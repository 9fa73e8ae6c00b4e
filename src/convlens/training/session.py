"""One training from data to trained model: opens the engine, runs the loop, tests once, and writes the run folder.

The test images are judged a single time, after the last step, and choose nothing.
"""

import math
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from convlens.data import CATALOGUE, Dataset, LabelledImages, load_dataset, split_stratified
from convlens.engines import Engine, Plan, Weights, choose_engine, open_engine
from convlens.errors import UsageError
from convlens.locking import refuse_others
from convlens.network import BatchNorm2d, Layer, Network, initial_weights, read_network
from convlens.preprocessing import Preprocessing, fit_preprocessing
from convlens.trained_model import TrainedModel, count_parameters
from convlens.trained_model.location import CONFIG_NAME, MODEL_FILE_NAME
from convlens.training import pictures, run_folder
from convlens.training.checkpoint import (
    Checkpoint,
    check_same_data,
    fingerprint,
    load_checkpoint,
    save_checkpoint,
)
from convlens.training.events import Event, Judged, TrainingStarted, log_lines
from convlens.training.interrupts import interrupts_are_pythons, stopping_on
from convlens.training.loop import History, Job, explain_explosion, run_stretches
from convlens.training.recipes import choose_settings
from convlens.training.settings import TrainingSettings

CHECKPOINT_SECONDS = 10.0
"""A training that is killed loses at most this much work."""


def train(
    data: str | Dataset | LabelledImages = "mnist",
    *,
    recipe: str | None = None,
    network: str | Network | Sequence[Layer] | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    seed: int | None = None,
    validation: float | None = None,
    engine: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    settings: TrainingSettings | None = None,
    out: Path | str | None = None,
    data_dir: Path | str | None = None,
    on_event: Callable[[Event], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainedModel:
    """Train a network and return the trained model.

    Args:
        data: the name of a known dataset, a `Dataset`, or `LabelledImages` (all trained on, none tested).
        recipe: `fast` (which None means) or `tutorial`; the next nine arguments change single settings of it.
        network: a `Network`, its layers, its text, or the name of a preset; see docs/networks.md.
        settings: all settings at once, instead of a recipe and changes.
        out: a new folder for the run's files; `"runs/*"` makes one with date, time and data in its name, None no file.
        data_dir: where known datasets are kept.
        on_event: called with every `Event` as it happens; `print` shows them all.
        should_stop: asked about ten times a second; True ends the training early. The model then says so in
            `facts["finished"]`, and with `out` the run can go on later. Without it, Ctrl-C ends the training in
            KeyboardInterrupt, after saving where there is an `out`.

    Raises:
        UsageError: a setting is not allowed.
        DataError: the data cannot be used.
        OutputError: the run folder cannot be written.
        LossNotFinite: the loss became NaN or infinite.

    >>> import convlens
    >>> digits = convlens.load_dataset("mnist")                            # doctest: +SKIP
    >>> convlens.train(digits, epochs=1).facts["test"]["accuracy"] > 0.97  # doctest: +SKIP
    True
    """
    if network is not None and not isinstance(network, str):
        network = str(network if isinstance(network, Network) else Network(network))
    changes = {"network": network, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    changes |= {"seed": seed, "validation": validation, "engine": engine, "device": device, "threads": threads}
    if settings is None:
        settings = choose_settings(recipe or "fast", **changes)
    elif recipe is not None or any(value is not None for value in changes.values()):
        raise UsageError("settings and a recipe or single changes were both given; put the changes into settings.")
    dataset = _as_dataset(data, data_dir)
    session = Session(settings, dataset, _absolute(data_dir), on_event, should_stop)
    return session.run(None, out)


def resume_training(
    folder: Path | str,
    data: Dataset | LabelledImages | None = None,
    *,
    data_dir: Path | str | None = None,
    on_event: Callable[[Event], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainedModel:
    """Go on with a stopped run, with its own settings, to the same bits that it would have reached without the stop.

    `data` is needed only where the run was not on a known dataset.

    Raises:
        UsageError: there is nothing to go on with.
        DataError: the data are not those that the run began with.
    """
    folder = Path(folder)
    path = folder / run_folder.CHECKPOINT_NAME
    if not path.is_file():
        finished = (folder / MODEL_FILE_NAME).is_file()
        reason = "is finished" if finished else f"holds no {run_folder.CHECKPOINT_NAME}"
        raise UsageError(f"{folder} {reason}, so there is nothing to go on with. Give the folder of a stopped run.")
    checkpoint = load_checkpoint(path)
    kept_dir = data_dir
    if data_dir is None and (folder / CONFIG_NAME).is_file():
        kept_dir = run_folder.read_config(folder / CONFIG_NAME)[1]
    if data is None and checkpoint.data not in CATALOGUE:
        raise UsageError(
            f"{folder} was trained on {checkpoint.data!r}, which is no known dataset. Call resume_training with data=."
        )
    dataset = _as_dataset(data if data is not None else checkpoint.data, kept_dir)
    check_same_data(checkpoint, dataset)
    session = Session(checkpoint.settings, dataset, _absolute(kept_dir), on_event, should_stop, folder)
    return session.run(checkpoint, None)


@dataclass
class Session:
    """One training: what it works on, and where it tells and writes."""

    settings: TrainingSettings
    dataset: Dataset
    data_dir: str | None
    on_event: Callable[[Event], None] | None
    should_stop: Callable[[], bool] | None
    folder: Path | None = None
    engine_reason: str = ""

    def run(self, checkpoint: Checkpoint | None, out: Path | str | None) -> TrainedModel:
        """Train from the start, or go on from a checkpoint. The folder is made when only the training can fail."""
        preprocessing = fit_preprocessing(self.dataset.train.images, self.dataset.preprocessing_rules)
        engine = self._open_engine(preprocessing, checkpoint)
        job = self._prepare_job(engine, checkpoint)
        if out is not None:
            self.folder = run_folder.create_run_folder(self.dataset.name, out)
            run_folder.write_start(self.folder, self.dataset.name, self.data_dir, self.settings, engine.description)
        with self._holding_folder():
            if checkpoint and self.folder:
                run_folder.remove_leftovers(self.folder)
            return self._train_and_mind_interrupts(job, preprocessing)

    def _holding_folder(self) -> AbstractContextManager[None]:
        """No other process trains in this folder meanwhile."""
        if self.folder is None:
            return nullcontext()
        return refuse_others(
            self.folder / ".lock", f"another process is training in {self.folder}. Wait for it to end."
        )

    def _train(self, job: Job, preprocessing: Preprocessing) -> TrainedModel:
        engine = job.engine
        self._tell(
            TrainingStarted(
                data=self.dataset.name,
                images=job.images,
                settings=self.settings,
                engine=engine.description,
                parameters=count_parameters(engine.weights()),
                steps_per_epoch=job.steps_per_epoch,
                steps_done=job.history.steps,
                folder=self.folder,
                engine_reason=self.engine_reason,
            )
        )
        self._run_steps(job)
        tested = self._test(engine, self.dataset.test) if job.finished and self.dataset.test else None
        model = self._model(job, preprocessing, tested)
        if self.folder:
            self._write_results(self.folder, job, model)
        return model

    def _open_engine(self, preprocessing: Preprocessing, checkpoint: Checkpoint | None) -> Engine:
        """The engine, with weights. What `auto` came to goes into the settings, since another may give other bits."""
        settings = self.settings
        network = read_network(settings.network)
        classes = len(self.dataset.train.class_names)
        plan = Plan(network, preprocessing.image_shape, classes, preprocessing.normalisation)
        weights = initial_weights(network, plan.input_shape, plan.classes, settings.seed)
        choice = choose_engine(plan, settings.engine, settings.device)
        self.engine_reason = choice.reason
        engine = open_engine(plan, choice.name, settings.device, settings.threads)
        engine.set_weights(checkpoint.weights if checkpoint else weights)
        self.settings = replace(settings, engine=engine.name, device=engine.device, threads=engine.threads)
        return engine

    def _prepare_job(self, engine: Engine, checkpoint: Checkpoint | None) -> Job:
        settings, images, held_out = self.settings, self.dataset.train, None
        if settings.validation:
            kept, held = split_stratified(images.labels, settings.validation, settings.seed)
            images, held_out = images.subset(kept), images.subset(held)
        trainer = engine.trainer(images.images, images.labels, settings.optimizer, settings.loss, settings.seed)
        if checkpoint:
            trainer.load_state(checkpoint.optimizer_state)
        history = checkpoint.history if checkpoint else History()
        job = Job(settings, len(images), held_out, engine, trainer, history, self._tell)
        _check_batch_normalisation(job)
        return job

    def _finite_weights(self, job: Job) -> Weights:
        """The weights as they are now. A loss says nothing of the update after it, so the last update needs a look."""
        weights = job.engine.weights()
        if not all(np.isfinite(array).all() for array in weights.values()):
            explain_explosion(job, "the weights became infinite", job.history.steps - 1)
        return weights

    def _train_and_mind_interrupts(self, job: Job, preprocessing: Preprocessing) -> TrainedModel:
        """Where the caller has no way to ask for a stop, Ctrl-C asks; it is passed on when everything is saved."""
        if self.should_stop is not None or not interrupts_are_pythons():
            return self._train(job, preprocessing)
        with stopping_on(signal.SIGINT) as asked:
            self.should_stop = asked
            model = self._train(job, preprocessing)
        if asked():
            raise KeyboardInterrupt
        return model

    def _run_steps(self, job: Job) -> None:
        """The loop, with a checkpoint now and then and a last one where it is stopped."""
        saved_at = time.monotonic()
        for _ in run_stretches(job):
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                self._save_checkpoint(job)
                saved_at = time.monotonic()
            if self.should_stop and self.should_stop():
                break
        if not job.finished:
            self._save_checkpoint(job)

    def _save_checkpoint(self, job: Job) -> None:
        if self.folder is None:
            return
        checkpoint = Checkpoint(
            settings=self.settings,
            data=self.dataset.name,
            data_fingerprint=fingerprint(self.dataset),
            weights=self._finite_weights(job),
            optimizer_state=job.trainer.state(),
            history=job.history,
        )
        save_checkpoint(self.folder / run_folder.CHECKPOINT_NAME, checkpoint)
        run_folder.write_metrics(self.folder, job.history.epochs)

    def _test(self, engine: Engine, test: LabelledImages) -> Judged:
        tested = Judged(int((engine.logits(test.images).argmax(1) == test.labels).sum()), len(test))
        self._tell(tested)
        return tested

    def _model(self, job: Job, preprocessing: Preprocessing, tested: Judged | None) -> TrainedModel:
        """The model as it is now."""
        return TrainedModel(
            network=read_network(self.settings.network),
            weights=self._finite_weights(job),
            preprocessing=preprocessing,
            class_names=self.dataset.train.class_names,
            facts=self._facts(job, tested),
        )

    def _write_results(self, folder: Path, job: Job, model: TrainedModel) -> None:
        """The model first: whatever fails after it, what was learned is safe."""
        model.save(folder / MODEL_FILE_NAME)
        run_folder.point_latest_to(folder)
        run_folder.write_metrics(folder, job.history.epochs)
        pictures.write_pictures(folder, model, self.dataset, job)
        if job.finished:
            (folder / run_folder.CHECKPOINT_NAME).unlink(missing_ok=True)

    def _facts(self, job: Job, tested: Judged | None) -> dict[str, Any]:
        """What is known of this training, JSON values only."""
        history = job.history
        facts: dict[str, Any] = {
            "data": self.dataset.name,
            "training_images": job.images,
            "recipe": self.settings.recipe,
            "epochs": len(history.epochs),
            "steps": history.steps,
            "finished": job.finished,
            "seed": self.settings.seed,
            "settings": self.settings.as_dict(),
            "engine": job.engine.description,
            "seconds": round(history.seconds, 3),
            "trained_at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "convlens": metadata.version("convlens"),
        }
        if history.epochs:
            facts["last_epoch"] = history.epochs[-1].as_dict()
        if tested:
            facts["test"] = {"accuracy": tested.accuracy, "correct": tested.correct, "total": tested.total}
        return facts

    def _tell(self, event: Event) -> None:
        """Log the event and hand it on."""
        if self.folder:
            run_folder.append_log(self.folder, log_lines(event, self.settings))
        if self.on_event:
            self.on_event(event)


def _absolute(data_dir: Path | str | None) -> str | None:
    """As it is written down: a run must find its data from any folder."""
    return None if data_dir is None else str(Path(data_dir).resolve())


def _as_dataset(data: str | Dataset | LabelledImages, data_dir: Path | str | None) -> Dataset:
    """The data as training and test images that can be trained on."""
    if isinstance(data, str):
        data = load_dataset(data, data_dir=data_dir)
    if not isinstance(data, Dataset | LabelledImages):
        raise UsageError(
            f"data is a {type(data).__name__}; give the name of a known dataset, a Dataset, or "
            "LabelledImages(images, labels, class_names) with uint8 images, N×C×H×W."
        )
    if isinstance(data, LabelledImages):
        data = Dataset(data.name, train=data, test=None, preprocessing_rules="letterbox")
    return data


def _check_batch_normalisation(job: Job) -> None:
    """Refuse to normalise a batch of one image where a channel is a single number: its deviation would be 0."""
    size = job.settings.batch_size
    smallest = min(job.images_per_epoch % size or size, job.images_per_epoch)
    plan = job.engine.plan
    for number, resolved in enumerate(plan.network.resolve(plan.input_shape, plan.classes)):
        if smallest == 1 and isinstance(resolved.layer, BatchNorm2d) and math.prod(resolved.input_shape[1:]) == 1:
            raise UsageError(
                f"batch normalisation of single numbers (layer {number}) needs two images in every batch; "
                f"{job.images:,} images in batches of {size:,} leave one alone. "
                "Give a larger batch size or more images."
            )
