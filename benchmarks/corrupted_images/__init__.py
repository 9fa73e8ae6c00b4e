"""Fifteen corruptions of 28×28 images like those of MNIST-C, for evaluation and never for training.

Mu and Gilmer's "MNIST-C: a robustness benchmark for computer vision" (2019) defines the fifteen and their strengths.
The numbers in these modules are the published ones, with their severity. The code is our own, in NumPy and SciPy, so
the pixels differ from those of the published files. A result on these images describes a network, but is not a result
on MNIST-C.

Inside, images are float64, N×28×28, from 0 to 1, and every corruption is a function of images and a random generator.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from corrupted_images.blur import glass_blur, motion_blur
from corrupted_images.edges import canny_edges
from corrupted_images.geometry import rotate, scale, shear, translate
from corrupted_images.light import brightness, fog, spatter, stripe
from corrupted_images.noise import impulse_noise, shot_noise
from corrupted_images.strokes import dotted_line, zigzag

Corruption: TypeAlias = Callable[[NDArray[np.float64], np.random.Generator], NDArray[Any]]

CORRUPTIONS: dict[str, Corruption] = {
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "glass blur": glass_blur,
    "motion blur": motion_blur,
    "shear": shear,
    "scale": scale,
    "rotate": rotate,
    "brightness": brightness,
    "translate": translate,
    "stripe": stripe,
    "fog": fog,
    "spatter": spatter,
    "dotted line": dotted_line,
    "zigzag": zigzag,
    "edges": canny_edges,
}
SIDE = 28
BLOCK = 1000
"""Images at a time, so that 10,000 need no gigabyte."""


def corrupt(images: NDArray[np.uint8], name: str, seed: int = 0) -> NDArray[np.uint8]:
    """The images spoilt by the corruption `name`: uint8, N×1×28×28, light on dark, in and out.

    The same seed gives the same images again; every corruption has random numbers of its own.

    Raises:
        ValueError: the corruption is not known, or the images are of another kind.

    >>> corrupt(np.zeros((1, 1, 28, 28), np.uint8), "brightness")[0, 0, 0, 0]
    np.uint8(128)
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"corruption {name!r} is not known; give one of {', '.join(CORRUPTIONS)}.")
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (1, SIDE, SIDE):
        raise ValueError(f"images of {images.dtype} and the shape {images.shape}; give uint8, N×1×28×28.")
    generator = np.random.default_rng([seed, list(CORRUPTIONS).index(name)])
    spoilt = np.empty_like(images)
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK, 0] / 255
        corrupted = np.clip(CORRUPTIONS[name](block, generator), 0, 1)
        spoilt[start : start + BLOCK, 0] = np.rint(corrupted * 255)
    return spoilt
