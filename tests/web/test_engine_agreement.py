"""Every layer of the page's engine against the native one: real pictures, and the whole language."""

import base64

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from convlens.exports import page_model
from convlens.layers import ACTIVATIONS, BLOCKS, JOINS, KINDS

TOLERANCE = 1e-4
SIX_CONV = (
    "conv 16 3x3 pad 1, batchnorm, relu, conv 16 3x3 pad 1, batchnorm, relu, maxpool 2, "
    "conv 32 3x3 pad 1, batchnorm, relu, conv 32 3x3 pad 1, batchnorm, relu, maxpool 2, "
    "conv 64 3x3 pad 1, batchnorm, relu, conv 64 3x3 pad 1, batchnorm, relu, globalavgpool, dense"
)
RUN = """async ([payload, pictures]) => {
  const { openModel, activations, probabilities } = await import("convlens/engine/network.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const encode = (floats) => {
    const bytes = new Uint8Array(floats.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return btoa(text);
  };
  const model = openModel(payload);
  return pictures.map((picture) => {
    const outputs = activations(model, decodeBytes(picture));
    const answer = probabilities(model, outputs[outputs.length - 1].data);
    return { layers: outputs.map(({ shape, data }) => [shape, encode(data)]), probabilities: Array.from(answer) };
  });
}"""


def largest_difference(call, model, images):
    """The largest difference of any number of any layer, in parts of the largest of that layer and picture."""
    expected = model.engine.activations(images)
    pictures = [base64.b64encode(image.tobytes()).decode() for image in images]
    worst = 0.0
    for number, result in enumerate(call(RUN, [page_model(model), pictures])):
        assert len(result["layers"]) == len(expected)
        for (shape, text), wanted in zip(result["layers"], expected, strict=True):
            values = np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)
            assert values.shape == wanted[number].shape
            largest = np.abs(wanted[number]).max()
            worst = max(worst, float(np.abs(values - wanted[number]).max() / max(largest, 1e-30)))
        probabilities = model.calibration.probabilities(model.logits(images[number : number + 1]))[0]
        np.testing.assert_allclose(result["probabilities"], probabilities, atol=1e-5)
    return worst


def test_the_tutorials_network_on_mnist(call, mnist_model, mnist_images):
    assert largest_difference(call, mnist_model, mnist_images.images[:100]) < TOLERANCE


def photographs(count):
    """Pieces of 64×64 of the two photographs of scikit-learn, uint8 N×3×64×64."""
    random = np.random.default_rng(0)
    photos = [photo.transpose(2, 0, 1) for photo in load_sample_images().images]
    pieces = []
    for number in range(count):
        photo = photos[number % 2]
        top, left = (int(random.integers(0, size - 64)) for size in photo.shape[1:])
        pieces.append(photo[:, top : top + 64, left : left + 64])
    return np.ascontiguousarray(pieces)


def test_six_convolutions_on_photographs(call, build_model):
    assert largest_difference(call, build_model(SIX_CONV, (3, 64, 64), 10), photographs(4)) < TOLERANCE


def test_the_networks_have_every_layer_and_option(varied_models):
    models = varied_models.values()
    nodes = [node for one in models for node in one.network.resolve(one.plan.input_shape, one.plan.classes)]
    assert {node.layer.word for node in nodes} == {*KINDS, *JOINS}
    text = " ".join(str(model.network) for model in models)
    assert all(word in text for word in ("pad", "stride", "dilation", "groups", "shortcut", *BLOCKS))


def test_the_page_has_a_file_for_every_kind(call):
    found = call('async () => Object.keys((await import("convlens/layers/kinds.js")).KINDS)')
    assert sorted(found) == sorted([*KINDS, *JOINS])


def test_every_layer_and_option(call, varied_models):
    random = np.random.default_rng(0)
    worst = {}
    for name, model in varied_models.items():
        images = random.integers(0, 256, (3, *model.plan.input_shape), np.uint8)
        images[2] = 0
        worst[name] = largest_difference(call, model, images)
    assert max(worst.values()) < TOLERANCE, worst


