"""Chooses and packs the sample pictures for the page.

Their bytes are packed one picture after the other, N·C·H·W, and compressed with zlib, which every browser can unpack;
handwritten digits shrink to a third.
"""

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convlens.data import LabelledImages
from convlens.exports.spacing import evenly_spaced
from convlens.metrics import softmax
from convlens.trained_model import TrainedModel

SAMPLES = 60
LEVEL = 6
"""Of zlib. Level 9 makes MNIST's 10,000 test images 2 % smaller, in 14 times the time."""
MOST_LOOKED_AT = 10_000
"""Samples are chosen from this many evenly spaced pictures: more would take longer and be no better."""


def encode_array(values: ArrayLike) -> str:
    """Encode numbers as base64 of little-endian float32.

    >>> encode_array([1.0, 0.0])
    'AACAPwAAAAA='
    """
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def encode_samples(samples: LabelledImages, logits: NDArray[np.float32]) -> dict[str, Any]:
    """Pack the pictures, compressed, with their labels and the model's logits.

    >>> pets = LabelledImages(np.full((2, 1, 4, 4), 9, np.uint8), np.array([0, 1]), ("cat", "dog"))
    >>> packed = encode_samples(pets, np.zeros((2, 2), np.float32))
    >>> packed["count"], packed["labels"], zlib.decompress(base64.b64decode(packed["images"])) == bytes([9] * 32)
    (2, [0, 1], True)
    """
    return {
        "count": len(samples),
        "images": base64.b64encode(zlib.compress(samples.images.tobytes(), LEVEL)).decode(),
        "labels": samples.labels.tolist(),
        "logits": encode_array(logits),
    }


def choose_samples(model: TrainedModel, images: LabelledImages, count: int = SAMPLES) -> LabelledImages:
    """Choose interesting pictures: a third misclassified, a third uncertain, and the rest ordinary, from all classes in
    turn.

    If too few are misclassified, more uncertain ones are chosen. The same model and images give the same choice. Every
    picture appears once; ordinary ones come first.

    >>> from convlens import Network
    >>> from convlens.preprocessing import Preprocessing
    >>> weights = {"1.weight": np.array([[1.0], [-1.0]], np.float32), "1.bias": np.zeros(2, np.float32)}
    >>> model = TrainedModel(Network.from_text("dense"), weights, Preprocessing((1, 1, 1)), ("light", "dark"))
    >>> pixels = np.array([250, 3, 200, 90, 255, 128], np.uint8).reshape(-1, 1, 1, 1)
    >>> images = LabelledImages(pixels, np.array([0, 0, 1, 0, 0, 0]), ("light", "dark"))
    >>> choose_samples(model, images, 3).images.ravel()  # 250 is clear, 3 is uncertain, 200 is wrong
    array([250,   3, 200], dtype=uint8)
    """
    if len(images) > MOST_LOOKED_AT:
        images = images.subset(evenly_spaced(len(images), MOST_LOOKED_AT))
    count = min(count, len(images))
    logits = model.logits(images.images)
    ranked = np.sort(softmax(logits.astype(np.float64)), axis=1)
    margins = ranked[:, -1] - (ranked[:, -2] if ranked.shape[1] > 1 else 0)
    wrong = np.flatnonzero(logits.argmax(axis=1) != images.labels)[: count // 3]
    by_margin = np.argsort(margins, kind="stable")
    uncertain = by_margin[~np.isin(by_margin, wrong)][: 2 * (count // 3) - len(wrong)]
    special = np.concatenate([uncertain, wrong])
    ordinary = _in_turn(images.labels, np.setdiff1d(np.arange(len(images)), special))[: count - len(special)]
    return images.subset(np.concatenate([ordinary, special]))


def _in_turn(labels: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places with the classes in turn: the first image of each class, then the second of each, and so on."""
    turns = np.zeros(len(places), np.int64)
    for label in np.unique(labels[places]):
        mine = labels[places] == label
        turns[mine] = np.arange(mine.sum())
    return places[np.lexsort((labels[places], turns))]
