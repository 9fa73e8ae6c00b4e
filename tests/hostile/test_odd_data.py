"""Odd things in the place of images, labels and models: each is answered by one line of Convlens, never by a traceback
from within.
"""

import array
import collections
import decimal
import itertools
import threading
import types

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from PIL import Image

import convlens
from convlens.errors import ConvlensError

GOOD, LABELS = np.zeros((4, 8, 8), np.uint8), [0, 1, 0, 1]
NESTED: list = []
NESTED.append(NESTED)


class Liar:
    """Says that it is an array, and is none."""

    shape, dtype, ndim = (4, 8, 8), np.float64, 3

    def __array__(self, *_, **__):
        raise ZeroDivisionError("no")


class Endless(torch.utils.data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, place):
        return NESTED


class NegativeLength(torch.utils.data.Dataset):
    def __len__(self):
        return -3  # noqa: PLE0303

    def __getitem__(self, place):
        return GOOD[0], 1


class BadAttributes:
    def __getattr__(self, name):
        raise RuntimeError(f"no {name}")


class Unhashable:
    __hash__ = None  # type: ignore[assignment]


IMAGES = {
    "None": None,
    "number": 4,
    "nan": float("nan"),
    "text": "images",
    "a file that isn't there": "no/such/folder",
    "bytes": b"\0" * 256,
    "bytearray": bytearray(256),
    "memoryview": memoryview(bytes(256)),
    "set": {1, 2},
    "dict": {"a": GOOD},
    "function": len,
    "class": np.ndarray,
    "module": types,
    "range": range(4),
    "lock": threading.Lock(),
    "ellipsis": ...,
    "infinite": itertools.count(),
    "list in itself": NESTED,
    "empty": [],
    "list of empty": [[], [], [], []],
    "list of None": [None] * 4,
    "list of texts": ["a", "b", "c", "d"],
    "list of dicts": [{}, {}, {}, {}],
    "ragged": [[[1, 2]], [[1]], [[1, 2]], [[1, 2]]],
    "ragged arrays": [np.zeros((8, 8, 2)), np.zeros((7, 8, 2)), np.zeros((8, 8)), np.zeros(8)],
    "decimals": [[[decimal.Decimal(1)]]] * 4,
    "objects": np.array([object()] * 4, object),
    "objects in a grid": np.full((4, 8, 8), None, object),
    "complex": np.zeros((4, 8, 8), complex),
    "texts": np.full((4, 8, 8), "x"),
    "dates": np.zeros((4, 8, 8), "datetime64[s]"),
    "records": np.zeros((4, 8, 8), [("r", "u1")]),
    "scalar": np.float64(1),
    "0-d": np.array(3),
    "1-d": np.zeros(4),
    "5-d": np.zeros((4, 1, 2, 3, 4)),
    "no images": np.zeros((0, 8, 8)),
    "no pixels": np.zeros((4, 0, 8)),
    "two channels": np.zeros((4, 2, 8, 8)),
    "nan pixels": np.full((4, 8, 8), np.nan),
    "negative": np.full((4, 8, 8), -1),
    "huge": np.full((4, 8, 8), 1e308),
    "digits of scikit-learn": np.full((4, 8, 8), 16.0),
    "liar": Liar(),
    "bad attributes": BadAttributes(),
    "masked": np.ma.masked_all((4, 8, 8)),
    "sparse": torch.zeros(4, 8, 8).to_sparse(),
    "meta": torch.zeros(4, 8, 8, device="meta"),
    "complex tensor": torch.zeros(4, 8, 8, dtype=torch.complex64),
    "frame of texts": pd.DataFrame({"a": ["x"] * 4, "b": ["y"] * 4}),
    "lazy frame": pl.LazyFrame({"image": [1]}),
    "picture": Image.new("L", (8, 8)),
    "pictures of no size": [Image.new("L", (0, 0))] * 4,
    "array of Python": array.array("d", [1.0] * 4),
    "deque": collections.deque([1, 2, 3, 4]),
}

