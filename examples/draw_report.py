"""Draws docs/pictures/report.png: the top of a real report of the tutorial's network on MNIST, in a real browser.

    python examples/draw_report.py

It needs a Chromium (`chromium` on the PATH) and Playwright, which `make set-up` installs.
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

import convlens

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "report.png"
WIDTH, HEIGHT, SCALE = 1160, 1120, 2
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def photograph(report: Path) -> bytes:
    """The top of a report as PNG, with 64 colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        page.goto(report.as_uri())
        taken = page.screenshot()
        browser.close()
    file = io.BytesIO()
    with Image.open(io.BytesIO(taken)) as image:
        image.convert("RGB").quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Train, report, photograph."""
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "mnist"
        convlens.train("mnist", recipe="fast", out=run)
        PICTURE.write_bytes(photograph(convlens.write_report(run, out=run / "report.html")))


if __name__ == "__main__":
    main()
