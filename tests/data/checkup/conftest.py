"""Small collections of images, generated or from scikit-learn's digits."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from convlens.data import Dataset
from convlens.data.checkup.collection import Collection
from convlens.data.custom.facts import FACTS


@pytest.fixture
def collect() -> Callable[..., Collection]:
    """Return `collect(4, labels=[0, 0, 1, 1], width=[9, 9, 9, 90])`: noise images with these facts; two classes."""

    def make(
        count: int,
        labels: Sequence[int] | None = None,
        parts: Sequence[int] | None = None,
        names: Sequence[str] | None = None,
        images: np.ndarray | None = None,
        class_names: tuple[str, ...] = ("cat", "dog"),
        more: dict[str, Any] | None = None,
        **columns: Any,
    ) -> Collection:
        facts = np.zeros(count, FACTS)
        facts["width"] = facts["height"] = 28
        facts["mode"], facts["highest"], facts["mean"] = 2, 255, 20
        for name, values in columns.items():
            facts[name] = values
        random = np.random.default_rng(0)
        return Collection(
            name="pets",
            class_names=class_names,
            names=names or [f"{number}.png" for number in range(count)],
            labels=np.array(labels if labels is not None else [0] * count, np.int64),
            parts=np.array(parts if parts is not None else [0] * count, np.int64),
            images=images if images is not None else random.integers(0, 256, (count, 1, 28, 28), np.uint8),
            facts=facts,
            **(more or {}),
        )

    return make


@pytest.fixture(scope="session")
def digits_24x24(digits_8x8: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return 1,500 of scikit-learn's digits at 24×24 pixels, smooth, and their labels."""
    from PIL import Image

    grown = [Image.fromarray(image[0]).resize((24, 24), Image.Resampling.BICUBIC) for image in digits_8x8.train.images]
    return np.stack([np.asarray(image) for image in grown])[:, np.newaxis], digits_8x8.train.labels