WHOLES = {
    "tuple of 1": (GOOD,),
    "tuple of 3": (GOOD, LABELS, LABELS),
    "pair of None": (None, None),
    "pair of texts": ("ab", "cd"),
    "list of pairs of None": [(None, None)] * 2,
    "dict of None": {"image": None, "label": None},
    "dict of numbers": {"image": 1, "label": 2},
    "parts of None": {"train": None, "test": None},
    "nothing in it": collections.OrderedDict(),
    "endless dataset": Endless(),
    "negative length": NegativeLength(),
    "generator of nothing": iter(()),
    "generator of numbers": iter([1, 2]),
    "loader without labels": torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.zeros(4, 8, 8))),
    "network": torch.nn.Linear(2, 2),
    "empty frame": pd.DataFrame({"image": [], "label": []}),
    "frame twice the same": pd.DataFrame([[1, 2, 3]], columns=["image", "label", "label"]),
    "frame of hours": pd.DataFrame({"image": pd.to_datetime(["2026-01-01"] * 2), "label": [0, 1]}),
}

WRONG_LABELS = {
    "number": 3,
    "text": "abcd",
    "too few": [0, 1],
    "None in it": [0, None, 1, 0],
    "nan in it": [0.0, float("nan"), 1.0, 0.0],
    "mixed": [0, "a", 1, 0],
    "fractions": [0.1, 0.2, 0.3, 0.4],
    "sets": [{1}, {2}, {1}, {2}],
    "unhashable": [Unhashable()] * 4,
    "soft": np.full((4, 2), 0.5),
    "images": GOOD,
    "all alike": [1, 1, 1, 1],
    "itself": NESTED,
    "ragged": [[1], [1, 2], [1], [1]],
    "liar": Liar(),
    "function": len,
    "sparse": torch.zeros(4).to_sparse(),
    "infinite numbers": [np.inf, 1.0, 0.0, 1.0],
    "dict": {0: 1},
}


def refused(call, *arguments, **named):
    with pytest.raises(ConvlensError) as caught:
        call(*arguments, **named)
    message = str(caught.value)
    assert "\n" not in message
    assert 20 < len(message) < 500
    assert message.rstrip().endswith((".", ")")), message


@pytest.fixture(scope="module")
def model():
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
    return convlens.train(images, np.arange(20) % 2, network="flatten, dense 2", epochs=1, threads=1)


@pytest.mark.parametrize("kind", IMAGES)
def test_no_images(kind, model):
    refused(convlens.train, IMAGES[kind], LABELS)
    if kind != "None":  # which means the model's own test images
        refused(convlens.evaluate, model, IMAGES[kind], LABELS)
    refused(convlens.train, GOOD, LABELS, validation=(IMAGES[kind], LABELS))


@pytest.mark.parametrize(
    "kind", [kind for kind in IMAGES if kind not in ("infinite", "text", "a file that isn't there")]
)
def test_no_data(kind, model):
    refused(convlens.train, IMAGES[kind])
    if kind != "None":
        refused(convlens.evaluate, model, IMAGES[kind])
        refused(convlens.train, GOOD, LABELS, test=IMAGES[kind])


@pytest.mark.parametrize("kind", WHOLES)
def test_no_labelled_images(kind, model):
    refused(convlens.train, WHOLES[kind])
    refused(convlens.evaluate, model, WHOLES[kind])
    refused(convlens.train, GOOD, LABELS, validation=WHOLES[kind])


@pytest.mark.parametrize("kind", WRONG_LABELS)
def test_no_labels(kind, model):
    refused(convlens.train, GOOD, WRONG_LABELS[kind])
    if kind != "all alike":
        refused(convlens.evaluate, model, GOOD, WRONG_LABELS[kind])


@pytest.mark.parametrize("kind", [kind for kind in IMAGES if not isinstance(IMAGES[kind], str)])
def test_no_model(kind):
    refused(convlens.evaluate, IMAGES[kind], (GOOD, LABELS))
