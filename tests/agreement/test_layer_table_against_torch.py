"""The layer table against torch: shapes of a real forward pass, real parameters, gradients for what a number sees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlens.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from convlens.network import Network, initial_weights, layer_table
from convlens.window import output_size

torch = pytest.importorskip("torch")
from torch import Tensor, nn  # noqa: E402

Shape = tuple[int, int, int]
Kinds = tuple[type[Conv2d | MaxPool2d | AvgPool2d], ...]


@st.composite
def sliding_layers(draw: st.DrawFn, room: tuple[int, int], kinds: Kinds) -> Layer:
    """A conv or a pool that fits maps of this size: kernels first, then whatever stride, padding and dilation fit."""
    kind = draw(st.sampled_from(kinds))
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel_size, stride = draw(pair), draw(pair)
    padding = (draw(st.integers(0, kernel_size[0] // 2)), draw(st.integers(0, kernel_size[1] // 2)))
    dilation = draw(st.sampled_from([(1, 1), (2, 1), (2, 3)])) if kind is Conv2d else (1, 1)
    fits = [output_size(*numbers) >= 1 for numbers in zip(room, kernel_size, stride, padding, dilation, strict=True)]
    if not all(fits):
        return ReLU()
    if issubclass(kind, Conv2d):
        return Conv2d(
            draw(st.integers(1, 5)), kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
        )
    return kind(kernel_size, stride, padding)


@st.composite
def fitting_networks(
    draw: st.DrawFn, kinds: Kinds = (Conv2d, MaxPool2d, AvgPool2d), plain: bool = False
) -> tuple[Network, Shape, int]:
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 16)), draw(st.integers(1, 16)))
    simple = [ReLU()] if plain else [ReLU(), LeakyReLU(0.1), Tanh(), Sigmoid(), BatchNorm2d(), Dropout(0.3)]
    layers: list[Layer] = []
    height, width = shape[1:]
    for _ in range(draw(st.integers(0, 5))):
        layer = draw(sliding_layers((height, width), kinds) | st.sampled_from(simple))
        layers.append(layer)
        _, height, width = Network([*layers, Dense()]).resolve(shape, 2)[len(layers) - 1].output_shape
    if draw(st.booleans()):
        layers.append(GlobalAvgPool2d())
    if draw(st.booleans()):
        layers += [Flatten(), *draw(st.lists(st.sampled_from([*simple, Dense(6)]), max_size=3))]
    return Network([*layers, Dense()]), shape, draw(st.integers(2, 5))


def build(network: Network, input_shape: Shape, classes: int) -> nn.Sequential:
    """The same layers in torch, which are told nothing of our shapes: lazy modules find theirs in the forward pass."""
    modules = []
    is_flat = False
    for layer in network.layers:
        match layer:
            case Conv2d():
                module = nn.LazyConv2d(layer.channels, layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            case MaxPool2d():
                module = nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding)
            case AvgPool2d():
                module = nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
            case BatchNorm2d():
                module = nn.LazyBatchNorm1d() if is_flat else nn.LazyBatchNorm2d()
            case Dense():
                module = nn.LazyLinear(layer.features or classes)
            case LeakyReLU():
                module = nn.LeakyReLU(layer.slope)
            case Dropout():
                module = nn.Dropout(layer.probability)
            case GlobalAvgPool2d():
                module = nn.AdaptiveAvgPool2d(1)
            case _:
                module = {ReLU: nn.ReLU, Tanh: nn.Tanh, Sigmoid: nn.Sigmoid, Flatten: nn.Flatten}[type(layer)]()
        is_flat = is_flat or isinstance(layer, Flatten)
        modules.append(module)
    sequential = nn.Sequential(*modules).eval()
    with torch.no_grad():
        sequential(torch.zeros(2, *input_shape))
    return sequential


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
@given(fitting_networks())
@settings(deadline=None, max_examples=60)
def test_shapes_parameters_and_multiply_adds_are_torchs(drawn: tuple[Network, Shape, int]) -> None:
    network, input_shape, classes = drawn
    table, modules = layer_table(network, input_shape, classes), build(network, input_shape, classes)
    assert len(table.rows) == len(modules)
    values = torch.zeros(2, *input_shape)
    for row, module in zip(table.rows, modules, strict=True):
        incoming = values
        with torch.no_grad():
            values = module(values)
        assert row.output_shape == tuple(values.shape[1:])
        assert row.parameters == sum(parameter.numel() for parameter in module.parameters())
        assert row.multiply_adds == count_multiply_adds(module, incoming[:1])
    assert table.parameters == sum(parameter.numel() for parameter in modules.parameters())


def count_multiply_adds(module: nn.Module, values: Tensor) -> int:
    """Torch's own counter, which calls a multiplication and an addition two operations."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(values)
    return counter.get_total_flops() // 2


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
@given(fitting_networks())
@settings(deadline=None, max_examples=40)
def test_weights_have_the_names_order_shapes_and_types_of_a_state_dict(drawn: tuple[Network, Shape, int]) -> None:
    network, input_shape, classes = drawn
    state = build(network, input_shape, classes).state_dict()
    assert list(network.parameter_shapes(input_shape, classes).items()) == [
        (name, tuple(tensor.shape)) for name, tensor in state.items()
    ]
    weights = initial_weights(network, input_shape, classes, seed=1)
    assert {name: torch.from_numpy(array).dtype for name, array in weights.items()} == {
        name: tensor.dtype for name, tensor in state.items()
    }


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
@given(fitting_networks(kinds=(Conv2d, AvgPool2d), plain=True))
@settings(deadline=None, max_examples=25)
def test_the_receptive_field_is_where_the_gradient_is_not_zero(drawn: tuple[Network, Shape, int]) -> None:
    """With positive weights and images nothing cancels, so a pixel has a gradient exactly where it has a say."""
    network, input_shape, classes = drawn
    table, modules = layer_table(network, input_shape, classes), build(network, input_shape, classes)
    for parameter in modules.parameters():
        nn.init.constant_(parameter, 0.5)
    image = torch.ones(1, *input_shape, dtype=torch.float64, requires_grad=True)
    values, one_map = image, input_shape[1] * input_shape[2]
    for row, module in zip(table.rows, modules.double(), strict=True):
        values = module(values)
        rows, columns = 0, 0
        if len(row.output_shape) == 3:
            one_map = row.output_shape[1] * row.output_shape[2]
        elif row.parameters:
            one_map = 1  # every number of a dense layer sees the same, as all maps of a conv do
        for number in values[0].reshape(-1)[:one_map]:
            (gradient,) = torch.autograd.grad(number, image, retain_graph=True)
            seen = gradient[0].abs().sum(0) > 0
            rows, columns = max(rows, extent(seen.any(1))), max(columns, extent(seen.any(0)))
        assert (rows, columns) == row.receptive_field


def extent(seen: Tensor) -> int:
    places = seen.nonzero().flatten().tolist()
    return places[-1] - places[0] + 1 if places else 0