def random_window(random, size, pool):
    """Kernel size, stride, padding and dilation along one axis, with at least one position."""
    dilation = 1 if pool else int(random.integers(1, 4))
    padding = int(random.integers(0, 4))
    kernel = int(random.integers(1, 6))
    if (kernel - 1) * dilation + 1 > size + 2 * padding:
        kernel = 1
    return kernel, int(random.integers(1, 4)), min(padding, kernel // 2) if pool else padding, dilation


RULES = [*(kind.example for kind in ACTIVATIONS.values()), "dropout 0.5"]


class RandomNetwork:
    """Draws the text of a network for a shape; `shape` is that of the maps so far."""

    def __init__(self, random, shape):
        self.random, self.shape = random, list(shape)

    def text(self):
        steps = [self.step, self.step, self.residual, self.concat]
        layers = [steps[self.random.integers(0, len(steps))]() for _ in range(self.random.integers(2, 6))]
        layers += [["globalavgpool"], ["dense 7", "tanh"], ["flatten", "residual(gelu)"]][self.random.integers(0, 3)]
        return ", ".join([*layers, "dense"])

    def step(self):
        kind = str(self.random.choice(["conv", "conv", "maxpool", "avgpool", "batchnorm", "activation"]))
        if kind in ("batchnorm", "activation"):
            return kind if kind == "batchnorm" else str(self.random.choice(RULES))
        axes = [random_window(self.random, size, kind != "conv") for size in self.shape[1:]]
        for axis, (kernel, stride, padding, dilation) in enumerate(axes, 1):
            self.shape[axis] = (self.shape[axis] + 2 * padding - (dilation * (kernel - 1) + 1)) // stride + 1
        kernel, stride, padding, dilation = (f"{one}x{other}" for one, other in zip(*axes, strict=True))
        window = f"{kernel} stride {stride} pad {padding}"
        return f"{self.conv()} {window} dilation {dilation}" if kind == "conv" else f"{kind} {window}"

    def conv(self):
        """A convolution's word, its channels and groups: a divisor of the channels that come in."""
        groups = int(self.random.choice([n for n in range(1, self.shape[0] + 1) if self.shape[0] % n == 0]))
        self.shape[0] = groups * int(self.random.integers(1, 1 + max(1, 20 // groups)))
        return f"conv {self.shape[0]}" + f" groups {groups}" * (groups > 1)

    def residual(self):
        """One whose body keeps the shape, or that has a shortcut to the body's shape."""
        size = self.shape[0]
        if self.random.integers(0, 2):
            return f"residual(conv {size} 3x3 pad 1, batchnorm, {self.random.choice(RULES)})"
        self.shape[0] = int(self.random.integers(1, 12))
        return f"residual(conv {self.shape[0]} 1x1, conv {self.shape[0]} 3x3 pad 1, shortcut conv {self.shape[0]} 1x1)"

    def concat(self):
        """Branches of the same height and width: a convolution, a pooling, a block, and the input itself."""
        channels, size = int(self.random.integers(1, 8)), self.shape[0]
        branches = {
            f"conv {channels} 3x3 pad 1, {self.random.choice(RULES)}": channels,
            "maxpool 3 stride 1 pad 1": size,
            f"residual(conv {size} 1x1)": size,
            "": size,
        }
        chosen = self.random.choice(list(branches), self.random.integers(2, 4))
        self.shape[0] = sum(branches[str(branch)] for branch in chosen)
        return f"concat({'; '.join(map(str, chosen))})"


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(call, build_model, seed):
    random = np.random.default_rng(seed)
    shape = (int(random.choice([1, 3])), int(random.integers(3, 25)), int(random.integers(3, 25)))
    model = build_model(RandomNetwork(random, shape).text(), shape, int(random.integers(2, 12)), seed)
    images = random.integers(0, 256, (2, *shape), np.uint8)
    assert largest_difference(call, model, images) < TOLERANCE, str(model.network)


@pytest.mark.parametrize("padding", [0, 1, 2, 5])
def test_tiles_of_every_size(call, build_model, padding):
    # 3×3 kernels between 16 or more maps go another way, in tiles of 4×4 of which the last ones may be cut off.
    random = np.random.default_rng(padding)
    for height in range(3, 11):
        shape = (3, height, int(random.integers(3, 14)))
        maps = int(random.integers(16, 24))
        text = f"conv 17 1x1, conv {maps} 3x3 pad {padding}, conv 16 3x3 pad 2, dense"
        images = random.integers(0, 256, (1, *shape), np.uint8)
        assert largest_difference(call, build_model(text, shape, 3, height), images) < 1e-5, (text, shape)
