"""Draw the charts of a run: its curves, three test images with the model's answers, and the first kernels."""

from pathlib import Path

import numpy as np

from convlens import charts
from convlens.data import Dataset, LabelledImages
from convlens.engines import Engine
from convlens.files import write_atomically
from convlens.layers import Conv2d
from convlens.prediction import predict_probabilities
from convlens.trained_model import TrainedModel
from convlens.training.loop import History, Job

SAMPLE_PLACES = {"1st": 0, "5th": 4, "9th": 8}
"""The three images of a shuffled test batch that the tutorial shows. These are the positions in the tutorial's text;
its code uses [1], [5] and [9].
"""


def write_pictures(folder: Path, model: TrainedModel, dataset: Dataset, job: Job) -> None:
    """Write the charts. A run without test images has no samples, a network without conv has no kernels."""
    write_atomically(folder / "training.png", _draw_training(model, job.history, job.steps_per_epoch))
    if dataset.test:
        write_atomically(folder / "samples.png", _draw_samples(model, dataset.test, job.engine))
    nodes = model.network.resolve(model.plan.input_shape, model.plan.classes)
    first = next((node for node in nodes if isinstance(node.layer, Conv2d)), None)
    if first is not None:
        title = f"Layer {first.index}: {first.text_with_branch}"
        weights = model.weights[f"{first.path}.weight"], model.weights[f"{first.path}.bias"]
        write_atomically(folder / "kernels.png", charts.draw_kernels(*weights, title=title))


def sample_indices(seed: int, test_images: int) -> dict[str, int]:
    """Return the indices of the test images to show: the 1st, 5th and 9th of a random batch, if there are so many.

    >>> sample_indices(3, 10_000)
    {'1st': 9741, '5th': 8170, '9th': 5732}
    """
    order = np.random.default_rng([seed, 2]).permutation(test_images)
    return {name: int(order[place]) for name, place in SAMPLE_PLACES.items() if place < test_images}


def sample_answers(engine: Engine, test: LabelledImages, seed: int) -> list[dict[str, int | str]]:
    """Return the model's answers to the three samples, for the facts of a run: `image`, `predicted` and `true`."""
    indices = list(sample_indices(seed, len(test)).values())
    predicted = engine.logits(test.images[indices]).argmax(1)
    return [
        {"image": index, "predicted": test.class_names[said], "true": test.class_names[test.labels[index]]}
        for index, said in zip(indices, predicted.tolist(), strict=True)
    ]


def _draw_training(model: TrainedModel, history: History, steps_per_epoch: int) -> bytes:
    facts = model.facts
    held_out = [done.validation_accuracy for done in history.epochs if done.validation_accuracy is not None]
    test = facts.get("test")
    shown = {"test accuracy": f"{test['accuracy'] * 100:.2f} %"} if test else {}
    shown |= {
        "steps": f"{facts['steps']:,}",
        "training time": f"{facts['seconds']:.1f} s",
        "images/s": f"{facts['training_images'] * history.steps / steps_per_epoch / history.seconds:,.0f}",
        "engine": facts["engine"].partition(" on ")[0],
    }
    return charts.draw_training(
        losses=np.array(history.losses),
        steps_per_epoch=steps_per_epoch,
        accuracies=[done.accuracy for done in history.epochs],
        validation_accuracies=held_out or None,
        title=f"{facts['data']}, recipe {facts['recipe']}, seed {facts['seed']}",
        facts=shown,
    )


def _draw_samples(model: TrainedModel, test: LabelledImages, engine: Engine) -> bytes:
    samples = sample_indices(int(model.facts["seed"]), len(test))
    indices = list(samples.values())
    return charts.draw_samples(
        images=test.images[indices],
        probabilities=predict_probabilities(engine, test.images[indices]),
        true_names=[test.class_names[test.labels[index]] for index in indices],
        class_names=test.class_names,
        captions=[f"{name}, test image {index:,}" for name, index in samples.items()],
    )
