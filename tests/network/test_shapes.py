import numpy as np
import pytest

from convlens.errors import NetworkError
from convlens.layers import Conv2d, Dense, MaxPool2d, ResolvedLayer
from convlens.network import TUTORIAL, Network


def refused(network: Network, input_shape: tuple[int, ...] = (1, 28, 28), classes: int = 10) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        network.resolve(input_shape, classes)  # pyright: ignore[reportArgumentType]
    return caught.value


def test_the_shapes_of_the_tutorial_network() -> None:
    steps = Network.from_text(TUTORIAL).resolve((1, 28, 28), 10)
    assert [step.output_shape for step in steps] == [
        (8, 28, 28), (8, 28, 28), (8, 14, 14), (16, 14, 14), (16, 14, 14), (16, 7, 7), (784,), (10,),
    ]  # fmt: skip
    assert [step.input_shape for step in steps[1:]] == [step.output_shape for step in steps[:-1]]
    assert steps[-1] == ResolvedLayer(7, Dense(10), (6,), ((784,),), (10,), "7")


def test_parameters_have_the_names_and_shapes_of_a_state_dict() -> None:
    assert Network.from_text(TUTORIAL).parameter_shapes((1, 28, 28), 10) == {
        "0.weight": (8, 1, 3, 3),
        "0.bias": (8,),
        "3.weight": (16, 8, 3, 3),
        "3.bias": (16,),
        "7.weight": (10, 784),
        "7.bias": (10,),
    }
    assert Network.from_text("batchnorm, flatten, batchnorm, dense").parameter_shapes((3, 2, 2), 5) == {
        "0.weight": (3,), "0.bias": (3,), "0.running_mean": (3,), "0.running_var": (3,), "0.num_batches_tracked": (),
        "2.weight": (12,), "2.bias": (12,), "2.running_mean": (12,), "2.running_var": (12,),
        "2.num_batches_tracked": (), "3.weight": (5, 12), "3.bias": (5,),
    }  # fmt: skip


def test_numpy_numbers_do_not_travel_on() -> None:
    shape = tuple(np.array([1, 28, 28]))
    step = Network.from_text("dense").resolve(shape, np.int64(10))[-1]  # pyright: ignore[reportArgumentType]
    assert repr(step) == (
        "ResolvedLayer(index=1, layer=Dense(10), inputs=(0,), input_shapes=((784,),), output_shape=(10,), path='1', "
        "depth=0, branch='')"
    )


@pytest.mark.parametrize(
    ("text", "shape", "word", "reason"),
    [
        (
            "relu, conv 8 7x7, dense",
            (1, 5, 5),
            "7x7",
            (
                "layer 1, conv 8 7x7, gets maps of 5×5, too small for its 7×7 kernel. "
                "Change the kernel size 7x7 to 5x5, set 'pad 1', or remove this layer."
            ),
        ),
        (
            "conv 8 5x5 pad 1, dense",
            (1, 2, 9),
            "5x5",
            (
                "gets maps of 2×9 (4×11 with its padding), too small for its 5×5 kernel. "
                "Change the kernel size 5x5 to 4x5, set 'pad 2x1'"
            ),
        ),
        (
            "conv 8 3x3 dilation 4, dense",
            (1, 8, 8),
            "3x3",
            "too small for its 3×3 kernel that reaches over 9×9. Change the kernel size 3x3 to 2x2, set 'pad 1'",
        ),
        (
            "maxpool 2, maxpool 2, maxpool 2, maxpool 2, maxpool 2, dense",
            (1, 28, 28),
            "2",
            (
                "layer 4, maxpool 2, gets maps of 1×1, too small for its 2×2 kernel. "
                "Shrink the maps less before it (layer 3, maxpool 2), or remove one of the two."
            ),
        ),
        (
            "avgpool 5, dense",
            (1, 4, 4),
            "5",
            "Change the kernel size 5 to 4, set 'pad 1', or remove this layer.",
        ),
        (
            "maxpool 5, dense",
            (1, 2, 2),
            "5",
            "Change the kernel size 5 to 2, set 'pad 2', or remove this layer.",
        ),
        (
            "maxpool 5x2, dense",
            (1, 1, 2),
            "5x2",
            "Change the kernel size 5x2 to 1x2, set 'pad 2x0', or remove this layer.",
        ),
        (
            "globalavgpool, conv 8 3, dense",
            (1, 9, 9),
            "3",
            "set 'pad 1', shrink the maps less before it (layer 0, globalavgpool), or remove one of the two.",
        ),
    ],
)
def test_maps_that_get_too_small_name_the_number_to_change(
    text: str, shape: tuple[int, ...], word: str, reason: str
) -> None:
    error = refused(Network.from_text(text), shape)
    assert reason in error.reason
    assert error.text is not None
    assert error.text == text
    assert error.text[error.start : error.end] == word


