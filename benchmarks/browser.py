"""A Chromium for tests and measurements of the page: where it is, and how it is started."""

import shutil

SHELL = "chromium-headless-shell"
"""Chromium without a browser around its pages: of the same source, and it opens a page in half of the time."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
"""It finds no name but localhost, so it can reach no other machine."""


def find_browser(names: tuple[str, ...] = NAMES) -> str | None:
    """The path of the first of these programs; None where none is installed."""
    return next((path for name in names if (path := shutil.which(name))), None)
