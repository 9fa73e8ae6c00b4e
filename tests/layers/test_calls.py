"""How layers are written by people who come from PyTorch or Keras: it works, or one line says how to write it here."""

import copy
import inspect
import pickle
import re
from typing import Any, cast

import numpy as np
import pytest

from convlens import (
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    LeakyReLU,
    MaxPool2d,
    Network,
    ReLU,
    Residual,
)
from convlens.errors import NetworkError
from convlens.layers import KINDS

KNOWN = {
    kind.__name__: kind
    for kind in (AvgPool2d, BatchNorm2d, Conv2d, Dense, Dropout, Flatten, GlobalAvgPool2d, LeakyReLU, MaxPool2d, ReLU)
}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "Conv2d(1, 8, 3)",
            (
                "Conv2d(1, 8, 3) is PyTorch's order. Here the layer before determines the input channels, and "
                "arguments after the output channels are named. Write Conv2d(8, kernel_size=3)."
            ),
        ),
        ("Conv2d(3, 16, 3, 2, 1)", "Write Conv2d(16, kernel_size=3, stride=2, padding=1)."),
        ("Conv2d(3, 16, 3, padding='same')", "Write Conv2d(16, kernel_size=3, padding='same')."),
        (
            "Conv2d(8, 3)",
            ("Conv2d(8, 3) means 8 input and 3 output channels in PyTorch. Here the layer before determines the input "
            "channels; write Conv2d(8, kernel_size=3) for 8 kernels."),
        ),
        ("Conv2d(1, 8, kernel_size=5)", "Write Conv2d(8, kernel_size=5)."),
        ("Conv2d(in_channels=1, out_channels=8, kernel_size=3)", "the layer before it determines their number. Leave"),
        ("Conv2d(filters=8, kernel_size=3)", "its name here is channels. Write Conv2d(channels=8, kernel_size=3)."),
        ("Conv2d(8, kernel_size=3, strides=2)", "its name here is stride. Write Conv2d(8, stride=2, kernel_size=3)."),
        ("Conv2d(8, kernel_size=3, bias=False)", "'bias': there is always a bias. Leave it out."),
        ("Conv2d(8, kernel_size=3, activation='relu')", "an activation is a separate layer after it, such as ReLU()"),
        ("Conv2d(8, kernel_size=3, padign=1)", "'padign'. It takes channels, kernel_size, stride, padding, dilation,"),
        ("Conv2d(8)", "Conv2d needs its kernel size. Write for example Conv2d(8, kernel_size=3)."),
        ("BatchNorm2d(16)", "the layer before it determines the number of channels. Write BatchNorm2d()."),
        ("BatchNorm2d(num_features=16)", "'num_features': the layer before it determines their number. Leave it out."),
        ("Dense(128, 10)", "because the layer before it determines the number of inputs. Write Dense(10)."),
        ("Dense(in_features=128, out_features=10)", "'in_features': the layer before it determines their number."),
        ("Dense(units=10)", "its name here is features. Write Dense(features=10)."),
        ("Dropout(p=0.5)", "its name here is probability. Write Dropout(probability=0.5)."),
        ("Dropout(0.5, True)", "Dropout takes one number, its probability. Write Dropout(0.5)."),
        ("LeakyReLU(negative_slope=0.2)", "its name here is slope. Write LeakyReLU(slope=0.2)."),
        ("ReLU(inplace=True)", "'inplace': nothing is changed in place. Leave it out."),
        ("ReLU(True)", "ReLU takes no argument. Write ReLU()."),
        ("Flatten(1)", "because it flattens all maps. Write Flatten()."),
        ("GlobalAvgPool2d(1)", "every map becomes one number. Write GlobalAvgPool2d()."),
        ("MaxPool2d(2, 2, 0, 1)", "MaxPool2d takes kernel_size, stride and padding. Write MaxPool2d(2, 2, 0)."),
        ("MaxPool2d(pool_size=2)", "its name here is kernel_size. Write MaxPool2d(kernel_size=2)."),
        ("AvgPool2d(2, ceil_mode=True)", "'ceil_mode': a window that extends beyond the end is left out. Leave"),
        ("MaxPool2d(2, padding='same')", "maxpool has no padding 'same', and neither does PyTorch's. Give a number"),
    ],
)  # fmt: skip
def test_what_other_libraries_take_is_refused_with_the_way_to_write_it(written: str, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        eval(written, dict(KNOWN))
    assert message in str(caught.value)
    if way := re.search(r"[Ww]rite (?:for example )?(\w+\(.*\))(?:\.| for)", str(caught.value)):
        assert type(eval(way[1], dict(KNOWN))).__name__ == written.split("(")[0]


def test_what_means_the_same_everywhere_works() -> None:
    assert MaxPool2d(3, 2, 1) == MaxPool2d(3, stride=2, padding=1)
    assert (AvgPool2d(2, 1).stride, Dropout(0.25).probability, LeakyReLU(0.2).slope) == ((1, 1), 0.25, 0.2)
    assert (Dense(10).features, str(Flatten()), str(BatchNorm2d())) == (10, "flatten", "batchnorm")
    assert Conv2d(out_channels=8, kernel_size=3) == Conv2d(8, kernel_size=3)


def test_a_pair_in_second_place_is_a_kernel_until_0_8() -> None:
    message = re.escape("Conv2d(8, (3, 5), 2) is now written Conv2d(8, kernel_size=(3, 5), stride=2); the old form")
    with pytest.warns(DeprecationWarning, match=message) as said:
        old = Conv2d(8, (3, 5), 2)  # pyright: ignore[reportCallIssue]
    assert said[0].filename == __file__
    assert old == Conv2d(8, kernel_size=(3, 5), stride=2)


def test_same_padding_is_stored_as_its_number() -> None:
    assert Conv2d(8, kernel_size=5, padding="same").padding == (2, 2)
    assert Conv2d(8, kernel_size=(3, 7), dilation=(3, 1), padding="same").padding == (3, 3)
    assert Conv2d(8, kernel_size=4, stride=2, padding="valid").padding == (0, 0)
    network = Network([Conv2d(8, kernel_size=7, padding="same"), Dense()])
    assert network.resolve((1, 28, 28), 10)[0].output_shape == (8, 28, 28)
    assert str(network) == "conv 8 7x7 pad 3, dense"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"kernel_size": 4}, "a kernel that reaches over 4 would need 1 on one side and 2 on the other."),
        ({"kernel_size": 3, "stride": 2}, "a stride of 2 makes them smaller. Change the stride to 1, or"),
        ({"kernel_size": 3, "padding": "sme"}, "or same or valid. Did you mean 'same'?"),
    ],
)
def test_same_padding_that_cannot_be_is_refused(more: dict, message: str) -> None:
    with pytest.raises(NetworkError, match=re.escape(message)):
        Conv2d(8, **{"padding": "same", **more})


