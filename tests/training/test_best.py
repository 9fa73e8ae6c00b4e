"""The recipe `best`: what it chooses for which images."""

import pytest

from convlens.network import layer_table, read_network
from convlens.training import choose_settings
from convlens.training.best import GLYPHS, MANY_PHOTOS, MNIST_FACTS, PHOTO, DataFacts, choose_best


def facts(side: int = 28, images: int = 60_000, channels: int = 1, glyphs: bool = True, classes: int = 10) -> DataFacts:
    return DataFacts((channels, side, side), classes, images, glyphs)


def test_mnist_gets_three_stages_and_nine_epochs():
    settings = choose_best(MNIST_FACTS)
    stages = (
        "conv 24 5x5 pad 2, relu, maxpool 2, conv 48 3x3 pad 1, relu, maxpool 2, conv 96 3x3 pad 1, relu, maxpool 2"
    )
    assert settings.network == f"{stages}, dense"
    assert (settings.recipe, settings.epochs, settings.batch_size, settings.probe) == ("best", 9, 64, True)
    assert settings.augmentation == GLYPHS
    assert settings.validation == 0.05
    assert choose_settings("best") == settings


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [1, 2, 8, 16, 28, 48, 64, 96])
@pytest.mark.parametrize("images", [2, 100, 5000, 60_000, 1_000_000])
def test_every_size_and_number_of_images_gets_a_network_that_is_affordable(images, side, channels):
    chosen = choose_best(facts(side, images, channels))
    table = layer_table(read_network(chosen.network), (channels, side, side), 10)
    assert table.rows[-1].output_shape == (10,)
    assert chosen.epochs == 1 or table.multiply_adds * images * chosen.epochs <= 2.5e12
    assert 1 <= chosen.epochs <= 100


def test_large_images_lose_half_their_side_at_once():
    assert choose_best(facts(64)).network.startswith("conv 24 5x5 stride 2 pad 2, relu, maxpool 2")
    assert "stride" not in choose_best(facts(48)).network


def test_photographs_get_one_more_convolution_and_normalise_what_is_pooled():
    network = choose_best(facts(glyphs=False)).network
    later = "conv 40 3x3 pad 1, maxpool 2, batchnorm, relu, conv 80 3x3 pad 1, relu, conv 80 3x3 pad 1, maxpool 2"
    assert network == f"conv 24 3x3 pad 1, relu, maxpool 2, {later}, batchnorm, relu, dense"


def test_large_photographs_train_shorter_since_their_multiply_adds_take_longer():
    small, large = choose_best(facts(48, 1500, 3, glyphs=False)), choose_best(facts(96, 1500, 3, glyphs=False))
    costs = [
        layer_table(read_network(one.network), (3, side, side), 10).multiply_adds * one.epochs
        for one, side in ((small, 48), (large, 96))
    ]
    assert costs[1] < 0.7 * costs[0]


def test_few_images_are_seen_more_often_in_smaller_batches_and_with_dropout():
    few, many = choose_best(facts(images=500)), choose_best(facts(images=60_000))
    assert few.epochs > 5 * many.epochs
    assert few.batch_size == 16
    assert "dropout 0.3" in few.network
    assert "dropout" not in many.network
    assert few.validation == 0.1


def test_photographs_are_not_thickened_and_glyphs_are_not_coloured():
    assert choose_best(facts(images=500, glyphs=False, channels=3)).augmentation == PHOTO
    assert choose_best(facts(glyphs=False, channels=3)).augmentation == MANY_PHOTOS
    assert PHOTO.thickness == 0
    assert PHOTO.colour > 0
    assert GLYPHS.colour == 0
    for augmentation in (GLYPHS, PHOTO):
        assert not augmentation.flip_horizontal
        assert not augmentation.flip_vertical
        assert augmentation.rotation <= 15  # anything further is for the probe to allow


def test_a_network_of_ones_own_can_be_given():
    changed = choose_settings("best", network="conv 4 3x3, relu, dense", epochs=3, augmentation="shift 0.1")
    assert (changed.network, changed.epochs, changed.probe) == ("conv 4 3x3, relu, dense", 3, False)
    assert changed.augmentation is not None
    assert changed.augmentation.describe() == "shift 0.1"
    assert choose_settings("best", augmentation="none", probe=True).probe
