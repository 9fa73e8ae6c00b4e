"""What spoke for a class: the page's gradients against torch's, and the parts add up where they must."""

import base64
import json

import numpy as np
import pytest
import torch

from convlens import TrainedModel
from convlens.exports import page_model

ATTRIBUTE = """async ([payload, picture, classNumber, steps]) => {
  const { openModel, activations, activationsOfInput } = await import("convlens/engine/network.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const { attribution, gradient, baselineOf } = await import("convlens/engine/attribution.js");
  const model = openModel(payload);
  const outputs = activations(model, decodeBytes(picture));
  const { shape, data, baseline } = attribution(model, outputs, classNumber, { steps });
  const last = (all) => all[all.length - 1].data[classNumber];
  return JSON.stringify({
    shape,
    parts: Array.from(data),
    gradient: Array.from(gradient(model, outputs, classNumber)),
    baseline: Array.from(baseline),
    gained: last(outputs) - last(activationsOfInput(model, baselineOf(model))),
  });
}"""


def attribute(call, model, image, class_number, steps=1):
    picture = base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()
    return json.loads(call(ATTRIBUTE, [page_model(model), picture, class_number, steps]))


def gradient_in_torch(model: TrainedModel, image, class_number):
    module = model.to_torch().double()
    normalised = torch.from_numpy(model.plan.normalisation.apply(image[None])).double().requires_grad_()
    module(normalised)[0, class_number].backward()
    assert normalised.grad is not None
    return normalised.grad.numpy().ravel()


def test_gradients_are_those_of_torch(call, varied_models):
    for name, model in varied_models.items():
        image = np.random.default_rng(5).integers(0, 256, model.plan.input_shape, np.uint8)
        class_number = model.plan.classes - 1
        found = attribute(call, model, image, class_number)
        expected = gradient_in_torch(model, image, class_number)
        scale = max(np.abs(expected).max(), 1e-12)
        np.testing.assert_allclose(np.array(found["gradient"]) / scale, expected / scale, atol=1e-4, err_msg=name)
        assert found["shape"] == list(model.plan.input_shape)


def test_on_mnist_the_parts_are_gradient_times_input(call, mnist_model, mnist_images):
    for number in range(5):
        image = mnist_images.images[number]
        for class_number in (0, 7):
            found = attribute(call, mnist_model, image, class_number)
            expected = gradient_in_torch(mnist_model, image, class_number)
            difference = mnist_model.plan.normalisation.apply(image[None])[0].ravel() - np.array(found["baseline"])
            np.testing.assert_allclose(found["parts"], expected * difference, atol=1e-4 * np.abs(expected).max())
            assert not np.any(np.array(found["parts"])[image.ravel() == 0])  # the empty ground says nothing


def test_the_parts_add_up_in_a_linear_network(call, build_model):
    model = build_model("conv 4 3x3 pad 1 stride 2, batchnorm, avgpool 2, dense 6, dropout, dense", (3, 12, 10), 3)
    image = np.random.default_rng(0).integers(0, 256, (3, 12, 10), np.uint8)
    for class_number in range(3):
        found = attribute(call, model, image, class_number)
        assert sum(found["parts"]) == pytest.approx(found["gained"], rel=1e-4, abs=1e-4)


def test_the_parts_add_up_where_nothing_is_added(call, build_model):
    # relu and maxpool scale with their input, so without biases and from 0 the slope here is the slope all the way.
    model = build_model("conv 6 3x3 pad 1, relu, maxpool 2, conv 8 3x3, relu, dense", (1, 12, 12), 4)
    weights = {name: array * 0 if name.endswith("bias") else array for name, array in model.weights.items()}
    bare = TrainedModel(model.network, weights, model.preprocessing, model.class_names)
    image = np.random.default_rng(0).integers(0, 256, (1, 12, 12), np.uint8)
    found = attribute(call, bare, image, 2)
    assert not np.any(found["baseline"])
    assert sum(found["parts"]) == pytest.approx(found["gained"], rel=1e-4)


def test_with_many_steps_they_add_up_in_any_network(call, mnist_model, mnist_images, varied_models):
    cases = [(mnist_model, mnist_images.images[1], 2)]
    for name in ("lenet", "not square", "means", "padded maximum"):
        model = varied_models[name]
        cases.append((model, np.random.default_rng(1).integers(0, 256, model.plan.input_shape, np.uint8), 0))
    for model, image, class_number in cases:
        one, many = (attribute(call, model, image, class_number, steps) for steps in (1, 100))
        misses = [abs(sum(found["parts"]) - found["gained"]) for found in (one, many)]
        assert misses[1] < 0.02 * max(1, abs(many["gained"])), (str(model.network), misses)


def test_by_hand(call):
    from convlens import Network
    from convlens.preprocessing import Normalisation, Preprocessing

    weights = {
        "1.weight": np.array([[1, -2], [3, 1]], np.float32),
        "1.bias": np.array([0, -100], np.float32),
        "3.weight": np.array([[5, 7], [-1, 7]], np.float32),
        "3.bias": np.array([0, 0], np.float32),
    }
    dark = Preprocessing((1, 1, 2), "letterbox", False, Normalisation((0.0,), (1 / 255,)))
    model = TrainedModel(Network.from_text("dense 2, relu, dense"), weights, dark, ("a", "b"))
    # 20 − 2·5 = 10 passes the relu, 3·20 + 5 − 100 does not; the ground is white, 255
    found = attribute(call, model, np.array([[[20, 5]]], np.uint8), 0)
    assert found["gradient"] == [5, -10]
    assert found["baseline"] == pytest.approx([255, 255])
    assert found["parts"] == pytest.approx([5 * (20 - 255), -10 * (5 - 255)])
    assert attribute(call, model, np.array([[[20, 5]]], np.uint8), 1)["gradient"] == [-1, 2]


def test_a_class_that_is_not_there(call, varied_models):
    image = np.zeros((1, 28, 28), np.uint8)
    with pytest.raises(Exception, match="there is no class 10; this model has 10 classes, counted from 0"):
        attribute(call, varied_models["tutorial"], image, 10)
