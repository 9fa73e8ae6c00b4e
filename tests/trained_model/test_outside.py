"""Models from elsewhere: modules of PyTorch and state dicts, taken over with the same answers or refused by place."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch

import convlens
from convlens import ModelFileError, Network, NetworkError, TrainedModel, UsageError
from convlens.preprocessing import Normalisation

torch = pytest.importorskip("torch")
nn = torch.nn

TUTORIAL = "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense"


def every_layer():
    torch.manual_seed(0)
    module = nn.Sequential(
        OrderedDict(
            stem=nn.Sequential(
                nn.Conv2d(3, 6, (3, 5), stride=(2, 1), padding=(1, 2), dilation=(1, 1), groups=3, bias=False),
                nn.BatchNorm2d(6),
                nn.SiLU(),
                nn.Identity(),
                nn.MaxPool2d(3, stride=2, padding=1),
            ),
            body=nn.Sequential(
                nn.Conv2d(6, 4, 3, padding="same"), nn.LeakyReLU(0.25), nn.AvgPool2d(2, 2, 1), nn.GELU()
            ),
            head=nn.Sequential(nn.Conv2d(4, 5, 1), nn.Tanh(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
            last=nn.Sequential(nn.Linear(5, 9), nn.BatchNorm1d(9), nn.Sigmoid(), nn.Dropout(0.25), nn.Linear(9, 4)),
        )
    )
    with torch.no_grad():  # so that batch normalisation is not the identity
        module(torch.randn(40, 3, 12, 10))
    return module


def test_a_module_of_every_known_layer_gives_the_same_logits():
    module = every_layer()
    scaling = Normalisation((0.25, 0.5, 0.125), (0.5, 0.25, 1.0))
    model = TrainedModel.from_torch(module, (3, 12, 10), ["a", "b", "c", "d"], scaling)
    assert str(model.network) == (
        "conv 6 3x5 stride 2x1 pad 1x2 groups 3, batchnorm, silu, maxpool 3 stride 2 pad 1, conv 4 3x3 pad 1, "
        "leaky_relu 0.25, avgpool 2 pad 1, gelu, conv 5 1x1, tanh, globalavgpool, dense 9, batchnorm, sigmoid, "
        "dropout 0.25, dense 4"
    )
    assert module.training
    images = np.random.default_rng(1).integers(0, 256, (7, 3, 12, 10), np.uint8)
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in (scaling.mean, scaling.std))
    with torch.no_grad():
        expected = module.eval()((torch.from_numpy(images) / 255 - mean) / std).numpy()
    np.testing.assert_allclose(model.logits(images), expected, atol=1e-5)
    assert model.class_names == ("a", "b", "c", "d")
    assert np.all(model.weights["0.bias"] == 0)


def test_weights_are_copied_and_a_round_trip_gives_the_same_module():
    model = TrainedModel.from_torch(every_layer(), (3, 12, 10))
    again = TrainedModel.from_torch(model.to_torch(), (3, 12, 10))
    assert (again.network, again.class_names) == (model.network, ("0", "1", "2", "3"))
    for name, array in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    taken = TrainedModel.from_torch(module, (1, 2, 2))
    before = taken.weights["1.weight"].copy()
    with torch.no_grad():
        module[1].weight.zero_()
    np.testing.assert_array_equal(taken.weights["1.weight"], before)


def test_a_literal_example():
    module = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
    model = TrainedModel.from_torch(module, (1, 1, 2), normalisation=Normalisation((0.0,), (1 / 255,)))
    # [10, 4]: 1·10 + 2·4 = 18, 3·10 − 1·4 = 26
    np.testing.assert_allclose(model.logits(np.array([[[[10, 4]]]], np.uint8)), [[18.0, 26.0]], rtol=1e-5)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (
            nn.Sequential(nn.ReLU6()),
            r"module 0, ReLU6.*, is not a layer that Convlens has\. The closest known one is ReLU\.",
        ),
        (nn.Sequential(nn.Sequential(nn.ReLU(), nn.ELU())), r"^module 0\.1, ELU\(alpha=1\.0\), is not a layer"),
        (nn.SELU(), r"^SELU is not a layer that Convlens has\. The closest known one is SiLU"),
        (
            nn.PixelShuffle(2),
            r"^PixelShuffle is not a layer .*\. Known are Sequential and AdaptiveAvgPool2d, AvgPool2d,",
        ),
        (
            nn.Sequential(nn.DataParallel(nn.ReLU())),
            r"DataParallel\( \(module\): ReLU\(\) \), is not .* attribute module",
        ),
        (nn.Sequential(nn.Softmax(1), nn.ReLU()), r"^module 1, ReLU\(\), follows module 0, Softmax\(dim=1\), which"),
        (nn.Softmax(0), r"^Softmax goes over axis 0\. Convlens has this over the classes only, which are axis 1\.$"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.LogSoftmax(-1)), r"^module 1, LogSoftmax\(dim=-1\), goes over axis -1\."),
        (nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Softmax(0)), r"^module 2, Softmax\(dim=0\), goes over axis 0"),
        (
            nn.Linear(4, 2).bfloat16(),
            r"^Linear has numbers of type bfloat16 on the device cpu, .*\. Convert it with ",
        ),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(4, 2, device="meta")),
            r"^module 1, Linear\(.*\), has numbers of type float32 on the device meta, .*\. Load its weights first\.$",
        ),
        (nn.Sequential(nn.Dropout2d()), "Use Dropout, or leave it out"),
        (nn.Conv2d(1, 2, 3, padding_mode="reflect"), "padding_mode='reflect'; Convlens computes only .*='zeros'"),
        (nn.BatchNorm2d(2, eps=1e-3), "eps=0.001; Convlens computes only eps=1e-05"),
        (nn.BatchNorm2d(2, affine=False), "affine=False"),
        (nn.BatchNorm2d(2, track_running_stats=False), "track_running_stats=False"),
        (nn.MaxPool2d(2, ceil_mode=True), "ceil_mode=True"),
        (nn.MaxPool2d(2, return_indices=True), "return_indices=True"),
        (nn.MaxPool2d(2, dilation=2), "dilation=2"),
        (nn.AvgPool2d(2, ceil_mode=True), "ceil_mode=True"),
        (nn.AvgPool2d(2, count_include_pad=False), "count_include_pad=False"),
        (nn.AvgPool2d(2, divisor_override=3), "divisor_override=3"),
        (nn.AdaptiveAvgPool2d(2), "output_size=2; Convlens computes only output_size=1"),
        (nn.GELU(approximate="tanh"), "approximate='tanh'"),
        (nn.Flatten(0), "start_dim=0"),
        (nn.LeakyReLU(2.0), "slope"),
    ],
)
def test_what_cannot_be_taken_over_is_named_with_its_place(module, reason):
    with pytest.raises(NetworkError, match=reason):
        Network.from_torch(module)


def test_a_changed_forward_is_noticed():
    module: Any = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    module[1].register_forward_hook(lambda *given: given[2] * 1.01)
    with pytest.raises(NetworkError, match="the module computes other numbers than its layers say"):
        TrainedModel.from_torch(module, (1, 2, 2))


def test_arguments_of_from_torch():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 2))
    with pytest.raises(NetworkError, match=r"layer 2 takes weights of shape \(2, 18\); the module has \(2, 8\)"):
        TrainedModel.from_torch(module, (1, 5, 5))
    with pytest.raises(UsageError, match="class_names has 3 names; the network has 2 outputs"):
        TrainedModel.from_torch(module, (1, 4, 4), ["a", "b", "c"])
    with pytest.raises(UsageError, match=r"input_shape is 28; give \(channels, height, width\)"):
        TrainedModel.from_torch(module, 28)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NetworkError, match="no conv and no dense"):
        TrainedModel.from_torch(nn.Sequential(nn.Flatten()), (1, 4, 4))


class Net(nn.Module):
    """The tutorial's network as people write it."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.pool, self.fc = nn.MaxPool2d(2), nn.Linear(784, 10)

    def forward(self, images):
        maps = self.pool(torch.relu(self.conv2(self.pool(torch.relu(self.conv1(images))))))
        return self.fc(maps.flatten(1))


