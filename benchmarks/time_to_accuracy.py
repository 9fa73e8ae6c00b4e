"""Measures the time from bytes in memory to evaluated test images, and the accuracy, over many seeds.

    python benchmarks/time_to_accuracy.py --epochs 2 --seeds 20              writes the record
    python benchmarks/time_to_accuracy.py --images 2000 --seeds 2            a short try

The recipe is fixed before the run: no stopping on test accuracy, and no choice of an epoch. docs/lab-notebook.md says
what it was tuned on. The time is compared with ten epochs of the tutorial's own script: its loop is timed between the
trainings of the same run, and multiplied by ten. Its accuracy is the one that the tutorial prints.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

import torch

from comparison import spread_text
from convlens.data import Dataset, LabelledImages, load_dataset
from convlens.engines.engine import Plan
from convlens.engines.native import instruction_sets
from convlens.network import initial_weights, preset
from convlens.preprocessing import Normalisation
from convlens.training import Recipe, TrainingSettings, choose_settings, train
from machine import Neighbours, usable_cores
from recipe_accuracy import describe, measure
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn
from tutorial_loop import tutorial_epoch

WANTED_ACCURACY = 0.9873
"""The accuracy that the tutorial prints after its ten epochs."""
TUTORIAL_EPOCHS = 10
LEAST_SEEDS, LEAST_IMAGES = 20, 60_000
PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))


def shorten(dataset: Dataset, images: int) -> Dataset:
    """Return the dataset with at most `images` training images, and all test images."""
    if images >= len(dataset.train):
        return dataset
    return Dataset(dataset.name, dataset.train.subset(range(images)), dataset.test, dataset.preprocessing_rules)


def parts_of(seeds: int, parts: int) -> list[range]:
    """Split the seeds 0, 1, ... into parts whose lengths differ by at most one.

    >>> parts_of(5, 2)
    [range(0, 2), range(2, 5)]
    """
    return [range(seeds * k // parts, seeds * (k + 1) // parts) for k in range(parts)]


def measure_in_turn(
    dataset: Dataset, recipe: Recipe, changes: dict[str, Any], seeds: int, tutorial_epochs: int
) -> tuple[list[float], list[float], list[float]]:
    """Return the accuracies and seconds of our trainings, and the seconds of the tutorial's epochs between them.

    One training and some batches of the tutorial's loop run first and are not counted, because first calls are slower.
    The tutorial's network continues learning from epoch to epoch, as in its script.
    """
    weights = initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, seed=3)
    train(dataset, recipe=recipe, seed=seeds, **changes)
    few = dataset.train.subset(range(min(640, len(dataset.train))))
    tutorial_epoch(weights, few)[1]()
    _, epoch = tutorial_epoch(weights, dataset.train)
    accuracies, seconds, of_the_tutorial = [], [], []
    for part in parts_of(seeds, tutorial_epochs):
        of_the_tutorial += time_in_turn({"epoch": epoch}, 1)["epoch"]
        print(f"the tutorial's epoch  {of_the_tutorial[-1]:.2f} s", flush=True)
        judged, took = measure(recipe, dataset, part, changes)
        accuracies, seconds = accuracies + judged, seconds + took
    return accuracies, seconds, of_the_tutorial


def format_results(accuracies: list[float], ours: Spread, epoch: Spread) -> str:
    """Return a table of both contenders with time and accuracy; the tutorial's accuracy is the printed one."""
    ratio = TUTORIAL_EPOCHS * epoch.median / ours.median
    rows = [
        [
            "the tutorial's script",
            spread_text(epoch, scale=TUTORIAL_EPOCHS, digits=1),
            "1.0",
            f"{WANTED_ACCURACY:.2%} (printed)",
            "",
            "",
        ],
        [
            "Convlens, native",
            spread_text(ours),
            f"{ratio:.1f}",
            *describe(accuracies)[:3],
        ],
    ]
    return format_table(["contender", "s", "times as fast", "mean accuracy", "deviation", "worst"], rows)