@pytest.mark.parametrize(
    ("text", "shape"),
    [("conv 8 5x5, dense", (1, 4, 4)), ("conv 8 4x5, dense", (1, 3, 3)), ("conv 8 3x3 dilation 4, dense", (1, 8, 8))],
)
def test_following_the_advice_helps(text: str, shape: tuple[int, int, int]) -> None:
    reason = refused(Network.from_text(text), shape).reason
    old, new = reason.split("kernel size ")[1].split(",")[0].split(" to ")
    assert Network.from_text(text.replace(old, new)).resolve(shape, 10)
    padding = reason.split("set '")[1].split("'")[0]
    assert Network.from_text(text.replace(", dense", f" {padding}, dense")).resolve(shape, 10)


def test_of_equal_layers_the_one_that_does_not_fit_is_underlined() -> None:
    assert refused(Network.from_text("maxpool 2, maxpool 2, maxpool 2, dense"), (1, 4, 4)).start == 30


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        (
            "conv 8 3x3, dense 20",
            "20",
            "gives 20 numbers for an image, but there are 10 classes. Change 'dense 20' to 'dense 10'",
        ),
        ("dense 20, relu", "20", "gives 20 numbers for an image, but there are 10 classes."),
        (
            "conv 8 3x3 pad 1, relu",
            "relu",
            "ends in 8 maps of 28×28, which are 6,272 numbers, but there are 10 classes. Add ',",
        ),
        ("conv 10 3x3", "conv 10 3x3", "Add ', dense' at the end, or ', globalavgpool'."),
        ("conv 8 3x3, globalavgpool", "8", "or change the channels of layer 0 from 8 to 10."),
    ],
)
def test_an_output_that_is_not_one_number_a_class(text: str, word: str, reason: str) -> None:
    error = refused(Network.from_text(text))
    assert reason in error.reason
    assert error.text is not None
    assert error.text[error.start : error.end] == word


def test_maps_of_one_number_may_end_a_network_with_as_many_classes() -> None:
    assert Network.from_text("conv 10 3x3, globalavgpool").resolve((1, 28, 28), 10)[-1].output_shape == (10,)


def test_without_text_the_message_stands_alone_on_one_line() -> None:
    error = refused(Network([MaxPool2d(2), Conv2d(8, kernel_size=15), Dense()]))
    assert str(error) == (
        "layer 1, conv 8 15x15, gets maps of 14×14, too small for its 15×15 kernel. Change the kernel size 15x15 to "
        "14x14, set 'pad 1', shrink the maps less before it (layer 0, maxpool 2), or remove one of the two."
    )


@pytest.mark.parametrize(
    ("shape", "classes", "message"),
    [
        ((28, 28), 10, "the input shape is 28; it must be channels x height x width, each from 1 to 65,536. Write for"),
        ((1, 28, 0), 10, "the input shape is 1x28x0;"),
        ((1, 28, 2.5), 10, "the input shape is 1x28x2.5;"),
        (
            (1, 28, 28),
            0,
            "the number of classes is 0; it must be a whole number from 1 to 65,536. Write for example 10.",
        ),
        ((1, 28, 28), 2.5, "the number of classes is 2.5;"),
    ],
)
def test_images_and_classes_that_cannot_be(shape: tuple[int, ...], classes: int, message: str) -> None:
    assert message in str(refused(Network([Dense()]), shape, classes))
