"""Run one training from data to trained model: open the engine, run the loop, test once, and write the run folder.

The model is evaluated on the test images once, after the last step; they influence no decision.
"""

import shlex
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from convlens.calibration import UNCALIBRATED, Calibration, fit_calibration
from convlens.data import Dataset, ImportOptions, LabelledImages, split_stratified
from convlens.engines import AugmentationSettings, Engine, Plan, Weights, choose_engine, open_engine
from convlens.errors import OutputError, UsageError
from convlens.layers.batchnorm import normalises_one_number
from convlens.locking import refuse_others
from convlens.network import check_memory, initial_weights, read_network
from convlens.prediction import finite_logits
from convlens.preprocessing import Preprocessing
from convlens.trained_model import HISTORY_NAMES, TrainedModel, count_parameters
from convlens.trained_model.location import CHECKPOINT_NAME, MODEL_FILE_NAME
from convlens.training import pictures, run_folder
from convlens.training.balance import balanced_weights
from convlens.training.checkpoint import Checkpoint, check_fits, fingerprint, save_checkpoint
from convlens.training.ending import TimeLimit
from convlens.training.events import (
    Calibrated,
    Event,
    Judged,
    NotWritten,
    Probed,
    TrainingEnded,
    TrainingStarted,
    log_lines,
)
from convlens.training.interrupts import interrupts_are_pythons, stopping_on
from convlens.training.leftovers import LOCK_NAME, remove_leftovers
from convlens.training.loop import History, Job, explain_explosion, run_chunks
from convlens.training.mapped import guarded
from convlens.training.probe import ProbeVerdict, probe_changes, with_safe_changes
from convlens.training.settings import TrainingSettings

CHECKPOINT_SECONDS = 10.0
"""Seconds between two checkpoints: the most work that is lost if the process is killed."""


