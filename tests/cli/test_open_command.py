"""`convlens open`, as far as it goes without a server: what it refuses, and what it begins with."""

import webbrowser
from pathlib import Path
from types import SimpleNamespace

import pytest

from convlens.cli import open_command
from convlens.server import requirements, serving


@pytest.fixture
def served(monkeypatch):
    """Serves nothing; the settings that `open` came to are kept, and the page is ready at once."""
    kept = []

    def serve(settings, on_ready, should_stop, on_line, must_stop):
        assert not should_stop()
        assert not must_stop()
        kept.append(settings)
        on_ready("http://127.0.0.1:8700/")

    monkeypatch.setattr(serving, "serve", serve)
    return kept


def test_help_begins_with_examples(convlens):
    out = convlens("open", "--help").out
    assert "convlens open digits.safetensors" in out
    assert "--no-browser" in out


def test_the_address_is_on_stdout_alone(convlens, served):
    ran = convlens("open", "--no-browser")
    assert (ran.code, ran.out, ran.err) == (0, "http://127.0.0.1:8700/\n", "Press Ctrl-C to stop the server.\n")
    assert convlens("open", "--no-browser", "--json").lines == [{"url": "http://127.0.0.1:8700/"}]


def test_without_a_model_the_latest_run_is_opened_if_there_is_one(convlens, served, tiny):
    assert convlens("open", "--no-browser").code == 0
    convlens("train", "tiny", "--network", "dense", "--epochs", "1")
    assert convlens("open", "--no-browser").code == 0
    assert served[0].model is None
    assert served[1].model.samefile("runs/latest")


def test_what_is_no_model_is_refused_before_anything_is_served(convlens, served):
    Path("bad.safetensors").write_bytes(b"nothing")
    for model, message in (
        ("gone", "no such file or folder"),
        ("bad.safetensors", "is cut short"),
        ("latest", "no latest"),
    ):
        ran = convlens("open", model, "--no-browser")
        assert ran.code == 4
        assert message in ran.err
    assert served == []


def test_options_reach_the_server(convlens, served):
    convlens("open", "--no-browser", "--host", "0.0.0.0", "--port", "9000", "--runs", "elsewhere", "--data-dir", "data")
    (settings,) = served
    assert (settings.host, settings.port, settings.runs, settings.data_dir) == (
        "0.0.0.0",
        9000,
        Path("elsewhere"),
        Path("data"),
    )


def test_a_missing_framework_says_what_to_type(convlens, served, monkeypatch):
    monkeypatch.setattr(requirements, "find_spec", lambda name: None if name == "fastapi" else object())
    ran = convlens("open")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: the page's server needs fastapi, which is not installed. pip install 'convlens[server]'\n"
    )
    monkeypatch.setattr(requirements, "find_spec", lambda _: None)
    assert "needs fastapi and uvicorn, which are not installed." in convlens("open").err


@pytest.mark.parametrize("browser", [webbrowser.GenericBrowser("lynx"), None])
def test_a_browser_that_would_take_over_the_terminal_is_not_opened(browser, monkeypatch, capsys):
    def get():
        if browser is None:
            raise webbrowser.Error
        return browser

    monkeypatch.setattr(webbrowser, "get", get)
    open_command._open_browser("http://127.0.0.1:8700/")
    assert capsys.readouterr().err == "No browser could be opened here; open the address yourself.\n"


def test_a_browser_is_given_the_address(monkeypatch, capsys):
    opened = []

    window = SimpleNamespace(open=lambda url: opened.append(url) or True)
    monkeypatch.setattr(webbrowser, "get", lambda: window)
    open_command._open_browser("http://127.0.0.1:8700/")
    assert opened == ["http://127.0.0.1:8700/"]
    assert capsys.readouterr().err == ""
