"""Finds Chromium for tests and measurements of the page, and holds the options to start it with."""

import shutil

SHELL = "chromium-headless-shell"
"""Chromium without a browser around its pages: of the same source, and it opens a page in half of the time."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
"""Chromium resolves no host name but localhost, so it can reach no other machine."""


def find_browser(names: tuple[str, ...] = NAMES) -> str | None:
    """Return the path of the first of these programs that is installed; None if none is."""
    return next((path for name in names if (path := shutil.which(name))), None)
