"""Measures the accuracy of a recipe over many seeds: mean, spread and worst, because one seed says little.

    python benchmarks/recipe_accuracy.py fast --seeds 20               on the test images; writes the record
    python benchmarks/recipe_accuracy.py fast --seeds 4 --held-out 0.1 --learning-rate 0.02

With `--held-out`, a part of the training images is held out and evaluated instead of the test images, and nothing is
recorded. Use this to tune a recipe, and the test images only when the recipe is fixed.
"""

import argparse
import datetime
import math
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from convlens.data import Dataset, load_dataset, split_stratified
from convlens.training import choose_settings, train
from convlens.training.recipes import RECIPES
from machine import Neighbours, current_commit, describe_machine, package_versions, usable_cores
from records import format_facts, format_table, write_section

TUNING_SEED = 12345
"""The seed of the split for tuning, the same for all candidates."""


def hold_out(dataset: Dataset, share: float) -> Dataset:
    """Return the dataset with a part of its training images in place of its test images, which are left out."""
    kept, held = split_stratified(dataset.train.labels, share, TUNING_SEED)
    return Dataset(dataset.name, dataset.train.subset(kept), dataset.train.subset(held), dataset.preprocessing_rules)


def measure(recipe: str, dataset: Dataset, seeds: range, changes: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Return the accuracy and the seconds (training and test pass, data already in memory) of each seed."""
    accuracies, seconds = [], []
    for seed in seeds:
        start = time.perf_counter()
        model = train(dataset, settings=choose_settings(recipe, seed=seed, **changes))
        seconds.append(time.perf_counter() - start)
        accuracies.append(model.facts["test"]["accuracy"])
        print(f"seed {seed:>3}  {accuracies[-1]:.2%}  {seconds[-1]:.1f} s", flush=True)
    return accuracies, seconds


def describe(accuracies: list[float]) -> list[str]:
    """Format the mean with its standard error, the standard deviation, the worst and the best.

    >>> describe([0.98, 0.99])
    ['98.500 ± 0.500 %', '0.707 %', '98.00 %', '99.00 %']
    """
    deviation = statistics.stdev(accuracies) if len(accuracies) > 1 else math.nan
    return [
        f"{statistics.mean(accuracies) * 100:.3f} ± {deviation / len(accuracies) ** 0.5 * 100:.3f} %",
        f"{deviation * 100:.3f} %",
        f"{min(accuracies) * 100:.2f} %",
        f"{max(accuracies) * 100:.2f} %",
    ]


def write_record(recipe: str, engine: str, accuracies: list[float], seconds: list[float], others: float | None) -> None:
    """Write the recipe's row and its facts into the records."""
    settings = choose_settings(recipe)
    table = format_table(
        ["recipe", "mean and its error", "deviation", "worst", "best", "median s"],
        [[recipe, *describe(accuracies), f"{statistics.median(seconds):.1f}"]],
    )
    facts = {
        "command": f"python benchmarks/recipe_accuracy.py {recipe} --seeds {len(accuracies)} --engine {engine}",
        "engine": engine,
        "date": datetime.date.today().isoformat(),
        "commit": current_commit(),
        **describe_machine(),
        "versions": ", ".join(f"{k} {v}" for k, v in package_versions(["torch", "numpy"]).items()),
        "threads": str(usable_cores()),
        "seeds": f"0 to {len(accuracies) - 1}",
        "settings": f"{settings.epochs} epochs, batches of {settings.batch_size}, {settings.optimizer.name} "
        f"{settings.learning_rate:g} {settings.schedule}, beta2 {settings.optimizer.beta2:g}, "
        f"label smoothing {settings.loss.label_smoothing:g}, all 60,000 training images, no augmentation",
        "evaluated": "once, on the 10,000 test images, after the last step; no stopping, no choice of an epoch",
        # The accuracy does not depend on them, the seconds do.
        "other programs meanwhile": "unknown" if others is None else f"{others:.2f} cores on average",
        "inside the clock": "first weights, handing over the images, all steps, the test pass; not reading the files",
    }
    title = f"## Accuracy of the recipe `{recipe}` on MNIST, engine `{engine}`"
    write_section(f"recipe_accuracy_{recipe}_{engine}", f"{title}\n\n{table}\n\n{format_facts(facts)}")


def changed_settings(given: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the options change; None if an option was not given."""
    recipe = RECIPES.get(given.recipe, RECIPES["fast"])
    optimizer = None if given.beta2 is None else replace(recipe.optimizer, beta2=given.beta2)
    loss = None if given.label_smoothing is None else replace(recipe.loss, label_smoothing=given.label_smoothing)
    rest = {"learning_rate": given.learning_rate, "epochs": given.epochs, "engine": given.engine}
    return {**rest, "optimizer": optimizer, "loss": loss}


def main() -> None:
    """Read the options, measure, print the results, and write the record."""
    parser = argparse.ArgumentParser(description="The accuracy of a recipe on MNIST over many seeds.")
    parser.add_argument("recipe", help="fast or tutorial")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from 0 on (default 20)")
    parser.add_argument("--held-out", type=float, default=0.0, help="share of the training images to evaluate instead")
    parser.add_argument("--learning-rate", type=float, default=None)
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--beta2", type=float, default=None, help="of Adam")
    parser.add_argument("--label-smoothing", type=float, default=None)
    parser.add_argument("--engine", default="native", help="native (the default) or torch")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    given = parser.parse_args()
    changes = changed_settings(given)
    if not given.held_out and any(value is not None for name, value in changes.items() if name != "engine"):
        parser.error("changes are tried on held-out training images: give --held-out 0.1 as well.")
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    if given.held_out:
        dataset = hold_out(dataset, given.held_out)
    neighbours = Neighbours()
    accuracies, seconds = measure(given.recipe, dataset, range(given.seeds), changes)
    print("mean {}, deviation {}, worst {}, best {}".format(*describe(accuracies)))
    if not given.held_out:
        write_record(given.recipe, given.engine, accuracies, seconds, neighbours.cores())


if __name__ == "__main__":
    main()
