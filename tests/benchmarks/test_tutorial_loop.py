"""The tutorial's loop is the tutorial's: same conversion, same network, same sizes; only then is its time a measure."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from convlens.data import LabelledImages
from convlens.engines.engine import Plan
from convlens.engines.torch_engine import TorchEngine
from convlens.network import initial_weights, preset
from convlens.preprocessing import Normalisation
from timing import summarise
from tutorial_loop import (
    BATCH_SIZE,
    Pictures,
    TutorialNetwork,
    convert_picture,
    convlens_epoch,
    format_results,
    name_for_tutorial,
    tutorial_epoch,
)

PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))


@pytest.fixture
def images() -> LabelledImages:
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (BATCH_SIZE + 6, 1, 28, 28), dtype=np.uint8)
    return LabelledImages(pixels, np.arange(BATCH_SIZE + 6) % 10, tuple("0123456789"), "noise")


def test_a_picture_becomes_numbers_from_0_to_1():
    picture = Image.fromarray(np.array([[0, 51, 255], [102, 153, 204]], np.uint8))
    converted = convert_picture(picture)
    assert converted.dtype == torch.float32
    torch.testing.assert_close(converted, torch.tensor([[[0.0, 0.2, 1.0], [0.4, 0.6, 0.8]]]))


def test_the_dataset_gives_every_image_with_its_label(images: LabelledImages):
    pictures = Pictures(images)
    pixels, label = pictures[13]
    assert len(pictures) == BATCH_SIZE + 6
    assert label == 3
    np.testing.assert_array_equal((pixels.numpy() * 255).round(), images.images[13])


def test_the_tutorials_network_has_its_9098_parameters():
    assert sum(parameter.numel() for parameter in TutorialNetwork().parameters()) == 9098


def test_both_networks_compute_the_same(images: LabelledImages):
    weights = initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, seed=1)
    network = TutorialNetwork()
    network.load_state_dict(name_for_tutorial(weights))
    engine = TorchEngine(PLAN, device="cpu", threads=1)
    engine.set_weights(weights)
    with torch.inference_mode():
        expected = network(torch.from_numpy(images.images).float() / 255).numpy()
    np.testing.assert_allclose(engine.logits(images.images), expected, rtol=1e-4, atol=1e-5)


def test_an_epoch_of_either_loop_learns(images: LabelledImages):
    weights = initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, seed=1)
    network, tutorial = tutorial_epoch(weights, images)
    engine, convlens = convlens_epoch(PLAN, weights, images)
    labels = torch.from_numpy(images.labels.copy())

    def losses() -> tuple[float, float]:
        with torch.inference_mode():
            logits = network(torch.from_numpy(images.images).float() / 255)
            other = torch.from_numpy(engine.logits(images.images))
        return float(functional.cross_entropy(logits, labels)), float(functional.cross_entropy(other, labels))

    before = losses()
    for _ in range(3):
        tutorial()
        convlens()
    after = losses()
    assert after[0] < before[0]
    assert after[1] < before[1]


def test_the_table_is_in_proportion():
    spreads = {"slow": summarise([4.0]), "fast": summarise([1.0])}
    table = format_results(spreads, {"slow": 0.5, "fast": 0.25}, images=8000, work=10**9, peak=4e9)
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert cells == [
        ["slow", "4.00 (4.00 to 4.00)", "2,000", "0.5", "12.5%", "1.000", "50.00%"],
        ["fast", "1.00 (1.00 to 1.00)", "8,000", "2.0", "50.0%", "0.250", "25.00%"],
    ]
