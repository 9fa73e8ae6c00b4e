import pytest

from convlens.errors import NetworkError
from convlens.layers import Conv2d, Dense, Dropout, Flatten, GlobalAvgPool2d, MaxPool2d, ReLU
from convlens.network import Network


def test_flatten_is_put_where_maps_become_a_row_of_numbers() -> None:
    assert Network([Conv2d(2, kernel_size=3), Dense(4), ReLU(), Dense()]).layers == (
        Conv2d(2, kernel_size=3),
        Flatten(),
        Dense(4),
        ReLU(),
        Dense(),
    )
    assert Network([Conv2d(2, kernel_size=3), GlobalAvgPool2d()]).layers[-1] == Flatten()
    assert Network([Conv2d(2, kernel_size=3), Flatten(), Dropout(), Dense()]).layers.count(Flatten()) == 1


def test_written_or_implied_flatten_makes_the_same_network() -> None:
    assert Network([Conv2d(2, kernel_size=3), Dense()]) == Network([Conv2d(2, kernel_size=3), Flatten(), Dense()])
    assert (
        len({Network([Conv2d(2, kernel_size=3), Dense()]), Network([Conv2d(2, kernel_size=3), Flatten(), Dense()])})
        == 1
    )


def _of_keras(name: str) -> type:
    """A class of this name in a module of another library."""
    return type(name, (), {"__module__": "keras.layers"})


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], r"the network has no layers; .* Write for example \[Dense\(\)\]\."),
        (
            ["relu"],
            r"layer 0 is of type str; a network takes Conv2d, .* or use Network\('\.\.\.'\) for",
        ),
        (
            [Conv2d(2, kernel_size=3), ReLU],
            r"layer 1 is the class ReLU itself, not a layer\. Write ReLU\(\.\.\.\) with brackets\.",
        ),
        ([Dense(), Dense()], r"layer 0: this dense has no number; only the last dense may leave it out"),
        (
            [Dense(3), MaxPool2d(2)],
            r"layer 1: maxpool 2 needs maps, but the dense before it leaves one row of numbers\.",
        ),
        ([_of_keras("Conv2d")()], r"layer 0 is Conv2d of keras\. Write convlens\.Conv2d\(\.\.\.\) instead\."),
        ([_of_keras("Masking")()], r"layer 0 is of type Masking; a network takes Conv2d, .*\. Replace it, or use"),
        ([ReLU()], r"layer 0: the network has no conv and no dense, so it has nothing to learn\. Add one"),
    ],
)
def test_layers_that_make_no_network(layers: list, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        Network(layers)
