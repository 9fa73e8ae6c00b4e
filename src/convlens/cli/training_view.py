"""Shows a training: with a live bar on a terminal, as plain lines elsewhere, or as JSON."""

import shlex
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from convlens.cli.exit_codes import EXIT_INTERRUPTED
from convlens.cli.terminal import accuracy_line, error_console, print_json, print_line, result_console
from convlens.data import CATALOGUE
from convlens.training import EpochDone, Event, TrainingStarted
from convlens.training.progress import Display, PlainLines
from convlens.training.run_folder import CHECKPOINT_NAME
from convlens.training.terminal_display import TerminalDisplay
from convlens.words import printable

if TYPE_CHECKING:
    from convlens.trained_model import TrainedModel

_FILES = {
    "model.safetensors": "the trained model",
    "training.png": "loss and accuracy",
    "samples.png": "three test images and their predictions",
    "kernels.png": "the first layer's kernels",
    "report.html": "how good the model is and where it fails",
    "metrics.csv": "loss and accuracy of each epoch",
    "config.toml": "settings, to repeat the run",
    CHECKPOINT_NAME: "state, to continue the run",
}


class TrainingView:
    """Shows the events of one training."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._is_read = True
        self._console = error_console()
        self._started: TrainingStarted | None = None
        self._display: Display | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the live bar, if there is one, within this context."""
        if not self._as_json:
            self._display = TerminalDisplay(self._console, full=True) if self._console.is_terminal else PlainLines(True)
        try:
            yield
        finally:
            if self._display:
                self._unless_unread(self._display.close)

    def on_event(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, TrainingStarted):
            self._started = event
        if self._display:
            self._unless_unread(lambda: self._display and self._display.on_event(event))
        elif isinstance(event, EpochDone):
            self._unless_unread(lambda: print_json({"event": "epoch", **event.as_dict()}))

    def _unless_unread(self, show: Callable[[], object]) -> None:
        """Call `show` until the output's reader is gone (`| head`); the training then continues without output."""
        if self._is_read:
            try:
                show()
            except BrokenPipeError:
                self._is_read = False

    def show_checkup(self, data: str, lines: Sequence[str]) -> None:
        """Print the problems of custom images in a few lines, before the training begins."""
        if not lines or self._as_json:
            return
        for line in lines:
            self._console.print(
                f"[dim]Check   [/] {escape(line)}", highlight=False, soft_wrap=not self._console.is_terminal
            )
        command = shlex.join(["convlens", "data", "check", data])
        self._console.print(f"[dim]Check   [/] details: {escape(command)}", highlight=False, soft_wrap=True)

    @property
    def folder(self) -> Path | None:
        """The run folder, once the training has begun."""
        return self._started.folder if self._started else None

    def report(self, model: "TrainedModel", show: bool) -> int:
        """Print the result on stdout; returns the exit code."""
        folder = self.folder
        finished = bool(model.facts["finished"])
        if self._as_json:
            result = {"event": "done", "finished": finished, "run": str(folder), "facts": model.facts}
            print_json(result if finished else {**result, "go_on_with": _command_to_go_on(folder)})
        else:
            self._print_result(model, folder)
        if show and folder:
            for name in ("report.html", "training.png", "samples.png", "kernels.png"):
                if (folder / name).exists():
                    webbrowser.open((folder / name).resolve().as_uri())
        return 0 if finished else EXIT_INTERRUPTED

    def _print_result(self, model: "TrainedModel", folder: Path | None) -> None:
        from convlens.trained_model import describe_stop

        console = result_console()
        facts: dict[str, Any] = model.facts
        if test := facts.get("test"):
            accuracy = accuracy_line(test["correct"], test["total"], "test images")
            console.print(f"{accuracy}, trained in {facts['seconds']:.1f} s")
        for sample in facts.get("samples", ()):
            number, said, true = sample["image"], printable(sample["predicted"]), printable(sample["true"])
            name = f"{facts['data']}:{number}" if facts["data"] in CATALOGUE else f"test image {number}"
            colour = "dim" if said == true else "yellow"
            line = f"  {name:<18} predicted {escape(said)}  [{colour}]labelled {escape(true)}[/]"
            console.print(line, soft_wrap=True)
        if stop := describe_stop(facts):
            console.print(f"{stop.capitalize()}; everything is saved. Continue with:")
            print_line(f"  {_command_to_go_on(folder)}")  # not wrapped, so that it can be copied
        if folder:
            console.print(f"Run folder: {folder}", markup=False, soft_wrap=True)
            for name, meaning in _FILES.items():
                if (folder / name).exists():
                    console.print(f"  {name:<18} [dim]{meaning}[/]")


def _command_to_go_on(folder: Path | None) -> str:
    return shlex.join(["convlens", "train", "--resume", str(folder)])
