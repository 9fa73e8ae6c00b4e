"""`convlens train`."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convlens.cli.options import DataDir, DeviceOption, EngineOption, JsonLines, Threads, Whole
from convlens.errors import UsageError

if TYPE_CHECKING:
    from convlens.training import TrainingSettings


STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Ctrl-C, a polite kill, and a closed terminal: each saves before it stops."""

RecipeOption = Annotated[
    str | None, Parameter(help="fast (2 epochs, one-cycle) or tutorial (its 10 epochs). [default: fast]")
]
NetworkOption = Annotated[
    str | None, Parameter(help="A network as text, or tutorial or lenet; `convlens layers --help` has the language.")
]
SeedOption = Annotated[
    Whole | None,
    Parameter(help="Of everything random; the same weights again on one kind of processor, whatever the threads."),
]
ValidationOption = Annotated[
    float | None, Parameter(help="Share of the training images to hold out and judge after every epoch.")
]


def train_command(
    data: Annotated[str | None, Parameter(help="A known dataset, see `convlens data list`. [default: mnist]")] = None,
    /,
    *,
    recipe: RecipeOption = None,
    network: NetworkOption = None,
    epochs: Annotated[Whole | None, Parameter(help="How often every training image is seen.")] = None,
    batch_size: Annotated[Whole | None, Parameter(help="Images of one step.")] = None,
    learning_rate: Annotated[float | None, Parameter(help="The constant or the highest learning rate.")] = None,
    seed: SeedOption = None,
    validation: ValidationOption = None,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    config: Annotated[Path | None, Parameter(help="Repeat a run from its config.toml.")] = None,
    resume: Annotated[str | None, Parameter(help="Go on with a stopped run: its folder, or latest.")] = None,
    out: Annotated[Path | None, Parameter(help="A new folder for the run. [default: runs/DATE_TIME_DATA]")] = None,
    data_dir: DataDir = None,
    show: Annotated[bool, Parameter(negative="", help="Open the pictures of the run when it is done.")] = False,
    json: JsonLines = False,
) -> int:
    """Train a network and write a run folder with the model, its curves and its settings.

    ```
    convlens train                        MNIST, the tutorial's network
    convlens train fashion-mnist --recipe tutorial
    convlens train --network "conv 16 5x5, relu, maxpool 2, dense" --epochs 5
    ```

    Ctrl-C finishes the step, saves, and prints the command that goes on.
    """
    from convlens.cli.training_view import TrainingView
    from convlens.training import choose_settings

    changes = {
        "network": network,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "validation": validation,
        "engine": engine,
        "device": device,
        "threads": threads,
    }
    view = TrainingView(json)
    if resume is not None:
        _refuse_with("--resume", {**changes, "recipe": recipe, "config": config, "out": out, "DATA": data})
        return _resume(resume, data_dir, view, show)
    if config is not None:
        _refuse_with("--config", {"recipe": recipe})
        settings, data, data_dir = _read_config(config, data, data_dir, changes)
    else:
        settings = choose_settings(recipe or "fast", **changes)
    return _train(data or "mnist", data_dir, settings, out, view, show)


def _train(
    data: str, data_dir: Path | None, settings: "TrainingSettings", out: Path | None, view: Any, show: bool
) -> int:
    from convlens.cli.terminal import showing_downloads
    from convlens.data import load_dataset
    from convlens.training import train
    from convlens.training.interrupts import stopping_on

    with showing_downloads() as on_progress:
        dataset = load_dataset(data, data_dir=data_dir, on_progress=on_progress)
    with view, stopping_on(*STOP_SIGNALS) as should_stop:
        model = train(
            dataset,
            settings=settings,
            out=out or "runs/*",
            data_dir=data_dir,
            on_event=view.on_event,
            should_stop=should_stop,
        )
    return view.report(model, show)


def _resume(run: str, data_dir: Path | None, view: Any, show: bool) -> int:
    from convlens.trained_model.location import LATEST, latest_run
    from convlens.training import resume_training
    from convlens.training.interrupts import stopping_on

    folder = latest_run() if run == LATEST else Path(run)
    with view, stopping_on(*STOP_SIGNALS) as should_stop:
        model = resume_training(folder, data_dir=data_dir, on_event=view.on_event, should_stop=should_stop)
    return view.report(model, show)


def _read_config(
    config: Path, data: str | None, data_dir: Path | None, changes: dict[str, Any]
) -> tuple["TrainingSettings", str, Path | None]:
    from convlens.training.run_folder import read_config

    kept_data, kept_dir, settings = read_config(config)
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    return settings, data or kept_data, data_dir or (Path(kept_dir) if kept_dir else None)


def _refuse_with(option: str, others: dict[str, Any]) -> None:
    """An option that brings its own settings allows no others that would be ignored."""
    given = [name.replace("_", "-") for name, value in others.items() if value is not None]
    if given:
        names = ", ".join(name if name.isupper() else f"--{name}" for name in given)
        raise UsageError(
            f"{option} brings its own settings, so {names} cannot be given with it. Leave one of them out."
        )
