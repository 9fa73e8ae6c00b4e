"""Modules with calls that write over their input: what is read afterwards is what PyTorch reads, or it is refused."""

from typing import Any

import numpy as np
import pytest

from convlens import Network, NetworkError, TrainedModel
from convlens.preprocessing import Normalisation

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


def module_of(forward: Any) -> Any:
    torch.manual_seed(0)
    module: Any = type("Own", (nn.Module,), {"forward": forward})()
    module.c, module.d = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
    module.r, module.leaky = nn.ReLU(inplace=True), nn.LeakyReLU(0.25, inplace=True)
    module.register_buffer("total", torch.ones(1, 2, 1, 1))
    return module


def bare(s: Any, x: Any) -> Any:
    x = s.c(x)
    F.relu_(x)
    return s.d(x)


def residual(s: Any, x: Any) -> Any:
    x = s.c(x)
    return s.d(s.r(x)) + x


def argument(s: Any, x: Any) -> Any:
    x = s.c(x)
    F.leaky_relu(x, 0.25, True)
    return s.d(x)


def keyword(s: Any, x: Any) -> Any:
    x = s.c(x)
    F.silu(x, inplace=True)
    return s.d(x)


def method(s: Any, x: Any) -> Any:
    x = s.c(x)
    x.tanh_()
    x.sigmoid_()
    return s.d(s.leaky(x))


def operators(s: Any, x: Any) -> Any:
    before = x = s.c(x)
    x += s.d(x)
    return s.d(before)


def copies(s: Any, x: Any) -> Any:
    x = s.c(x)
    y = x.clone()
    y.relu_()
    return x + y


def images(s: Any, x: Any) -> Any:
    before = x
    x -= 0.25
    x.div_(0.5)
    return s.c(before)


def sizes(s: Any, x: Any) -> Any:
    n = x.size(0)
    n += 0
    return s.c(x).view(n, -1)


def dropped(s: Any, x: Any) -> Any:
    x = s.c(x)
    return x + F.dropout(x, 0.5, s.training, True)


READ = {
    bare: "conv 2 3x3 pad 1, relu, conv 2 3x3 pad 1",
    residual: "conv 2 3x3 pad 1, relu, residual(conv 2 3x3 pad 1)",
    argument: "conv 2 3x3 pad 1, leaky_relu 0.25, conv 2 3x3 pad 1",
    keyword: "conv 2 3x3 pad 1, silu, conv 2 3x3 pad 1",
    method: "conv 2 3x3 pad 1, tanh, sigmoid, leaky_relu 0.25, conv 2 3x3 pad 1",
    operators: "conv 2 3x3 pad 1, residual(conv 2 3x3 pad 1), conv 2 3x3 pad 1",
    copies: "conv 2 3x3 pad 1, residual(relu)",
    images: "conv 2 3x3 pad 1",
    sizes: "conv 2 3x3 pad 1",
    dropped: "conv 2 3x3 pad 1, residual(dropout 0.5)",
}


@pytest.mark.parametrize("forward", READ)
def test_what_is_read_after_a_call_in_place_is_its_result(forward: Any):
    module = module_of(forward)
    assert str(Network.from_torch(module)) == READ[forward]
    model = TrainedModel.from_torch(module, (1, 4, 4))
    given = np.random.default_rng(1).integers(0, 256, (3, 1, 4, 4), np.uint8)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(given) / 255).flatten(1).numpy()
    np.testing.assert_allclose(model.logits(given), expected, atol=1e-5)
    normalisation = model.preprocessing.normalisation
    assert (normalisation.mean, normalisation.std) == (((0.25,), (0.5,)) if forward is images else ((0.0,), (1.0,)))


def test_a_literal_sum_after_a_call_in_place():
    def forward(s: Any, x: Any) -> Any:
        x = s.linear(x.flatten(1))
        return torch.relu_(x) + x

    module: Any = type("Own", (nn.Module,), {"forward": forward})()
    module.linear = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        module.linear.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    model = TrainedModel.from_torch(module, (1, 1, 2), normalisation=Normalisation((0.0,), (1 / 255,)))
    # [3, 5] gives [3, −5]. Its relu is [3, 0], which is also what x then is: 3 + 3 and 0 + 0, and not 0 − 5.
    np.testing.assert_allclose(model.logits(np.array([[[[3, 5]]]], np.uint8)), [[6.0, 0.0]], atol=1e-5)


def view(s: Any, x: Any) -> Any:
    x = s.c(x)
    row = x.flatten(1)
    s.r(x)
    return row


def viewed(s: Any, x: Any) -> Any:
    x = s.c(x)
    x.float().relu_()
    return s.d(x)


def without_training(s: Any, x: Any) -> Any:
    x = s.c(x)
    F.dropout(x, 0.5, s.training).relu_()
    return s.d(x)


def part_of_it(s: Any, x: Any) -> Any:
    x = s.c(x)
    x[:, :1].relu_()
    return s.d(x)


def part_of_parts(s: Any, x: Any) -> Any:
    x = s.c(x)
    first, _ = x.chunk(2, 1)
    first.relu_()
    return s.d(x)


def unknown(s: Any, x: Any) -> Any:
    x = s.c(x)
    F.relu6(x, True)
    return s.d(x)


def power(s: Any, x: Any) -> Any:
    before = x = s.c(x)
    x **= 2
    return s.d(before)


def out(s: Any, x: Any) -> Any:
    x = s.c(x)
    torch.add(x, s.d(x), out=x)
    return s.d(x)


def counted(s: Any, x: Any) -> Any:
    s.total.add_(s.c(x))
    return s.c(x) + s.total


SHARES = "is used again, may share its memory. Use a call that is not in-place."
REFUSED = {
    view: rf"^module r, ReLU\(inplace=True\), writes over its input, and flatten, which {SHARES}$",
    viewed: rf"^relu\(\) .* writes over its input, and c, which {SHARES}$",
    without_training: rf"^relu\(\) .* writes over its input, and c, which {SHARES}$",
    part_of_it: rf"^relu\(\) .* writes over its input, and c, which {SHARES}$",
    part_of_parts: rf"^relu\(\) .* writes over its input, and c, which {SHARES}$",
    unknown: r"^relu6\(\) .*is not a function that Convlens has",
    power: r"^ipow\(\) .*is not a function that Convlens has",
    out: r"^add\(\) .*joins values otherwise than Convlens",
    counted: r"^add\(\) .* writes over a tensor that is not computed from the images\. Give a module that leaves",
}


@pytest.mark.parametrize("forward", REFUSED)
def test_what_a_call_in_place_may_have_changed_is_refused(forward: Any):
    with pytest.raises(NetworkError, match=REFUSED[forward]):
        Network.from_torch(module_of(forward))


def test_a_view_that_is_not_used_again_does_no_harm():
    def forward(s: Any, x: Any) -> Any:
        x = s.c(x)
        x.flatten(1)
        return s.d(s.r(x))

    assert str(Network.from_torch(module_of(forward))) == "conv 2 3x3 pad 1, relu, conv 2 3x3 pad 1"


def test_both_causes_of_other_numbers_are_named():
    module = module_of(bare)
    module.d.register_forward_hook(lambda *given: given[2] * 1.5)
    with pytest.raises(
        NetworkError, match=r"A hook may change them, or a call that writes over its input\. Give a mod"
    ):
        TrainedModel.from_torch(module, (1, 4, 4))
