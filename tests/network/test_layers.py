import copy
import dataclasses
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from convlens.errors import NetworkError
from convlens.layers import AvgPool2d, Conv2d, Dense, Dropout, Layer, LeakyReLU, MaxPool2d, ReLU
from convlens.window import Window


def test_sizes_are_stored_as_height_and_width() -> None:
    conv = Conv2d(8, kernel_size=3, stride=(1, 2), padding=1)
    assert (conv.kernel_size, conv.stride, conv.padding, conv.dilation) == ((3, 3), (1, 2), (1, 1), (1, 1))
    assert MaxPool2d((2, 3)).stride == (2, 3)
    assert conv.windows == (Window(3, 1, 1, 1), Window(3, 2, 1, 1))


@pytest.mark.parametrize(
    ("layer", "python", "text"),
    [
        (Conv2d(8, kernel_size=3), "Conv2d(8, kernel_size=3)", "conv 8 3x3"),
        (
            Conv2d(8, kernel_size=(3, 5), stride=2, padding=1, dilation=3),
            "Conv2d(8, kernel_size=(3, 5), stride=2, padding=1, dilation=3)",
            None,
        ),
        (Conv2d(8, kernel_size=3, stride=(1, 2)), "Conv2d(8, kernel_size=3, stride=(1, 2))", "conv 8 3x3 stride 1x2"),
        (MaxPool2d(2), "MaxPool2d(2)", "maxpool 2"),
        (MaxPool2d(2, stride=2), "MaxPool2d(2)", "maxpool 2"),
        (AvgPool2d(3, 1, 1), "AvgPool2d(3, stride=1, padding=1)", "avgpool 3 stride 1 pad 1"),
        (LeakyReLU(), "LeakyReLU(0.01)", "leaky_relu 0.01"),
        (Dropout(0), "Dropout(0.0)", "dropout 0"),
        (Dense(64), "Dense(64)", "dense 64"),
        (Dense(), "Dense()", "dense"),
        (ReLU(), "ReLU()", "relu"),
    ],
)
def test_layers_print_as_the_shortest_python_and_text(layer: Layer, python: str, text: str | None) -> None:
    assert repr(layer) == python
    assert str(layer) == (text or "conv 8 3x5 stride 2 pad 1 dilation 3")


def test_equal_numbers_make_equal_layers_however_they_are_given() -> None:
    assert Conv2d(8, kernel_size=3) == Conv2d(cast(Any, np.int64(8)), kernel_size=(3, 3)) != Conv2d(8, kernel_size=5)
    assert hash(Conv2d(8, kernel_size=3)) == hash(Conv2d(8, kernel_size=[3, 3]))  # pyright: ignore[reportArgumentType]
    assert repr(Dropout(-0.0)) == "Dropout(0.0)"
    assert MaxPool2d(2) != AvgPool2d(2)


def test_the_largest_and_smallest_numbers_are_allowed() -> None:
    for number in (0, 1):
        assert LeakyReLU(number).slope == number
    assert Dropout(0).probability == 0
    assert (Conv2d(65_536, kernel_size=1024, stride=1024, padding=1024, dilation=1024).channels) == 65_536
    assert Dense(65_536).features == 65_536


def test_layers_are_frozen_and_can_be_copied_and_replaced() -> None:
    conv = Conv2d(8, kernel_size=3, padding=1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'channels'"):
        conv.channels = 9  # pyright: ignore[reportAttributeAccessIssue]
    assert dataclasses.replace(conv, channels=4) == Conv2d(4, kernel_size=3, padding=1)
    assert copy.deepcopy(conv) == conv


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Conv2d(0, kernel_size=3),
            r"the number of channels of conv is 0; it must be one whole number from 1 to 65,536\. Chan",
        ),
        (lambda: Conv2d(8, kernel_size=-1), r"the kernel size of conv is -1; .* Change it to 1 or more\."),
        (
            lambda: Conv2d(8, kernel_size=(3, 0)),
            r"the kernel size of conv is 3x0; .*, or two of them for height and width\. Change it",
        ),
        (
            lambda: Conv2d(8, kernel_size=cast(Any, (3, 3, 3))),
            r"kernel size of conv is 3x3x3; .* Write one or two numbers, such as 3x3\.",
        ),
        (
            lambda: Conv2d(cast(Any, "8"), kernel_size=3),
            r"number of channels of conv is '8'; .* Write a whole number, such as 8\.",
        ),
        (lambda: Conv2d(True, kernel_size=3), r"number of channels of conv is True"),
        (lambda: Conv2d(8, kernel_size=3.0), r"kernel size of conv is 3\.0"),  # pyright: ignore[reportArgumentType]
        (lambda: Conv2d(70_000, kernel_size=3), r"is 70000; .* Change it to 65,536 or less\."),
        (
            lambda: Conv2d(10**5000, kernel_size=3),
            r"is a number of more than 20 digits; .* Change it to 65,536 or less\.",
        ),
        (lambda: Conv2d(8, kernel_size=3, stride=0), r"the stride of conv is 0; .* Change it to 1 or more\."),
        (lambda: Conv2d(8, kernel_size=3, dilation=2_000), r"the dilation of conv is 2000"),
        (
            lambda: MaxPool2d(3, padding=2),
            r"the padding of maxpool is 2, more than half of its kernel size 3\. .* to 1 or",
        ),
        (
            lambda: AvgPool2d((2, 4), padding=(0, 3)),
            r"Change the padding to 1x2 or less, or the kernel size to 2x6 or more",
        ),
        (
            lambda: MaxPool2d((3, 5), padding=(2, 1)),
            r"Change the padding to 1x2 or less, or the kernel size to 4x5 or more",
        ),
        (
            lambda: Dropout(1),
            r"probability of dropout is 1; it must be a number from 0 to just below 1\. Change it, for",
        ),
        (lambda: Dropout(float("nan")), r"probability of dropout is nan"),
        (lambda: Dropout("half"), r"probability of dropout is 'half'; .* Write a number, such as 0\.5\."),  # pyright: ignore[reportArgumentType]
        (lambda: LeakyReLU(-0.1), r"slope of leaky_relu is -0\.1; it must be a number from 0 to 1\."),
        (lambda: LeakyReLU(10**400), r"slope of leaky_relu is a number of more than 20 digits"),
        (lambda: Dense(0), r"the number of features of dense is 0; .* Change it to 1 or more\."),
    ],
)
def test_numbers_that_are_not_allowed_are_named_with_what_is(make: Callable[[], Layer], message: str) -> None:
    with pytest.raises(NetworkError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