def test_branches_are_lists_of_layers() -> None:
    with pytest.raises(
        NetworkError, match=r"takes lists of layers, and ReLU\(\) is not a list\. .* Residual\(\[ReLU\(\)\]\)"
    ):
        Residual(ReLU())  # pyright: ignore[reportArgumentType]
    with pytest.raises(NetworkError, match="Concat takes lists of layers, and None is not a list"):
        Concat([ReLU()], None)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("layer", [Conv2d(8, kernel_size=3), MaxPool2d(3, 2), Dense(3), ReLU(), Dropout()])
def test_layers_are_copied_and_pickled(layer) -> None:
    assert copy.deepcopy(layer) == pickle.loads(pickle.dumps(layer)) == layer


def test_signatures_show_the_arguments_themselves() -> None:
    assert str(inspect.signature(Dense)) == "(features: int | None = None) -> None"
    names = list(inspect.signature(Conv2d).parameters)
    assert names == ["channels", "kernel_size", "stride", "padding", "dilation", "groups", "out_channels"]
    for kind in KINDS.values():
        assert "named" not in inspect.signature(kind).parameters


def test_numbers_of_numpy_are_numbers() -> None:
    three: Any = np.array(3)
    assert Conv2d(cast(Any, np.int32(8)), kernel_size=cast(Any, np.array([3, 5])), stride=three) == Conv2d(
        8, kernel_size=(3, 5), stride=3
    )
    assert repr(Dropout(cast(Any, np.float32(0.5)))) == "Dropout(0.5)"
    assert repr(LeakyReLU(cast(Any, np.array(0.25)))) == "LeakyReLU(0.25)"
    assert type(Dense(cast(Any, np.uint8(3))).features) is int
    wrong: Any
    for wrong in (np.True_, True, np.float64(3), np.array([3])):
        with pytest.raises(NetworkError, match="number of features of dense is"):
            Dense(wrong)
