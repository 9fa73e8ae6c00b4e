"""`convlens train`."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convlens.cli.options import DataDir, JsonLines
from convlens.cli.report_command import REPORT_NAME
from convlens.cli.training_options import ChangeOptions, Changes, UserImages, UserImagesOptions, as_settings
from convlens.errors import ConvlensError, UsageError

if TYPE_CHECKING:
    from convlens.cli.training_view import TrainingView
    from convlens.data import Dataset, ImportOptions
    from convlens.trained_model import TrainedModel


STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Ctrl-C, SIGTERM, and a closed terminal; after each of them, the training saves and stops."""


def train_command(
    data: str | None = None,
    /,
    *,
    recipe: str | None = None,
    changes: ChangeOptions = None,
    images: UserImagesOptions = None,
    config: Path | None = None,
    resume: str | None = None,
    out: Path | None = None,
    data_dir: DataDir = None,
    report: Annotated[bool, Parameter(negative="")] = False,
    show: Annotated[bool, Parameter(negative="")] = False,
    json: JsonLines = False,
) -> int:
    """Train a network and write a run folder with the model, its curves and its settings.

    ```
    convlens train                        train the default network on MNIST
    convlens train photos/                your own images, in one subfolder for each class
    convlens train frames.csv --group-by "{stem[:5]}" --size 48
    convlens train --network "conv 16 5x5, relu, maxpool 2, dense" --epochs 5
    convlens train --recipe best --minutes 5 --patience 8
    ```

    Ctrl-C finishes the current step, saves, and prints the command that continues the run.

    Args:
        data: A known dataset (`convlens data list`) or your own images: a folder with one subfolder for each class, a
            CSV file of paths and labels, an .npz file, IDX files, or a zip archive of these. [default: mnist]
        recipe: A named set of settings: fast (2 epochs), tutorial (10 epochs) or best (about a minute; more accurate,
            also on pictures unlike the training images). [default: best for your own images, otherwise fast]
        config: Repeat a run with the settings in its config.toml.
        resume: Continue a stopped run: its folder, or latest.
        out: The folder to create for the run. [default: runs/DATE_TIME_DATA]
        report: Also write report.html into the run folder, as `convlens report` does.
        show: Open the run's pictures when it is finished.
    """
    from convlens.cli.training_view import TrainingView

    changed, custom = (changes or Changes()).given(), images or UserImages()
    view = TrainingView(json)
    if resume is not None:
        others = {**changed, **custom.given(), "recipe": recipe, "config": config, "out": out, "DATA": data}
        _refuse_with("--resume", others)
        model = _resume(resume, data_dir, view)
    else:
        model = _train(data, data_dir, config, recipe, as_settings(changed), custom.as_options(), out, view)
    return _finish(model, view, report, show, data_dir)


def _finish(model: "TrainedModel", view: "TrainingView", report: bool, show: bool, data_dir: Path | None) -> int:
    """Write the report if requested, and print the result, even if the report fails."""
    failure = None
    if report and view.folder is not None and model.facts["finished"]:
        from convlens.report import write_report

        try:
            write_report(view.folder, out=view.folder / REPORT_NAME, data_dir=data_dir)
        except ConvlensError as error:
            failure = error
    code = view.report(model, show)
    if failure is not None:
        raise failure
    return code


def _train(
    data: str | None,
    data_dir: Path | None,
    config: Path | None,
    recipe: str | None,
    changes: dict[str, Any],
    images: "ImportOptions | None",
    out: Path | None,
    view: "TrainingView",
) -> "TrainedModel":
    """Train with the settings of a recipe or of an earlier run's configuration file, and with changes."""
    from convlens.training import train
    from convlens.training.interrupts import stopping_on
    from convlens.training.recipes import DEFAULT_RECIPE, choose_settings, read_changes
    from convlens.training.run_folder import check_run_folder, read_config

    choices: dict[str, Any] = {"recipe": recipe, **changes}
    if config is None:
        choose_settings(recipe or DEFAULT_RECIPE, **changes)  # so that errors appear before images are read
    else:
        _refuse_with("--config", {"recipe": recipe})
        kept = read_config(config)
        choices = {"settings": replace(kept.settings, **read_changes(changes))}
        data, images = data or kept.data, images or kept.images
        data_dir = data_dir or (Path(kept.data_dir) if kept.data_dir else None)
    check_run_folder(out or "runs/*")
    dataset = _load(data or "mnist", data_dir, images, view)
    with view.shown(), stopping_on(*STOP_SIGNALS) as stop:
        return train(
            dataset, out=out or "runs/*", data_dir=data_dir, on_event=view.on_event, should_stop=stop, **choices
        )


def _load(data: str, data_dir: Path | None, images: "ImportOptions | None", view: "TrainingView") -> "Dataset":
    """Load the images, with a progress bar; for custom images, print a few lines about problems."""
    from convlens.cli.reading_progress import showing_progress
    from convlens.data import cache_folder, import_images, is_custom_path, load_dataset
    from convlens.data.checkup import check_images

    with showing_progress() as on_progress:
        if not is_custom_path(data):
            return load_dataset(data, data_dir=data_dir, on_progress=on_progress, options=images)
        imported = import_images(data, images, cache_folder(data_dir), on_progress)
        checkup = check_images(imported, on_progress)
    view.show_checkup(data, checkup.summary_lines())
    return imported.dataset()


def _resume(run: str, data_dir: Path | None, view: "TrainingView") -> "TrainedModel":
    from convlens.trained_model.location import LATEST, latest_run
    from convlens.training import resume_training
    from convlens.training.interrupts import stopping_on

    folder = latest_run() if run == LATEST else Path(run)
    with view.shown(), stopping_on(*STOP_SIGNALS) as should_stop:
        return resume_training(folder, data_dir=data_dir, on_event=view.on_event, should_stop=should_stop)


def _refuse_with(option: str, others: dict[str, Any]) -> None:
    """Refuse options that would be ignored, because `option` brings its own settings."""
    given = [name.replace("_", "-") for name, value in others.items() if value is not None]
    if given:
        names = ", ".join(name if name.isupper() else f"--{name}" for name in given)
        raise UsageError(
            f"{option} brings its own settings, so {names} cannot be given with it. Leave one of them out."
        )
