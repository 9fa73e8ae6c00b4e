import copy
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import convlens.layers
from convlens.errors import NetworkError
from convlens.layers import AvgPool2d, Conv2d, Dense, Layer, MaxPool2d, ReLU
from convlens.network import TUTORIAL, Network


def sizes(lowest: int, highest: int) -> st.SearchStrategy:
    return st.integers(lowest, highest) | st.tuples(st.integers(lowest, highest), st.integers(lowest, highest))


@st.composite
def pools(draw: st.DrawFn, pool: type[MaxPool2d | AvgPool2d]) -> MaxPool2d | AvgPool2d:
    kernel_size = draw(st.tuples(st.integers(1, 1024), st.integers(1, 1024)))
    padding = draw(st.tuples(st.integers(0, kernel_size[0] // 2), st.integers(0, kernel_size[1] // 2)))
    return pool(kernel_size, draw(st.none() | sizes(1, 1024)), padding)


anywhere = st.one_of(
    st.just(ReLU()),
    st.builds(convlens.layers.LeakyReLU, st.floats(0, 1)),
    st.just(convlens.layers.Tanh()),
    st.just(convlens.layers.Sigmoid()),
    st.just(convlens.layers.GELU()),
    st.just(convlens.layers.SiLU()),
    st.just(convlens.layers.BatchNorm2d()),
    st.builds(convlens.layers.Dropout, st.floats(0, 1, exclude_max=True)),
)


@st.composite
def some_convolutions(draw: st.DrawFn) -> Conv2d:
    groups = draw(st.integers(1, 256))
    channels = groups * draw(st.integers(1, 256))
    window = draw(st.tuples(sizes(1, 1024), sizes(1, 1024), sizes(0, 1024), sizes(1, 1024)))
    kernel_size, stride, padding, dilation = window
    return Conv2d(channels, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups)


convolutions = some_convolutions()
plain_on_maps = st.one_of(
    anywhere,
    convolutions,
    pools(MaxPool2d),
    pools(AvgPool2d),
    st.just(convlens.layers.GlobalAvgPool2d()),
)
plain_on_rows = st.one_of(anywhere, st.builds(Dense, st.integers(1, 65_536)))


def with_blocks(plain: st.SearchStrategy) -> st.SearchStrategy:
    """Layers, and blocks of them within blocks."""

    def blocks(inner: st.SearchStrategy) -> st.SearchStrategy:
        chains, some = st.lists(inner, max_size=3), st.lists(inner, min_size=1, max_size=3)
        residual = st.builds(convlens.layers.Residual, some, chains)
        concat = st.lists(chains, min_size=2, max_size=3).map(lambda branches: convlens.layers.Concat(*branches))
        return residual | concat

    return st.recursive(plain, blocks, max_leaves=6)


on_maps, on_rows = with_blocks(plain_on_maps), with_blocks(plain_on_rows)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any network in the language, whether or not it fits an image."""
    layers: list[Layer] = draw(st.lists(on_maps, max_size=5))
    if draw(st.booleans()):
        layers += [convlens.layers.Flatten(), *draw(st.lists(on_rows, max_size=4))]
    last: list[Layer] = draw(st.sampled_from([[Dense()], [Dense(7)], [Dense(), ReLU()], []]))
    if not any(isinstance(layer, Conv2d | Dense) for layer in convlens.layers.walk([*layers, *last])):
        last = [Dense()]
    return Network([*layers, *last])


@given(networks())
@settings(deadline=None)
def test_text_and_back_is_the_same_network(network: Network) -> None:
    text = str(network)
    assert Network.from_text(text) == network
    assert hash(Network.from_text(text)) == hash(network)
    assert str(Network.from_text(text)) == text


@given(networks())
@settings(deadline=None)
def test_repr_is_python_that_makes_the_same_network(network: Network) -> None:
    made = eval(repr(network), dict(vars(convlens.layers)) | {"Network": Network})
    assert made == network
    assert repr(made) == repr(network)


@given(st.text(alphabet="convrelumaxpoldns 0123456789x,.-\n", max_size=60) | st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_a_network_or_a_network_error(text: str) -> None:
    try:
        network = Network.from_text(text)
    except NetworkError as caught:
        error = caught
    else:
        assert Network.from_text(str(network)) == network
        return
    assert error.reason.endswith((".", "?"))
    if error.text is not None:
        assert 0 <= error.start < error.end <= len(error.text)
        assert error.text.isprintable()


@given(networks(), st.integers(1, 40), st.integers(1, 40))
@settings(deadline=None)
def test_a_network_from_text_or_from_python_fits_the_same_images(network: Network, height: int, width: int) -> None:
    """Resolving gives shapes or a NetworkError that can point; nothing else ever comes out."""
    outcomes = []
    for made in (network, Network.from_text(str(network))):
        try:
            outcomes.append(made.resolve((3, height, width), 10))
        except NetworkError as error:
            outcomes.append(error.reason)
    assert outcomes[0] == outcomes[1]


def test_the_tutorial_network_in_both_forms() -> None:
    network = Network(
        [
            Conv2d(8, kernel_size=3, padding=1),
            ReLU(),
            MaxPool2d(2),
            Conv2d(16, kernel_size=3, padding=1),
            ReLU(),
            MaxPool2d(2),
            Dense(),
        ]
    )
    assert str(network) == TUTORIAL == "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"
    assert repr(Network.from_text(TUTORIAL)) == (
        "Network([Conv2d(8, kernel_size=3, padding=1), ReLU(), MaxPool2d(2), "
        "Conv2d(16, kernel_size=3, padding=1), ReLU(), MaxPool2d(2), Flatten(), Dense()])"
    )


def test_the_text_it_came_from_is_no_part_of_what_a_network_is() -> None:
    spoken, written = Network.from_text("CONV 8 3,dense"), Network([Conv2d(8, kernel_size=3), Dense()])
    assert spoken == written
    assert len({spoken, written}) == 1
    assert copy.deepcopy(spoken) == copy.copy(spoken) == written


def test_a_network_is_frozen() -> None:
    with pytest.raises(AttributeError, match="cannot assign to field 'layers'"):
        Network([Dense()]).layers = ()  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (
            Network,
            {"layers": 5},
            "a network cannot be made from 5. Give a list of layers, such as [Conv2d(8, kernel_size=",
        ),
        (Network, {"layers": [Dense()], "source": 3}, "source is 3; only from_text sets it. Leave it out."),
        (Network.from_text, {"text": 5}, "the text of a network is 5; give a string, or layers to Network([...])."),
    ],
)
def test_what_is_no_network_is_named(make: Callable[..., Network], arguments: dict, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        make(**arguments)
    assert str(caught.value).startswith(message)


def test_in_a_notebook_it_draws_its_layer_table_and_says_for_what() -> None:
    html = Network.from_text(TUTORIAL)._repr_html_()
    assert "Network for 1×28×28 images and 10 classes: 9,098 parameters, 290,080 multiply-adds per image" in html


def test_in_a_notebook_a_network_for_other_images_shows_its_text() -> None:
    assert Network.from_text("conv 8 64x64, dense")._repr_html_() == "<code>conv 8 64x64, dense</code>"