def test_a_state_dict_of_another_module(tmp_path):
    torch.manual_seed(1)
    module, path = Net(), tmp_path / "net.safetensors"
    safetensors.torch.save_file(module.state_dict(), path)
    scaling = Normalisation((0.1307,), (0.3081,))
    model = convlens.load_model(path, network=TUTORIAL, input_shape=(1, 28, 28), normalisation=scaling)
    images = np.random.default_rng(1).integers(0, 256, (5, 1, 28, 28), np.uint8)
    with torch.no_grad():
        expected = module((torch.from_numpy(images) / 255 - 0.1307) / 0.3081).numpy()
    np.testing.assert_allclose(model.logits(images), expected, atol=1e-5)
    assert model.class_names == tuple("0123456789")


def test_a_state_dict_with_our_names_and_without_biases(tmp_path):
    weights = {"0.weight": np.ones((2, 1, 3, 3), np.float32), "3.weight": np.ones((3, 2), np.float32)}
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors.numpy.save(weights))
    network = "conv 2 3x3, globalavgpool, dense 3"
    model = convlens.load_model(path, network=network, input_shape=(1, 4, 4), class_names=["a", "b", "c"])
    assert list(model.weights) == ["0.weight", "0.bias", "3.weight", "3.bias"]
    # Nine pixels of 255 are 9 in each of two maps, and 18 in each class.
    np.testing.assert_allclose(model.logits(np.full((1, 1, 4, 4), 255, np.uint8)), [[18.0] * 3], rtol=1e-5)


