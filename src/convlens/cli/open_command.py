"""`convlens open`."""

import shlex
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from convlens.cli.exit_codes import EXIT_INTERRUPTED
from convlens.cli.options import DataDir, Json, Whole
from convlens.cli.terminal import print_json, print_line, say_if_stopped
from convlens.cli.training_command import STOP_SIGNALS
from convlens.errors import ModelFileError

if TYPE_CHECKING:
    from convlens.server.jobs import Job


def open_command(
    model: str | None = None,
    /,
    *,
    port: Whole | None = None,
    host: str = "127.0.0.1",
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    data_dir: DataDir = None,
    runs: Path = Path("runs"),
    json: Json = False,
) -> int:
    """Open Convlens in the browser: draw a picture, look inside a model, or train one and watch.

    ```
    convlens open                          the latest run
    convlens open digits.safetensors       a model file
    convlens open --host 0.0.0.0           let other machines open the printed address
    ```

    Ctrl-C stops the server. If a training is running, it finishes its step and saves, and the command that continues it
    is printed. Closing the page stops neither the server nor a training.

    Args:
        model: A model file, a run folder, latest, or hf://user/name. [default: the latest run, if there is one]
        port: The port; 0 takes any free port. [default: the first free port from 8700]
        host: The address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for other machines, too, which then
            need the printed address with its token.
        browser: Open the page in the browser.
        runs: The folder with the runs to show, in which new runs are saved.
    """
    from convlens.server.requirements import require_server

    require_server()
    from convlens.server.serving import ServerSettings, serve
    from convlens.training.interrupts import stopping_on

    settings = ServerSettings(_choose(model, runs), host, port, runs, data_dir)
    with stopping_on(*STOP_SIGNALS, most=2) as asked:
        interrupted = serve(settings, _announcing(json, browser), asked, _say, lambda: asked.count > 1)
    return _end(interrupted, runs)


def _choose(model: str | None, runs: Path) -> Path | None:
    """Return the file or folder of the first model. It is loaded, so that errors appear before the server starts."""
    from convlens.trained_model import load_model
    from convlens.trained_model.location import LATEST, latest_run

    try:
        chosen = latest_run(runs) if model in (None, LATEST) else Path(str(model))
    except ModelFileError:
        if model is None:
            return None
        raise
    say_if_stopped(load_model(chosen).facts)
    return chosen


def _announcing(as_json: bool, browser: bool) -> Callable[[str], None]:
    """Return a function that prints the address of the page and opens the browser."""

    def announce(url: str) -> None:
        if as_json:
            print_json({"url": url})
        else:
            print_line(url)
        _say("Press Ctrl-C to stop the server.")
        if browser:
            threading.Thread(target=_open_browser, args=[url], daemon=True).start()

    return announce


def _open_browser(url: str) -> None:
    """Open a browser window, but never a text browser, which would take over this terminal."""
    try:
        found = webbrowser.get()
        takes_terminal = isinstance(found, webbrowser.GenericBrowser) and not isinstance(
            found, webbrowser.BackgroundBrowser
        )
        if takes_terminal or not found.open(url):
            raise webbrowser.Error
    except (webbrowser.Error, OSError):
        _say("No browser could be opened here; open the address yourself.")


def _say(line: str) -> None:
    print_line(line, to_stderr=True)


def _end(interrupted: "Job | None", runs: Path) -> int:
    """Print how to continue an interrupted training, and return the exit code."""
    if interrupted is None:
        return 0
    if interrupted.run is not None:
        _say("The training was interrupted; everything is saved. Continue with:")
        _say(f"  {shlex.join(['convlens', 'train', '--resume', str(runs / interrupted.run)])}")
    return EXIT_INTERRUPTED
