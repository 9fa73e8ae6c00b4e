"""Large reports: a thousand classes and a hundred thousand images, and the real MNIST."""

import json
from pathlib import Path

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.files import write_atomically
from convlens.report import Study, study_model, write_report
from convlens.report.page import write_page
from convlens.training import train


@pytest.fixture(scope="module")
def large_study(make_model) -> Study:
    """Return a study of a thousand classes and a hundred thousand images."""
    names = tuple(f"class {number}" for number in range(1000))
    model = make_model("globalavgpool, dense", class_names=names)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100_000, 1, 8, 8), np.uint8)
    return study_model(model, LabelledImages(images, random.integers(0, 1000, 100_000), names, "noise"))


@pytest.fixture(scope="module")
def large_report(large_study, tmp_path_factory) -> Path:
    """Return its report."""
    return write_atomically(tmp_path_factory.mktemp("large") / "report.html", write_page(large_study))


@pytest.mark.slow
def test_the_numbers_of_a_thousand_classes_and_a_hundred_thousand_images(large_study):
    numbers = json.loads(json.dumps(large_study.as_dict(), allow_nan=False))
    assert sum(map(sum, numbers["confusion"])) == 100_000
    assert len(numbers["hardest_errors"]) == len(numbers["label_errors"]) == 1000


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1400])
def test_a_thousand_classes_and_a_hundred_thousand_images_are_a_page_that_opens(
    large_study, large_report, width, open_page, tmp_path
):
    assert large_report.stat().st_size < 10_000_000
    page = open_page(large_report, width)
    assert "of 100,000 images of noise are classified correctly" in page.locator(".lead").inner_text()
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window
    assert page.locator("[popover]").count() == 40
    wrong = large_study.evaluation.confusion * (1 - np.eye(1000, dtype=int))
    assert f"{np.count_nonzero(wrong):,}" in page.locator("#confusions").inner_text()
    heat = page.locator("img.heat")
    assert heat.evaluate("one => [one.naturalWidth, one.naturalHeight]") == [1000, 1000]
    button = page.locator("#confusions button.link").first
    assert int(button.inner_text()) == wrong.max()
    button.click()
    pictures = page.locator(":popover-open img")
    assert pictures.count() == min(24, int(button.inner_text()))
    assert pictures.first.is_visible()
    page.screenshot(path=tmp_path / f"{width}.png")
    page.keyboard.press("Escape")
    page.locator("#classes summary").click()
    assert page.locator("#classes tbody tr").count() == 1000


@pytest.mark.slow
@pytest.mark.native
def test_the_report_of_mnist_is_small_enough_to_mail(user_data_folder, open_page, tmp_path):
    run = tmp_path / "run"
    model = train("mnist", recipe="fast", data_dir=user_data_folder, out=run)
    path = write_report(run, data_dir=user_data_folder, out=run / "report.html")
    assert 200_000 < path.stat().st_size < 5_000_000
    page = open_page(path)
    accuracy = model.facts["test"]["accuracy"]
    assert accuracy > 0.98
    assert page.locator(".big").inner_text() == f"{100 * accuracy:.2f} %"
    checks = page.locator(".trust").inner_text()
    assert "None of the 10,000 images is among the 60,000 training images." in checks
    assert "10,000 images measure the accuracy to within 0." in checks