@dataclass
class Session:
    """One training: its data and settings, its callbacks and its folder."""

    settings: TrainingSettings
    dataset: Dataset
    preprocessing: Preprocessing
    data_dir: str | None
    on_event: Callable[[Event], None] | None
    should_stop: Callable[[], bool] | None
    folder: Path | None = None
    notes: tuple[str, ...] = ()
    engine_reason: str = ""
    verdicts: tuple[ProbeVerdict, ...] = ()
    began: float = field(default_factory=time.monotonic)
    not_written: set[str] = field(default_factory=set)
    check_whole: Callable[[], None] = field(init=False)
    fingerprint: str = field(init=False)

    def run(self, checkpoint: Checkpoint | None, out: Path | str | None) -> TrainedModel:
        """Train from the start, or from a checkpoint. The folder is created after all other checks have passed.

        Raises:
            DataError: the file that the images are mapped from was cut short.
        """
        with guarded(self.dataset) as self.check_whole:
            return self._run(checkpoint, out)

    def _run(self, checkpoint: Checkpoint | None, out: Path | str | None) -> TrainedModel:
        engine = self._open_engine(checkpoint)
        images, held_out = self._divide()
        self._probe(images, held_out, checkpoint)
        job = self._prepare_job(engine, images, held_out, checkpoint)
        self.fingerprint = fingerprint(self.dataset)
        self.check_whole()
        if out is not None:
            self.folder = run_folder.create_run_folder(self.dataset.name, out)
        with self._holding_folder():
            if self.folder:
                self._prepare_folder(self.folder, job, checkpoint)
            return self._train_and_mind_interrupts(job)

    def _prepare_folder(self, folder: Path, job: Job, checkpoint: Checkpoint | None) -> None:
        """Prepare the run folder. The first checkpoint is written first, so that every run can be resumed."""
        remove_leftovers(folder)
        if checkpoint is None:
            self._save_checkpoint(job)
        run_folder.write_start(folder, self._config(), job.engine.description)

    def _config(self) -> run_folder.RunConfig:
        """Return the configuration that repeats this run."""
        source = self.dataset.source
        if source is None:
            return run_folder.RunConfig(self.dataset.name, self.data_dir, self.settings)
        options = ImportOptions.from_dict(source["options"])
        return run_folder.RunConfig(source["path"], self.data_dir, self.settings, options)

    def _holding_folder(self) -> AbstractContextManager[None]:
        """Lock the folder, so that no other process trains in it."""
        if self.folder is None:
            return nullcontext()
        return refuse_others(
            self.folder / LOCK_NAME, f"another process is training in {self.folder}. Wait for it to end."
        )

    def _train(self, job: Job) -> TrainedModel:
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
                notes=self.notes,
                model=lambda: self._model(job, UNCALIBRATED, None),
            )
        )
        if self.verdicts:
            self._tell(Probed(self.verdicts))
        self._run_steps(job)
        self._end(job)
        calibration = self._calibrate(job)
        tested = self._test(engine, self.dataset.test) if job.finished and self.dataset.test else None
        model = self._model(job, calibration, tested)
        self.check_whole()
        if self.folder:
            self._write_results(self.folder, job, model)
        return model

    def _open_engine(self, checkpoint: Checkpoint | None) -> Engine:
        """Open the engine and set the weights. The settings then name the engine that `auto` chose: another engine
        may give other bits.
        """
        settings, preprocessing = self.settings, self.preprocessing
        network = read_network(settings.network)
        classes = len(self.dataset.train.class_names)
        check_memory(network, preprocessing.image_shape, classes)
        plan = Plan(network, preprocessing.image_shape, classes, preprocessing.normalisation)
        weights = initial_weights(network, plan.input_shape, plan.classes, settings.seed)
        choice = choose_engine(plan, settings.engine, settings.device)
        self.engine_reason = choice.reason
        engine = open_engine(plan, choice.name, settings.device, settings.threads)
        engine.set_weights(checkpoint.weights if checkpoint else weights)
        self.settings = replace(settings, engine=engine.name, device=engine.device, threads=engine.threads)
        return engine

    def _divide(self) -> tuple[LabelledImages, LabelledImages | None]:
        """Return the training images and the held-out images: the validation images if the data have some."""
        images, share = self.dataset.train, self.settings.validation
        if self.settings.early_stopping and self.dataset.validation is None and not share:
            raise UsageError(
                "early_stopping needs held-out images, and none are held out. Give a share of the training images, "
                "such as validation=0.1, or data with validation images, or train without early stopping.",
                argument="early_stopping",
                mentions=["validation"],
            )
        if self.dataset.validation is not None or not share:
            return images, self.dataset.validation
        kept, held_out = split_stratified(images.labels, share, self.settings.seed)
        return images.subset(kept), images.subset(held_out)

    def _probe(self, images: LabelledImages, held_out: LabelledImages | None, checkpoint: Checkpoint | None) -> None:
        """Test flips and large rotations, once; a resumed training keeps the result."""
        if checkpoint:
            self.verdicts = checkpoint.verdicts
        if not self.settings.probe:
            return
        settings = self.settings
        self.verdicts = tuple(probe_changes(images, held_out, settings.seed, settings.threads, settings.device))
        augmentation = with_safe_changes(settings.augmentation or AugmentationSettings(), self.verdicts)
        self.settings = replace(settings, probe=False, augmentation=augmentation)

    def _prepare_job(
        self, engine: Engine, images: LabelledImages, held_out: LabelledImages | None, checkpoint: Checkpoint | None
    ) -> Job:
        settings = self.settings
        loss = settings.loss
        if settings.balance == "weights":
            loss = replace(loss, class_weights=balanced_weights(images.labels, len(images.class_names)))
        trainer = engine.trainer(images.images, images.labels, settings.optimizer, loss, settings.seed)
        if checkpoint:
            trainer.load_state(checkpoint.optimizer_state)
        history = checkpoint.history if checkpoint else History()
        afterwards = 2 * len(held_out or ()) + len(self.dataset.test or ())
        limit = TimeLimit(settings.max_seconds, history.elapsed, afterwards, self.began)
        job = Job(settings, images.labels, held_out, engine, trainer, history, self._tell, limit)
        if checkpoint:
            shapes = engine.plan.network.parameter_shapes(engine.plan.input_shape, engine.plan.classes)
            check_fits(checkpoint, job.steps_per_epoch, job.total_steps, shapes)
            job.best_weights.update(checkpoint.best_weights)
        _check_batch_normalisation(job)
        return job

    def _calibrate(self, job: Job) -> Calibration:
        """Calibrate the finished model on the held-out images, if there are any."""
        held_out = job.held_out
        if not job.finished or held_out is None or len(held_out.class_names) < 2:
            return UNCALIBRATED
        calibration = fit_calibration(
            finite_logits(job.engine, held_out.images), held_out.labels, self.settings.error_rate
        )
        self._tell(Calibrated(calibration))
        return calibration

    def _finite_weights(self, job: Job) -> Weights:
        """Return the current weights, after checking that they are finite: no loss follows the last update."""
        weights = job.engine.weights()
        if not all(np.isfinite(array).all() for array in weights.values()):
            explain_explosion(job, "the weights became infinite", job.history.steps - 1)
        return weights

    def _train_and_mind_interrupts(self, job: Job) -> TrainedModel:
        """Train. Without `should_stop`, Ctrl-C stops the training; KeyboardInterrupt follows when all is saved."""
        if self.should_stop is not None or not interrupts_are_pythons():
            return self._train(job)
        with stopping_on(signal.SIGINT) as asked:
            self.should_stop = asked
            model = self._train(job)
        if asked():
            raise KeyboardInterrupt
        return model

    def _run_steps(self, job: Job) -> None:
        """Run the loop; save a checkpoint every few seconds, and another one if the training is stopped."""
        saved_at = time.monotonic()
        for _ in run_chunks(job):
            self.check_whole()
            if time.monotonic() - saved_at > CHECKPOINT_SECONDS:
                self._try_to_write(lambda: self._save_checkpoint(job), CHECKPOINT_NAME)
                saved_at = time.monotonic()
            if self.should_stop and self.should_stop():
                break
        if not job.finished:
            self._save_checkpoint(job)
        elif self.settings.max_seconds is not None:
            # If repeated, these steps would end at another one because of the time limit: save them in case of a kill.
            self._try_to_write(lambda: self._save_checkpoint(job), CHECKPOINT_NAME)

    def _end(self, job: Job) -> None:
        """Restore the best weights after early stopping, and report an early end."""
        if job.ended_by is None:
            return
        history, best = job.history, None
        if history.best is not None and history.best < len(history.epochs) - 1:
            best = history.epochs[history.best]
            job.engine.set_weights(job.best_weights)
        if best or job.ended_by != "epochs":
            self._tell(TrainingEnded(job.ended_by, history.steps / job.steps_per_epoch, self.settings.epochs, best))

    def _save_checkpoint(self, job: Job) -> None:
        if self.folder is None:
            return
        job.history.elapsed = job.time_limit.elapsed
        checkpoint = Checkpoint(
            settings=self.settings,
            data=self.dataset.name,
            data_fingerprint=self.fingerprint,
            weights=self._finite_weights(job),
            optimizer_state=job.trainer.state(),
            history=job.history,
            best_weights=job.best_weights,
            source=self.dataset.source,
            verdicts=self.verdicts,
            data_dir=self.data_dir,
        )
        save_checkpoint(self.folder / CHECKPOINT_NAME, checkpoint)
        if job.history.steps:
            run_folder.write_metrics(self.folder, job.history.epochs)

    def _test(self, engine: Engine, test: LabelledImages) -> Judged:
        tested = Judged(int((engine.logits(test.images).argmax(1) == test.labels).sum()), len(test))
        self._tell(tested)
        return tested

    def _model(self, job: Job, calibration: Calibration, tested: Judged | None) -> TrainedModel:
        """Return the model with the current weights."""
        return TrainedModel(
            network=read_network(self.settings.network),
            weights=self._finite_weights(job),
            preprocessing=self.preprocessing,
            class_names=self.dataset.train.class_names,
            facts=self._facts(job, tested),
            calibration=calibration,
        )

    def _write_results(self, folder: Path, job: Job, model: TrainedModel) -> None:
        """Write the results. The model comes first, so that it is safe if a later file fails. The checkpoint is removed
        last: until then, everything can be written again.
        """
        model.save(folder / MODEL_FILE_NAME)
        try:
            run_folder.point_latest_to(folder)
            run_folder.write_metrics(folder, job.history.epochs)
            run_folder.write_losses(folder, job.history.losses)
            pictures.write_pictures(folder, model, self.dataset, job)
            self.check_whole()
        except OutputError as error:
            rest = shlex.join(["convlens", "train", "--resume", str(folder)])
            raise OutputError(f"{error} The model is saved. To write the other files: {rest}") from error
        if job.finished:
            (folder / CHECKPOINT_NAME).unlink(missing_ok=True)

    def _facts(self, job: Job, tested: Judged | None) -> dict[str, Any]:
        """Return the facts about this training, JSON values only."""
        history = job.history
        facts: dict[str, Any] = {
            "data": self.dataset.name,
            "training_images": job.images,
            "recipe": self.settings.recipe,
            "epochs": history.steps // job.steps_per_epoch,
            "steps": history.steps,
            "finished": job.finished,
            "images_seen": job.images_per_epoch * (history.steps // job.steps_per_epoch)
            + history.steps % job.steps_per_epoch * self.settings.batch_size,
            "seed": self.settings.seed,
            "settings": self.settings.as_dict(),
            "engine": job.engine.description,
            "seconds": round(history.seconds, 3),
            "trained_at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "convlens": metadata.version("convlens"),
        }
        if not job.finished:
            facts["planned_steps"] = job.planned_steps
        if self.dataset.numbered:
            facts["numbered_labels"] = True
        if self.dataset.source is not None:
            facts["data_source"] = dict(self.dataset.source)
        if self.notes:
            facts["notes"] = list(self.notes)
        if self.verdicts:
            facts["probe"] = [str(verdict) for verdict in self.verdicts]
        if history.epochs:
            facts["last_epoch"] = history.epochs[-1].as_dict()
            facts["history"] = {name: [getattr(done, name) for done in history.epochs] for name in HISTORY_NAMES}
        if job.ended_by:
            facts["ended_by"] = job.ended_by
            if history.best is not None:
                facts["best_epoch"] = history.best
        if tested:
            facts["test"] = {"accuracy": tested.accuracy, "correct": tested.correct, "total": tested.total}
        if tested and self.dataset.test:
            facts["samples"] = pictures.sample_answers(job.engine, self.dataset.test, self.settings.seed)
        return facts

    def _tell(self, event: Event) -> None:
        """Log an event and pass it to the callback."""
        folder = self.folder
        if folder:
            lines = log_lines(event, self.settings)
            self._try_to_write(lambda: run_folder.append_log(folder, lines), run_folder.LOG_NAME)
        if self.on_event:
            self.on_event(event)

    def _try_to_write(self, write: Callable[[], None], name: str) -> None:
        """Write a file that the training can do without for now; report only the first failure for each file."""
        try:
            write()
        except OutputError as error:
            if name not in self.not_written:
                self.not_written.add(name)
                self._tell(NotWritten(str(error)))


def _check_batch_normalisation(job: Job) -> None:
    """Raise UsageError if a batch of one image is normalised where a channel is one number: its variance would be 0."""
    size = job.settings.batch_size
    smallest = min(job.images_per_epoch % size or size, job.images_per_epoch)
    plan = job.engine.plan
    for node in plan.network.resolve(plan.input_shape, plan.classes):
        if smallest == 1 and normalises_one_number(node):
            raise UsageError(
                f"batch normalisation of single numbers (layer {node.index}) needs at least two images in every batch, "
                f"but {job.images:,} images in batches of {size:,} give a batch of one. "
                "Give a larger batch size or more images."
            )
