"""Large reports stay small: a thousand classes and a hundred thousand images, and MNIST's test images."""

import numpy as np
import pytest

from convlens.data import LabelledImages, load_dataset
from convlens.report import write_report
from convlens.training import train


@pytest.mark.slow
@pytest.mark.native
def test_a_thousand_classes_and_a_hundred_thousand_images(make_model, open_page, tmp_path):
    names = tuple(f"class {number}" for number in range(1000))
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (100_000, 1, 8, 8), np.uint8)
    given = LabelledImages(images, random.integers(0, 1000, 100_000), names, "many")
    path = write_report(make_model("avgpool 4, dense", class_names=names), given, tmp_path / "large.html")
    assert path.stat().st_size < 10_000_000
    page = open_page(path, 400)
    assert page.locator("#classes tbody tr").count() == 1000
    assert page.locator("[popover]").count() == 40
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.slow
@pytest.mark.native
def test_the_report_of_mnist_is_small(user_data_folder, open_page, tmp_path):
    digits = load_dataset("mnist", data_dir=user_data_folder)
    run = tmp_path / "run"
    train(digits, recipe="fast", out=run)
    path = write_report(run, digits, run / "report.html", data_dir=user_data_folder)
    assert 200_000 < path.stat().st_size < 5_000_000
    page = open_page(path)
    assert float(page.locator(".big").inner_text().split()[0]) > 98
    assert page.locator("#certainty, #bent, #training, #network, #kernels").count() == 5
