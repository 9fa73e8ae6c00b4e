"""Modules as people write them, with a forward() of their own: taken over from PyTorch, and from what it exports."""

import io
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import ModelFileError, Network, NetworkError, TrainedModel
from convlens.network import initial_weights

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")
nn, F = torch.nn, torch.nn.functional


class Tutorial(nn.Module):
    """The network of the tutorial."""

    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv1 = nn.Conv2d(in_channels=1, out_channels=8, kernel_size=3, stride=1, padding=1)
        self.conv2 = nn.Conv2d(in_channels=8, out_channels=16, kernel_size=3, stride=1, padding=1)
        self.fc1 = nn.Linear(7 * 7 * 16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = self.pool(x)
        x = F.relu(self.conv2(x))
        x = self.pool(x)
        x = x.reshape(x.shape[0], -1)
        return self.fc1(x)


class Official(nn.Module):
    """The network of PyTorch's MNIST example, smaller."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3, 1), nn.Conv2d(4, 6, 3, 1)
        self.dropout1, self.dropout2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(96, 12), nn.Linear(12, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(self.dropout1(x), 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn1, self.bn2, self.relu = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.fc = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(6, 10)
        self.layers = nn.Sequential(BasicBlock(4, 4), BasicBlock(4, 6, 2))

    def forward(self, x):
        x = self.layers(F.silu(self.stem(x)))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


class Functions(nn.Module):
    """Normalisation, branches, sizes, means, dropout, a temperature and probabilities, all as functions."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.f = nn.Conv2d(1, 4, 3), nn.Conv2d(1, 3, 3), nn.Linear(14, 10)
        self.register_buffer("mean", torch.full((1, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.tensor([0.5, -0.5, 1.0, 2.0]).reshape(1, 4, 1, 1))

    def forward(self, x):
        x = (x - self.mean) / 0.5
        x = torch.cat((torch.relu_(self.a(x) + self.bias), F.gelu(input=self.b(x))), dim=1)
        x = F.dropout(F.avg_pool2d(x, 2, 2), 0.3, self.training)
        y = F.leaky_relu(x, 0.125).mean(dim=(-2, -1), keepdim=True)
        z = torch.sigmoid(x).tanh_().mean((2, 3))
        n, c, _, _ = y.size()
        x = torch.cat([y.view(n, c), z], 1)
        return (self.f(x.float().contiguous()) * 2).softmax(-1)


MODULES = {
    Tutorial: ((1, 28, 28), "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense 10"),
    Official: (
        (1, 12, 12),
        "conv 4 3x3, relu, conv 6 3x3, relu, maxpool 2, dropout 0.25, dense 12, relu, dropout 0.5, dense 10",
    ),
    ResNet: (
        (1, 8, 8),
        (
            "conv 4 3x3 pad 1, silu, residual(conv 4 3x3 pad 1, batchnorm, relu, conv 4 3x3 pad 1, batchnorm), relu, "
            "residual(conv 6 3x3 stride 2 pad 1, batchnorm, relu, conv 6 3x3 pad 1, batchnorm, "
            "shortcut conv 6 1x1 stride 2, batchnorm), relu, globalavgpool, dense 10"
        ),
    ),
    Functions: (
        (1, 8, 8),
        (
            "concat(conv 4 3x3, relu; conv 3 3x3, gelu), avgpool 2, dropout 0.3, concat(leaky_relu 0.125, "
            "globalavgpool, flatten; sigmoid, tanh, globalavgpool, flatten), dense 10"
        ),
    ),
}


def make(kind: type) -> Any:
    torch.manual_seed(0)
    module = kind()
    with torch.no_grad():  # so that batch normalisation is not the identity
        module.train()(torch.randn(8, *MODULES[kind][0]))
    return module


def answers(module: Any, model: TrainedModel) -> tuple[np.ndarray, np.ndarray]:
    """What a module answers to images, and what a model says that it does."""
    images = np.random.default_rng(1).integers(0, 256, (6, *model.plan.input_shape), np.uint8)
    with torch.no_grad():
        expected = module.eval()(torch.from_numpy(images) / 255).numpy()
    found = model.logits(images)
    if isinstance(module, Official | Functions):
        found = model.calibration.probabilities(found)
        found = np.log(found) if isinstance(module, Official) else found
    return expected, found


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_with_a_forward_of_its_own(kind: type):
    module, (shape, text) = make(kind), MODULES[kind]
    model = TrainedModel.from_torch(module, shape)
    assert module.training
    assert str(model.network) == text
    np.testing.assert_allclose(*answers(module, model), atol=1e-5)
    assert model.calibration.temperature == (0.5 if kind is Functions else 1.0)
    if kind is Functions:
        assert (model.preprocessing.normalisation.mean, model.preprocessing.normalisation.std) == ((0.25,), (0.5,))


@pytest.mark.filterwarnings("ignore")  # PyTorch's exporter without onnxscript is deprecated
@pytest.mark.parametrize("kind", MODULES)
def test_what_pytorch_exports_to_onnx(kind: type):
    pytest.importorskip("onnxruntime")
    module, (shape, text) = make(kind).eval(), MODULES[kind]
    file = io.BytesIO()
    axes = {"images": {0: "N"}}
    torch.onnx.export(module, (torch.rand(1, *shape),), file, dynamo=False, input_names=["images"], dynamic_axes=axes)
    model = TrainedModel.from_onnx(file.getvalue())
    for left_out in (", batchnorm", ", dropout 0.25", ", dropout 0.5", ", dropout 0.3"):  # multiplied in, or not there
        text = text.replace(left_out, "")
    assert str(model.network) == text
    np.testing.assert_allclose(*answers(module, model), atol=1e-5)


def module_of(forward: Any, **parts: Any) -> Any:
    module = type("Own", (nn.Module,), {"forward": forward})()
    for name, part in parts.items():
        setattr(module, name, part)
    return module


C, D = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)
WRONG = {
    "function": (
        lambda s, x: F.relu6(s.c(x)),
        r"^relu6\(\) is not a function .*\. The closest known one is relu\. Known are adapt",
    ),
    "product": (lambda s, x: s.c(x) * x, r"^mul\(\) multiplies two values that are computed"),
    "difference": (lambda s, x: s.c(x) - x, r"^sub\(\) is not a function"),
    "scale": (lambda s, x: s.d(s.c(x) * 2), r"^mul\(\) calculates with a constant"),
    "reverse": (lambda s, x: 1 - s.c(x), r"^sub\(\) has the images in another place"),
    "linear on maps": (
        lambda s, x: s.f(s.c(x)),
        r"^module f, Linear\(.*\), gets maps, and Convlens's dense gets a row",
    ),
    "softmax within": (
        lambda s, x: s.d(torch.softmax(s.c(x), 1)),
        r"^module d, .* follows softmax\(\), which Convlens",
    ),
    "softmax of images": (
        lambda s, x: F.softmax(s.c(x).flatten(1), dim=0),
        r"^softmax\(\) goes over axis 0\. Conv",
    ),
    "softmax of maps": (lambda s, x: s.c(x).log_softmax(-1), r"^log_softmax\(\) goes over axis -1\."),
    "softmax over a size": (lambda s, x: torch.softmax(s.c(x), x.shape[0]), r"^softmax\(\) has a setting that dep"),
    "type of a buffer": (
        lambda s, x: s.c(x - torch.ones(1, dtype=torch.bfloat16)),
        r"^the tensor _tensor_constant\d has numbers of type bfloat16 on the device cpu, which cannot be read\. Co",
    ),
    "slice": (lambda s, x: s.c(x)[:, :1], r"^getitem\(\) takes a part of a value"),
    "attribute": (lambda s, x: s.c(x).T, r"^getattr\(\) \(getattr_1\) takes the attribute T"),
    "size": (lambda s, x: F.avg_pool2d(s.c(x), x.shape[2:]), r"^avg_pool2d\(\) has a setting that depends on the size"),
    "mean": (lambda s, x: s.c(x).mean(1), r"^mean\(\) takes a mean of other axes"),
    "alpha": (lambda s, x: torch.add(s.c(x), s.c(x), alpha=2), r"^add\(\) joins values otherwise than Convlens"),
    "axis": (lambda s, x: torch.cat([s.c(x), x]), r"^cat\(\) joins values otherwise than Convlens"),
    "constant": (lambda s, x: torch.cat([s.c(x), s.c.weight], 1), r"^cat\(\) joins values otherwise than Convlens"),
    "dropout": (lambda s, x: F.dropout(s.c(x)), r"^dropout\(\) cannot be taken over: it has training=True"),
    "flatten": (lambda s, x: torch.flatten(s.c(x)), r"^flatten\(\) .*start_dim=0; Convlens computes only start_dim=1"),
    "ceil": (lambda s, x: F.max_pool2d(s.c(x), 2, ceil_mode=True), r"^max_pool2d\(\) .*ceil_mode=True"),
    "window": (lambda s, x: F.avg_pool2d(s.c(x), 3, 1, 1, False, False), r"^avg_pool2d\(\) .*count_include_pad=False"),
    "shape": (
        lambda s, x: s.c(x).view(-1, 1, 2, 2),
        r"^view\(\) gives another shape than a row\. Convlens only flattens\.",
    ),
    "weights": (lambda s, x: F.conv2d(x, s.c.weight), r"^conv2d\(\) is not a function"),
    "two": (lambda s, x: (s.c(x), x), "^the module does not return one tensor that it computes from the images"),
    "none": (lambda _s, _x: torch.zeros(2), "^the module does not return one tensor that it computes from the images"),
    "more": (lambda s, x, y: s.c(x) + y, r"^forward\(\) takes more than the images: also y\."),
    "flow": (
        lambda s, x: s.c(x) if x.sum() > 0 else x,
        r"^the forward\(\) of Own cannot be followed without images: s",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_taken_over_is_named(name: str):
    forward, message = WRONG[name]
    with pytest.raises(NetworkError, match=message) as caught:
        Network.from_torch(module_of(forward, c=C, d=D, f=nn.Linear(4, 3)))
    assert "\n" not in str(caught.value)


def test_the_line_of_code_is_named():
    class Wrong(nn.Module):
        def forward(self, x):
            return F.hardtanh(x)

    line = Wrong.forward.__code__.co_firstlineno + 1
    with pytest.raises(NetworkError, match=rf"^hardtanh\(\) in line {line} of test_outside_modules\.py is not a funct"):
        Network.from_torch(Wrong())


def test_values_that_are_no_modules():
    with pytest.raises(NetworkError, match=r"^the module is 3\. Give an instance of torch\.nn\.Module\.$"):
        Network.from_torch(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NetworkError, match=r"^the module is <class .*ReL…\. Give an instance"):
        Network.from_torch(nn.ReLU)


def test_other_numbers_than_the_layers_say_are_noticed():
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 3), nn.Softmax(1))
    assert TrainedModel.from_torch(module, (1, 4, 4)).class_names == ("0", "1", "2")
    module[1].register_forward_hook(lambda *given: given[2] * 1.5)
    with pytest.raises(NetworkError, match=r"^the module computes other numbers than its layers say: a logit differs"):
        TrainedModel.from_torch(module, (1, 4, 4))
    with pytest.raises(NetworkError, match=r"^the module does not compute images of shape \(2, 1, 4, 4\): .*\. Give"):
        TrainedModel.from_torch(nn.Sequential(nn.Linear(16, 3)), (1, 4, 4))


@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_a_softmax_without_an_axis_is_over_the_classes():
    """PyTorch chooses axis 1 of rows and of maps."""
    for end in (nn.Softmax(), lambda logits: F.softmax(logits), lambda logits: F.softmax(logits, -1)):
        module = module_of(lambda s, x: s.end(s.f(x.flatten(1))), f=nn.Linear(4, 3), end=end)
        assert str(TrainedModel.from_torch(module, (1, 2, 2)).network) == "dense 3"


def test_arguments_with_a_default_keep_it():
    module = module_of(lambda s, x, y=None, flag=True, *, more=1: s.c(x if y is None and flag and more else y), c=C)
    assert str(Network.from_torch(module)) == "conv 2 3x3 pad 1"


def test_a_concatenation_of_one_value_is_that_value():
    module = module_of(lambda s, x: torch.cat([s.c(x)], 1), c=C)
    assert str(Network.from_torch(module)) == "conv 2 3x3 pad 1"


def test_a_module_that_is_called_twice_is_two_layers():
    module = module_of(lambda s, x: s.d(s.d(s.c(x))), c=C, d=D)
    model = TrainedModel.from_torch(module, (1, 3, 3))
    assert str(model.network) == "conv 2 3x3 pad 1, conv 2 3x3 pad 1, conv 2 3x3 pad 1"
    np.testing.assert_array_equal(model.weights["1.weight"], model.weights["2.weight"])


BLOCKS = "conv 4 3x3, batchnorm, residual(conv 4 3x3 pad 1, relu, conv 4 1x1), concat(conv 2 1x1; conv 3 1x1), dense"


def stored(names: Any, tmp_path: Any) -> tuple[dict[str, np.ndarray], Any]:
    """Weights of a network with blocks, and a file in which their tensors have other names."""
    weights = initial_weights(BLOCKS, (1, 6, 6), 7, seed=3)
    path = tmp_path / "net.safetensors"
    tensors = {names(key): torch.from_numpy(np.array(array)) for key, array in weights.items()}
    safetensors_torch.save_file(tensors, path)
    return weights, path


@pytest.mark.parametrize("prefix", ["", "model."])
def test_a_state_dict_of_a_network_with_blocks(prefix: str, tmp_path: Any):
    weights, path = stored(lambda key: prefix + key, tmp_path)
    model = convlens.load_model(path, network=BLOCKS, input_shape=(1, 6, 6))
    assert len(model.class_names) == 7
    for name, array in weights.items():
        np.testing.assert_array_equal(model.weights[name], array)


def test_the_shapes_of_whole_layers_tell_which_is_which(tmp_path: Any):
    """The biases of the first three layers have one shape; the tensors beside them have others."""
    words = {"0": "z", "1": "bn", "2.body.0": "a", "2.body.2": "y", "3.branches.0.0": "x", "3.branches.1.0": "w"}

    def renamed(key: str) -> str:
        path, _, last = key.rpartition(".")
        return f"net.{words.get(path, 'fc')}.{last}"

    weights, path = stored(renamed, tmp_path)
    model = convlens.load_model(path, network=BLOCKS, input_shape=(1, 6, 6))
    for name, array in weights.items():
        np.testing.assert_array_equal(model.weights[name], array)


def test_names_tell_layers_of_equal_shapes_apart(tmp_path: Any):
    network, path = "dense 4, residual(dense 4, relu, dense 4), dense 2", tmp_path / "net.safetensors"
    weights = initial_weights(network, (1, 2, 2), 2, seed=3)
    safetensors_torch.save_file({f"model.{key}": torch.from_numpy(array) for key, array in weights.items()}, path)
    model = convlens.load_model(path, network=network, input_shape=(1, 2, 2))
    for name, array in weights.items():
        np.testing.assert_array_equal(model.weights[name], array)


def test_the_number_of_classes_beside_a_dense_layer_in_a_block(tmp_path: Any):
    path = tmp_path / "net.safetensors"
    safetensors_torch.save_file({"a.weight": torch.ones(2, 4), "z.weight": torch.eye(4)}, path)
    model = convlens.load_model(path, network="flatten, residual(dense 4), dense", input_shape=(1, 2, 2))
    # Four pixels of 255 are 1 each, then 1 + 1, and 8 in each class.
    np.testing.assert_allclose(model.logits(np.full((1, 1, 2, 2), 255, np.uint8)), [[8.0, 8.0]], rtol=1e-6)


def test_layers_of_equal_shapes_cannot_be_told_apart(tmp_path: Any):
    path = tmp_path / "net.safetensors"
    safetensors_torch.save_file(make(ResNet).state_dict(), path)
    network = MODULES[ResNet][1]
    with pytest.raises(
        ModelFileError,
        match=r"bn1\.bias could be 2\.body\.1\.bias or .*; rename the tensors, or use TrainedModel\.from_t",
    ):
        convlens.load_model(path, network=network, input_shape=(1, 8, 8))
