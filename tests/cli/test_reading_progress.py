"""Bars for bytes and for images: one after the other, never both, and plain lines without a terminal."""

import io

import pytest
from rich.console import Console

from convlens.cli.reading_progress import showing_progress
from convlens.data import FetchProgress, ImportProgress


def test_without_a_terminal_each_beginning_is_a_line(capsys):
    with showing_progress() as tell:
        for done in (0, 500, 1000):
            tell(ImportProgress(done, 1000, "decoding"))
        tell(ImportProgress(0, 0, "waiting for another process"))
    assert capsys.readouterr() == ("", "decoding: 1,000 images\nwaiting for another process\n")


def test_what_came_from_a_cache_at_once_is_no_line(capsys):
    with showing_progress() as tell:
        tell(ImportProgress(1000, 1000, "decoding"))
    assert capsys.readouterr() == ("", "")


def test_nothing_to_tell_shows_nothing(capsys):
    with showing_progress():
        pass
    assert capsys.readouterr() == ("", "")


def test_files_that_are_fetched_are_lines_of_their_own(capsys):
    with showing_progress() as tell:
        tell(FetchProgress("mirror", "images.gz", 5, 10))
        tell(FetchProgress("mirror", "images.gz", 10, 10))
    assert capsys.readouterr().err == "Fetching images.gz from mirror\n"


@pytest.mark.parametrize("width", [40, 140])
def test_a_terminal_shows_how_many_of_how_many(monkeypatch, width):
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, highlight=False, legacy_windows=False)
    monkeypatch.setattr("convlens.cli.reading_progress.error_console", lambda: console)
    with showing_progress() as tell:
        tell(ImportProgress(0, 200, "decoding"))
        tell(ImportProgress(120, 200, "decoding"))
    assert "decoding" in screen.getvalue()
    assert "120/200" in screen.getvalue()
