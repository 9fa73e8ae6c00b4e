"""Draws docs/pictures/page.png: a digit drawn into the page, the maps that it makes, and the sum behind one number.

    python examples/draw_page.py

It needs a Chromium (`chromium` on the PATH) and Playwright, which `make set-up` installs.
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import convlens
from convlens.evaluation import find_test_images
from convlens.export import choose_samples, export_html

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "page.png"
WIDTH, HEIGHT, SCALE = 1500, 1180, 1.5
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SEVEN = [(0.25, 0.24), (0.75, 0.24), (0.46, 0.8)]


def draw_seven(page: Page) -> None:
    """Two strokes of the mouse on the paper."""
    box = page.locator(".pad-paper").bounding_box()
    assert box is not None
    places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=20)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.wait_for_timeout(600)


def photograph(file: Path) -> bytes:
    """The page as PNG, with 128 colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(1500)
        draw_seven(page)
        page.evaluate("scrollTo(0, 0)")
        taken = page.screenshot()
        browser.close()
    file_in_memory = io.BytesIO()
    with Image.open(io.BytesIO(taken)) as image:
        image.convert("RGB").quantize(128).save(file_in_memory, "PNG", optimize=True)
    return file_in_memory.getvalue()


def main() -> None:
    """Train, export, draw, photograph."""
    with tempfile.TemporaryDirectory() as name:
        model = convlens.train("mnist", recipe="fast")
        images = find_test_images(model)
        samples = None if images is None else choose_samples(model, images)
        PICTURE.write_bytes(photograph(export_html(model, Path(name) / "mnist.html", samples, "mnist")))


if __name__ == "__main__":
    main()
