"""What a user of PyTorch writes first."""

from typing import Any

import numpy as np
import pytest

import convlens
from convlens import by_hand

torch = pytest.importorskip("torch")
F: Any = torch.nn.functional
TRAINING: dict[str, Any] = {"network": "dense", "epochs": 1}


class Digits(torch.utils.data.Dataset):
    """A dataset as in the tutorial: `__len__`, `__getitem__`, and the names of the classes as torchvision has them."""

    classes = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        return torch.tensor(self.images[place], dtype=torch.float32)[None], int(self.labels[place])


def test_a_dataset_of_ones_own(X, y):
    model = convlens.train(Digits(X[:300], y[:300]), **TRAINING)
    assert model.class_names == Digits.classes
    assert model.preprocessing.image_shape == (1, 8, 8)
    assert convlens.evaluate(model, Digits(X[800:], y[800:])).accuracy == model.score(X[800:], y[800:])


def test_loaders_for_training_and_validation(X, y):
    loaders = [
        torch.utils.data.DataLoader(Digits(X[part], y[part]), batch_size=64) for part in np.split(np.arange(400), [300])
    ]
    model = convlens.train(loaders[0], validation=loaders[1], **TRAINING)
    assert model.facts["training_images"] == 300
    assert model.history["validation_accuracy"][0] == pytest.approx(model.score(X[300:400], y[300:400]))


def test_random_split(X, y):
    random = torch.Generator().manual_seed(0)
    train_part, test_part = torch.utils.data.random_split(Digits(X[:400], y[:400]), [300, 100], generator=random)
    model = convlens.train(train_part, test=test_part, **TRAINING)
    assert (model.facts["training_images"], model.facts["test"]["total"]) == (300, 100)


def test_tensors_are_trained_on_and_predicted(X, y):
    images, labels = torch.tensor(X[:300], dtype=torch.float32)[:, None], torch.tensor(y[:300])
    model = convlens.train(images, labels, **TRAINING)
    np.testing.assert_array_equal(model.predict_proba(images[:9]), model.predict_proba(X[:9].astype(np.float32)))
    assert model.predict(images[:1])[0].class_name == str(model.predict_labels(images)[0])
    assert model.score(images, labels) == model.score(X[:300], y[:300])


def test_a_tensor_dataset(X, y):
    data = torch.utils.data.TensorDataset(torch.tensor(X[:300])[:, None], torch.tensor(y[:300]))
    assert convlens.train(data, **TRAINING).facts["training_images"] == 300


def test_to_torch_gives_the_same_logits(model, X):
    module = model.to_torch()
    pixels = np.rint(X[:50] * 255).astype(np.uint8)[:, None]
    normal = model.preprocessing.normalisation
    with torch.no_grad():
        found = module((torch.tensor(pixels).float() / 255 - normal.mean[0]) / normal.std[0])
    np.testing.assert_allclose(found.numpy(), model.logits(pixels), atol=1e-4)


def test_weights_have_the_names_of_the_state_dict(model):
    state = model.to_torch().state_dict()
    assert list(state) == list(model.weights) == ["0.weight", "0.bias", "3.weight", "3.bias"]
    for name, tensor in state.items():
        np.testing.assert_array_equal(tensor.numpy(), model.weights[name])


def test_lenet_by_its_name(X, y):
    larger = np.kron(X[:100], np.ones((4, 4)))
    network = convlens.Network.from_text("lenet")
    model = convlens.train(larger, y[:100], network=network, epochs=1)
    assert model.network == network
    assert [tuple(shape) for name, shape in network.parameter_shapes((1, 32, 32), 10).items() if "bias" in name] == [
        (6,),
        (16,),
        (120,),
        (84,),
        (10,),
    ]


def test_a_residual_block(X, y):
    body = [convlens.Conv2d(8, kernel_size=3, padding=1), convlens.BatchNorm2d(), convlens.ReLU()]
    network = [convlens.Conv2d(8, kernel_size=3, padding=1), convlens.Residual(body), convlens.Dense()]
    model = convlens.train(X[:200], y[:200], network=network, epochs=1)
    assert "residual(conv 8 3x3 pad 1, batchnorm, relu)" in str(model.network)


def test_channels_last_and_first_are_the_same(X, y):
    colour = np.repeat(X[:200, ..., np.newaxis], 3, axis=-1)
    one = convlens.train(colour, y[:200], **TRAINING)
    other = convlens.train(colour.transpose(0, 3, 1, 2), y[:200], **TRAINING)
    assert one.preprocessing.image_shape == (3, 8, 8)
    np.testing.assert_array_equal(one.predict_proba(colour[:9]), other.predict_proba(colour[:9]))


@pytest.mark.parametrize("form", [list, np.array, torch.tensor], ids=["lists", "arrays", "tensors"])
def test_a_convolution_by_hand(form):
    image, kernel = [[[1.0, 2, 0], [3, 1, 2], [0, 2, 4]]], [[[[1.0, 0], [2, 1]]]]
    expected = [[[8, 6], [5, 9]]]  # 1·1 + 0·2 + 2·3 + 1·1 = 8
    np.testing.assert_array_equal(by_hand.conv2d(form(image), form(kernel)), expected)
    np.testing.assert_array_equal(F.conv2d(torch.tensor(image)[None], torch.tensor(kernel))[0], expected)


def test_pooling_and_relu_by_hand():
    image = [[[1.0, -2, 0, 5], [3, 1, 2, -4]]]
    np.testing.assert_array_equal(by_hand.max_pool2d(image, 2), [[[3, 5]]])
    np.testing.assert_array_equal(by_hand.avg_pool2d(image, 2), F.avg_pool2d(torch.tensor(image), 2))
    np.testing.assert_array_equal(by_hand.activate(image, "relu"), F.relu(torch.tensor(image)))


def test_a_stopped_training_goes_on(X, y):
    settings = {"network": "dense", "epochs": 2, "seed": 5}
    stopped = convlens.train(X[:200], y[:200], out="run", should_stop=lambda: True, **settings)
    assert not stopped.facts["finished"]
    resumed = convlens.resume_training("run", X[:200], y[:200])
    straight = convlens.train(X[:200], y[:200], **settings)
    np.testing.assert_array_equal(resumed.predict_proba(X[:9]), straight.predict_proba(X[:9]))


@pytest.mark.parametrize(
    ("name", "arguments", "here"), [("Conv2d", (1, 8, 3), "Conv2d"), ("Linear", (64, 10), "Dense")]
)
def test_layers_of_pytorch_are_told_with_their_name_here(name, arguments, here):
    layers: Any = [getattr(torch.nn, name)(*arguments), convlens.Dense()]
    with pytest.raises(convlens.NetworkError) as caught:
        convlens.Network(layers)
    assert str(caught.value) == f"layer 0 is {name} of torch. Write convlens.{here}(...) instead."