def test_the_number_of_classes_is_that_of_the_layer_whose_size_is_not_given(tmp_path):
    """Names are stored in their order, so the last layer comes first here."""
    hidden, last = np.arange(20, dtype=np.float32).reshape(5, 4), np.arange(15, dtype=np.float32).reshape(3, 5)
    tensors = {"a.weight": last, "a.bias": np.zeros(3, np.float32)}
    tensors |= {"b.weight": hidden, "b.bias": np.ones(5, np.float32)}
    safetensors.numpy.save_file(tensors, tmp_path / "net.safetensors")
    model = convlens.load_model(tmp_path / "net.safetensors", network="dense 5, relu, dense", input_shape=(1, 2, 2))
    assert model.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(model.weights["1.weight"], hidden)
    np.testing.assert_array_equal(model.weights["3.weight"], last)


@pytest.mark.parametrize(
    ("tensors", "network", "reason"),
    [
        ({"a.weight": (2, 4)}, "dense 3", r"a\.weight with shape \(2, 4\) belongs to no layer that is left\. The"),
        (
            {"1.weight": (3, 4), "b.weight": (3, 4)},
            "dense 3",
            r"b\.weight with shape \(3, 4\) belongs to no layer that is left\. The network has 1\.weight",
        ),
        ({"a.weight": (4, 4), "b.weight": (4, 4)}, "dense 4, dense 4", r"a\.weight could be 1\.weight or 2\.weight"),
        ({"1.bias": (3,)}, "dense 3", r"it has no 1\.weight"),
        ({"a.bias": (3,)}, "dense", "no weights of a dense layer"),
    ],
)
def test_state_dicts_that_do_not_fit(tmp_path, tensors, network, reason):
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors.numpy.save({key: np.ones(shape, np.float32) for key, shape in tensors.items()}))
    with pytest.raises(ModelFileError, match=reason):
        convlens.load_model(path, network=network, input_shape=(1, 2, 2))


def test_files_that_are_no_state_dict(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(ModelFileError, match="is not a state dict: it cannot be read as safetensors"):
        convlens.load_model(path, network="dense", input_shape=(1, 2, 2))
    with pytest.raises(UsageError, match="network was given without input_shape"):
        convlens.load_model(path, network="dense")
    with pytest.raises(ModelFileError, match="is a pickle"):
        convlens.load_model(path)
    path.write_bytes(safetensors.numpy.save({"1.weight": np.ones((2, 4), np.float32)}))
    with pytest.raises(ModelFileError, match=r"safetensors file, but not a trained model.*network="):
        convlens.load_model(path)
