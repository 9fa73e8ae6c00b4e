"""Predict every training image with a model that was not trained on it (cross-validation).

A model has learned the labels of its training images, including the wrong ones, so it cannot check them. Therefore the
images are divided into folds, and a model that was trained on the other folds predicts each fold.
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
"""With three folds, each model is trained on two thirds of the images, which costs little accuracy. Ten folds would
find a few more label errors, but take ten trainings.
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
    """Return the logits, N × classes, of each image from a model that was not trained on it or on an exact copy.

    The models are trained with `settings`, but without validation, probe, early stopping and time limit. To get models
    like an existing one, pass its settings.

    Raises:
        UsageError: there are fewer than two folds.
        DataError: there are fewer different images than folds.
        KeyboardInterrupt: `should_stop` returned True.
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
    """Return the fold of each image, 0 to folds − 1, with equal shares of each class and exact copies together.

    >>> images = LabelledImages(np.arange(8, dtype=np.uint8).reshape(8, 1, 1, 1), np.arange(8) % 2, ("cat", "dog"))
    >>> numbers = divide_into_folds(images, 2, seed=3)
    >>> [np.bincount(numbers[images.labels == label]).tolist() for label in (0, 1)]
    [[2, 2], [2, 2]]
    """
    if folds < 2:
        raise UsageError(f"folds is {folds}. Give at least 2, so that each model has images to train on.")
    _, first, group = np.unique(hash_images(images.images), return_index=True, return_inverse=True)
    if len(first) < folds:
        raise DataError(f"{images.name}: {len(first)} different images cannot be divided into {folds} folds.")
    random = np.random.default_rng([seed, _STREAM])
    order = random.permutation(len(first))
    order = order[np.argsort(images.labels[first[order]], kind="stable")]  # by class, random within each class
    of_group = np.empty(len(first), np.int64)
    of_group[order] = np.arange(len(first)) % folds
    return of_group[group.reshape(-1)]


def _never() -> bool:
    return False