def verdict(accuracies: list[float], ours: Spread, epoch: Spread) -> str:
    """Return sentences with the ratio, and on whether the mean over the seeds reaches the wanted accuracy.

    >>> print(verdict([0.9874, 0.9876], Spread(0.5, 0.5, 0.5, 2), Spread(5.0, 5.0, 5.0, 1)))
    100 times as fast as the tutorial's script. The mean of 2 seeds, 98.750 %, is at least 98.73 %.
    """
    mean = statistics.mean(accuracies)
    compared = "is at least" if mean >= WANTED_ACCURACY else "is BELOW"
    ratio = TUTORIAL_EPOCHS * epoch.median / ours.median
    return (
        f"{ratio:.0f} times as fast as the tutorial's script. The mean of {len(accuracies)} seeds, {mean * 100:.3f} %, "
        f"{compared} {WANTED_ACCURACY * 100:.2f} %."
    )


def describe_settings(settings: TrainingSettings) -> str:
    """Describe the recipe's settings on one line."""
    return (
        f"{settings.recipe}: {settings.epochs} epochs, batches of {settings.batch_size}, {settings.optimizer.name} "
        f"{settings.learning_rate:g} {settings.schedule}, label smoothing {settings.loss.label_smoothing:g}, "
        "no augmentation"
    )


def command_for(recipe: str, epochs: int | None, learning_rate: float | None, seeds: int) -> str:
    """Return the command that repeats this measurement.

    >>> command_for("fast", 2, None, 20)
    'python benchmarks/time_to_accuracy.py --recipe fast --epochs 2 --seeds 20'
    """
    options = {"recipe": recipe, "epochs": epochs, "learning-rate": learning_rate, "seeds": seeds}
    given = [f"--{name} {value}" for name, value in options.items() if value is not None]
    return f"python benchmarks/time_to_accuracy.py {' '.join(given)}"


def count_images(images: LabelledImages | None) -> int:
    """Return the number of images; 0 for None."""
    return 0 if images is None else len(images)


def main(given: argparse.Namespace) -> None:
    """Train with every seed, with the tutorial's epochs in between, print the results, and write the record."""
    dataset = shorten(load_dataset("mnist", data_dir=given.data_dir), given.images)
    torch.set_num_threads(given.threads)
    changes = {"epochs": given.epochs, "learning_rate": given.learning_rate}
    changes |= {"engine": "native", "threads": given.threads}
    neighbours = Neighbours()
    accuracies, seconds, epochs = measure_in_turn(dataset, given.recipe, changes, given.seeds, given.tutorial_epochs)
    others = neighbours.cores()
    ours, epoch = summarise(seconds), summarise(epochs)
    text = f"{format_results(accuracies, ours, epoch)}\n\n{verdict(accuracies, ours, epoch)}"
    facts = shared_facts(
        command_for(given.recipe, given.epochs, given.learning_rate, given.seeds), ["torch", "numpy", "pillow"], others
    )
    facts |= {
        "recipe": describe_settings(choose_settings(given.recipe, **changes)),
        "threads": f"{given.threads} for both; native with {instruction_sets()[0]}",
        "seeds": f"0 to {given.seeds - 1}",
        "evaluated": f"once, on the {count_images(dataset.test):,} test images, after the last step; no stopping, no "
        "choice of an epoch",
        "inside our clock": f"{len(dataset.train):,} images as bytes in memory → first weights, all steps, "
        "evaluation, the model as an object; not reading the files",
        "the tutorial's time": f"{TUTORIAL_EPOCHS} × the median of {given.tutorial_epochs} epochs of its loop (batch "
        "64, DataLoader, PIL and ToTensor), measured in the same run; its test pass and its imports are left out",
        "spread": "median (smallest to largest), after one training and ten batches of the tutorial that do not count",
    }
    full_size = given.seeds >= LEAST_SEEDS and len(dataset.train) >= LEAST_IMAGES
    title = "From bytes in memory to the tutorial's accuracy"
    conclude("time_to_accuracy", title, text, facts, reason_against(given.record, full_size, others))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Accuracy and time of a fixed recipe over many seeds.")
    parser.add_argument("--recipe", default="fast", help="fast or tutorial (default fast)")
    parser.add_argument("--epochs", type=int, default=None, help="2 or 3, say, in the recipe's place")
    parser.add_argument("--learning-rate", type=float, default=None, help="the highest, in the recipe's place")
    parser.add_argument("--seeds", type=int, default=LEAST_SEEDS, help="how many, from 0 on (default 20)")
    parser.add_argument("--tutorial-epochs", type=int, default=2, help="of its loop, between the seeds (default 2)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="training images (default all)")
    parser.add_argument("--threads", type=int, default=min(2, usable_cores()), help="of both (default 2)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
