"""Start a training, or resume a stopped run: check the arguments and read the data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from convlens.checking import as_callback, as_flag, as_instance, as_path
from convlens.data import CATALOGUE, Dataset, ImportOptions, LabelledImages, load_dataset
from convlens.data.intake import is_share, read_dataset
from convlens.engines import AugmentationSettings, DeviceName, EngineName
from convlens.errors import UsageError
from convlens.habits import explains_arguments
from convlens.network import PRESETS, Network, NetworkLike, as_network
from convlens.preprocessing import Preprocessing, choose_rules, fit_preprocessing
from convlens.trained_model import TrainedModel
from convlens.trained_model.location import CHECKPOINT_NAME, CONFIG_NAME, MODEL_FILE_NAME
from convlens.training import run_folder
from convlens.training.best import DataFacts
from convlens.training.checkpoint import check_same_data, load_checkpoint
from convlens.training.events import Event
from convlens.training.mapped import guarded, in_memory
from convlens.training.progress import watching
from convlens.training.recipes import BEST, DEFAULT_RECIPE, choose_settings
from convlens.training.session import Session
from convlens.training.settings import Balance, Recipe, TrainingSettings


@explains_arguments
def train(
    data: Path | str | Dataset | LabelledImages | Any = "mnist",
    labels: Any = None,
    *,
    images: ImportOptions | None = None,
    recipe: Recipe | None = None,
    network: NetworkLike | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    seed: int | None = None,
    validation: float | Any = None,
    test: Any = None,
    augmentation: AugmentationSettings | str | None = None,
    probe: bool | None = None,
    balance: Balance | None = None,
    error_rate: float | None = None,
    early_stopping: bool | int | None = None,
    max_seconds: float | None = None,
    engine: EngineName | None = None,
    device: DeviceName | None = None,
    threads: int | None = None,
    settings: TrainingSettings | None = None,
    out: Path | str | None = None,
    data_dir: Path | str | None = None,
    progress: bool | None = None,
    on_event: Callable[[Event], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainedModel:
    """Train a network and return the trained model.

    Args:
        data: the name of a known dataset; the path of your own images (a folder of class folders, a CSV file, an
            .npz, IDX files, or a zip of these); images in memory, if `labels` is given: an array or tensor, N×H×W,
            N×H×W×C or N×C×H×W, or a list of images; or images and labels in one object: `(X, y)`, a dict, a data
            frame, a list of pairs, a dataset or data loader of PyTorch or Hugging Face, a `Dataset` or
            `LabelledImages`. See docs/arrays.md.
        labels: one label per image, if `data` has only images: integers, strings or booleans.
        images: how your own images are read and split; for images in memory, their size and channels.
        validation: the fraction of the training images to hold out, or validation images with labels, such as `(X, y)`.
        test: test images with labels, such as `(X, y)`. The finished model is evaluated on them.
        recipe: `fast`, `tutorial` or `best`; None means `best` for your own images at a path, else `fast`. The
            arguments from `epochs` to `threads` override single settings of the recipe; see `TrainingSettings`.
        network: a `Network`, its layers, its text, or the name of a preset; see docs/networks.md.
        settings: all settings at once, instead of a recipe and changes.
        out: a new folder for the run's files; `"runs/*"` creates one named after date, time and data; None writes no
            files.
        data_dir: the folder of known datasets.
        progress: whether to show progress on stderr: a bar on a terminal, a table in a notebook, elsewhere one line
            per epoch, at most one per second. None shows it unless `on_event` is given.
        on_event: called with every `Event`, about twenty per second. `print` only gets one line per epoch.
        should_stop: called about twenty times per second; True ends the training early. Then `facts["finished"]` is
            False, and a run with `out` can be resumed. Without `should_stop`, Ctrl-C saves the run if `out` is given,
            then raises KeyboardInterrupt.

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
    held_out = None if validation is None or is_share(validation) else validation
    validation = validation if held_out is None else None
    if network is not None and not isinstance(network, str):
        network = str(as_network(network))
    changes = {"network": network, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    changes |= {"seed": seed, "validation": validation, "engine": engine, "device": device, "threads": threads}
    changes |= {"augmentation": augmentation, "probe": probe, "balance": balance, "error_rate": error_rate}
    changes |= {"early_stopping": early_stopping, "max_seconds": max_seconds}
    _check_instances(settings, images)
    if settings is not None and (recipe is not None or any(value is not None for value in changes.values())):
        raise UsageError("settings were given together with a recipe or single changes; put the changes into settings.")
    _check_watching(progress, on_event, should_stop)
    _check_paths(out=out, data_dir=data_dir)
    choose_settings(DEFAULT_RECIPE if recipe is None else recipe, **changes)  # check before reading the data
    dataset = in_memory(_as_dataset(data, labels, data_dir, images, held_out, test))
    preprocessing, notes = _fit(dataset)
    if settings is None:
        settings = settings_for(dataset, preprocessing, recipe, **changes)
    with watching(progress, on_event) as tell:
        session = Session(settings, dataset, preprocessing, _absolute(data_dir), tell, should_stop, notes=notes)
        return session.run(None, out)


def resume_training(
    folder: Path | str,
    data: Dataset | LabelledImages | Any = None,
    labels: Any = None,
    *,
    images: ImportOptions | None = None,
    validation: Any = None,
    test: Any = None,
    data_dir: Path | str | None = None,
    progress: bool | None = None,
    on_event: Callable[[Event], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainedModel:
    """Resume a stopped run with its settings; the result has the same bits as without the stop.

    If the run was neither on a known dataset nor on images at a path, give the same `data`, `labels`, `images`,
    `validation` and `test` as for `train`. Leave `validation` out if it was a share. `progress`, `on_event` and
    `should_stop` are those of `train`.

    Raises:
        UsageError: there is no stopped run in the folder.
        DataError: the data differ from those that the run began with.
    """
    if validation is not None and is_share(validation):
        raise UsageError("validation was given as a share, which is stored in the run. Leave it out.")
    folder = _linked(as_path("folder", folder))
    _check_watching(progress, on_event, should_stop)
    path = folder / CHECKPOINT_NAME
    if not path.is_file():
        finished = (folder / MODEL_FILE_NAME).is_file()
        reason = "is finished" if finished else f"contains no {CHECKPOINT_NAME}"
        again = folder / CONFIG_NAME
        hint = f" To start it again: convlens train --config {again}" if not finished and again.is_file() else ""
        raise UsageError(f"{folder} {reason}, so there is nothing to resume. Give the folder of a stopped run.{hint}")
    checkpoint = load_checkpoint(path)
    kept_dir = data_dir or checkpoint.data_dir
    if kept_dir is None and (folder / CONFIG_NAME).is_file():  # before 0.7 only the configuration had it
        kept_dir = run_folder.read_config(folder / CONFIG_NAME).data_dir
    if data is None and checkpoint.source is not None:
        options = ImportOptions.from_dict(checkpoint.source["options"])
        data = load_dataset(Path(checkpoint.source["path"]), data_dir=kept_dir, options=options)
    if data is None and checkpoint.data not in CATALOGUE:
        raise UsageError(
            f"{folder} was trained on {checkpoint.data!r}, which is not a known dataset. Call resume_training with "
            "data=."
        )
    dataset = _as_dataset(data if data is not None else checkpoint.data, labels, kept_dir, images, validation, test)
    dataset = in_memory(dataset)
    with guarded(dataset):
        check_same_data(checkpoint, dataset)
    preprocessing, notes = _fit(dataset)
    with watching(progress, on_event) as tell:
        session = Session(
            checkpoint.settings, dataset, preprocessing, _absolute(kept_dir), tell, should_stop, folder, notes
        )
        return session.run(checkpoint, None)


def _linked(folder: Path) -> Path:
    """Return the folder that a link such as `runs/latest` points to: the link itself is made anew after the run."""
    return folder.parent / folder.readlink() if folder.is_symlink() else folder


def _check_instances(settings: object, images: object) -> None:
    if settings is not None:
        as_instance("settings", settings, TrainingSettings, "TrainingSettings(...)")
    if images is not None:
        as_instance("images", images, ImportOptions, "ImportOptions(...)")


def _check_paths(*, out: Any, data_dir: object) -> None:
    """Check that the values are paths and that the run's folder can be created; None is allowed."""
    for name, path in (("out", out), ("data_dir", data_dir)):
        if path is not None:
            as_path(name, path)
    if out is not None:
        run_folder.check_run_folder(out)


def _check_watching(progress: object, on_event: object, should_stop: object) -> None:
    if progress is not None:
        as_flag("progress", progress)
    for name, callback in (("on_event", on_event), ("should_stop", should_stop)):
        as_callback(name, callback)


def settings_for(
    dataset: Dataset, preprocessing: Preprocessing, recipe: Recipe | None = None, **changes: Any
) -> TrainingSettings:
    """Return the settings of a recipe for a dataset; None means `best` for custom images, else `fast`.

    Raises:
        UsageError: the recipe is unknown, or a value is not allowed.
    """
    facts = DataFacts(
        image_shape=dataset.train.image_shape,
        classes=len(dataset.train.class_names),
        images=len(dataset.train),
        glyphs=preprocessing.rules in ("digit", "glyph"),
    )
    usual = BEST if dataset.source is not None else DEFAULT_RECIPE
    return choose_settings(usual if recipe is None else recipe, facts, **changes)


def _fit(dataset: Dataset) -> tuple[Preprocessing, tuple[str, ...]]:
    """Return the preprocessing and the notes on the images, including how its rules were chosen."""
    rules, notes = dataset.preprocessing_rules, dataset.notes
    with guarded(dataset) as check_whole:
        if rules == "auto":
            rules, reason = choose_rules(dataset.train.images)
            notes = (*notes, f"rules for new images: {rules} ({reason})")
        preprocessing = fit_preprocessing(dataset.train.images, rules)
        check_whole()
    return preprocessing, notes


def _absolute(data_dir: Path | str | None) -> str | None:
    """Return the folder as an absolute path, so that a run finds its data from any working directory."""
    return None if data_dir is None else str(Path(data_dir).resolve())


def _as_dataset(
    data: Any, labels: Any, data_dir: Path | str | None, images: ImportOptions | None, validation: Any, test: Any
) -> Dataset:
    """Return the data as a dataset of training, validation and test images."""
    if isinstance(data, Network):
        raise UsageError("data is a Network. Give images and labels first: train(X, y, network=network).")
    if not isinstance(data, str | Path):
        return read_dataset(data, labels, validation=validation, test=test, options=images)
    if labels is not None:
        name = str(data)
        if name in PRESETS:
            raise UsageError(f'data is {name!r}, the name of a network. Write train(X, y, network="{name}").')
        raise UsageError(f"labels were given, but {name!r:.60} names data that have labels. Leave them out.")
    dataset = load_dataset(data, data_dir=data_dir, options=images)
    return dataset if validation is None and test is None else read_dataset(dataset, validation=validation, test=test)
