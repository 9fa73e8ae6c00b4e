"""What models say of images that they did not learn from, for every training image: one model for each fold.

A model knows the labels that it learned, wrong ones too, so it cannot judge them. Here the images are divided into
folds; a model that learns from the others answers for each.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset, LabelledImages, hash_images
from convlens.errors import DataError, UsageError
from convlens.prediction import finite_logits
from convlens.preprocessing import Preprocessing
from convlens.training.events import Event
from convlens.training.session import Session
from convlens.training.settings import TrainingSettings

FOLDS = 3
"""A third of the images is missing from each model's training, which costs little accuracy, and three trainings are
bearable; ten would find a few labels more.
"""
_STREAM = 7


def predict_out_of_fold(
    images: LabelledImages,
    settings: TrainingSettings,
    preprocessing: Preprocessing,
    folds: int = FOLDS,
    on_event: Callable[[Event], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> NDArray[np.float32]:
    """Logits, N × classes, of each image from a model that did not learn from it or from an exact copy of it.

    The models are trained with `settings`, but hold nothing out, try nothing out beforehand and take all epochs; a
    network, number of epochs and augmentation of a model that is there already make them like it.

    Raises:
        UsageError: fewer than two folds.
        DataError: fewer images than folds.
        KeyboardInterrupt: `should_stop` said so.
    """
    numbers = divide_into_folds(images, folds, settings.seed)
    logits = np.empty((len(images), len(images.class_names)), np.float32)
    plain = replace(settings, validation=0.0, probe=False, early_stopping=0, max_seconds=None)
    for fold in range(folds):
        held_out = np.flatnonzero(numbers == fold)
        learned = images.subset(np.flatnonzero(numbers != fold))
        dataset = Dataset(images.name, learned, None, preprocessing.rules)
        model = Session(plain, dataset, preprocessing, None, on_event, should_stop or _never).run(None, None)
        if not model.facts["finished"]:
            raise KeyboardInterrupt
        logits[held_out] = finite_logits(model.engine, images.images[held_out])
    return logits


def divide_into_folds(images: LabelledImages, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each image, 0 to folds − 1: equal shares of each class, exact copies together.

    >>> images = LabelledImages(np.arange(8, dtype=np.uint8).reshape(8, 1, 1, 1), np.arange(8) % 2, ("cat", "dog"))
    >>> numbers = divide_into_folds(images, 2, seed=3)
    >>> [np.bincount(numbers[images.labels == label]).tolist() for label in (0, 1)]
    [[2, 2], [2, 2]]
    """
    if folds < 2:
        raise UsageError(f"{folds} folds: give at least two, so that there are images to learn from.")
    _, first, group = np.unique(hash_images(images.images), return_index=True, return_inverse=True)
    if len(first) < folds:
        raise DataError(f"{images.name}: {len(first)} different images cannot be divided into {folds} folds.")
    random = np.random.default_rng([seed, _STREAM])
    order = random.permutation(len(first))
    order = order[np.argsort(images.labels[first[order]], kind="stable")]  # class after class, at random within each
    of_group = np.empty(len(first), np.int64)
    of_group[order] = np.arange(len(first)) % folds
    return of_group[group.reshape(-1)]


def _never() -> bool:
    return False
