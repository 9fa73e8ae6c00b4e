"""Draws the pictures of the README: the page with a drawn digit, the top of a report, and the steps of a prediction.

    python examples/draw_pages.py

It writes docs/pictures/page.png, report.png and steps.png, for the tutorial's network on MNIST. It needs Chromium
(`chromium` on the PATH) and Playwright, which `make set-up` installs.
"""

import contextlib
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import convlens
from convlens.cli.main import run as run_command
from convlens.evaluation import find_test_images
from convlens.exports import choose_samples, export_html

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SEVEN = [(0.25, 0.24), (0.75, 0.24), (0.46, 0.8)]
COLOURS = 128


def draw_seven(page: Any) -> None:
    """Draw two strokes with the mouse, once the page is loaded."""
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(1500)
    box = page.locator(".pad-paper").bounding_box()
    places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=20)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.wait_for_timeout(600)


def photograph(browser: Browser, file: Path, size: tuple[int, int], draws: bool, name: str) -> None:
    """Save the upper part of a page as a PNG with few colours; with `draws`, draw a seven first."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=1.5)
    page.goto(file.as_uri())
    if draws:
        draw_seven(page)
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.convert("RGB").quantize(COLOURS).save(PICTURES / name, "PNG", optimize=True)


def main() -> None:
    """Train, write both pages and take screenshots, and predict."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        run = Path(name) / "mnist"
        model = convlens.train("mnist", recipe="fast", out=run)
        images = find_test_images(model)
        samples = None if images is None else choose_samples(model, images)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        photograph(browser, export_html(model, run / "page.html", samples, "mnist"), (1500, 1180), True, "page.png")
        photograph(browser, convlens.write_report(run, out=run / "report.html"), (1160, 1120), False, "report.png")
        browser.close()
        steps = PICTURES / "steps.png"
        with contextlib.chdir(ROOT):  # the path of the file appears in the picture
            run_command(["predict", str(run), "examples/digits/two.png", "--steps", str(steps)])
        with Image.open(steps) as image:
            image.convert("RGB").quantize(COLOURS).save(steps, "PNG", optimize=True)


if __name__ == "__main__":
    main()
