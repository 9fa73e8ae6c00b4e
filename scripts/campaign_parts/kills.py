"""Kills trainings at every file event and at random times: no file is half-written, and resumed runs end the same.

Each training is a process forked from this one, so that a thousand of them take only minutes. A hook in the child,
which only this campaign installs, counts file events (opening, syncing, renaming, removing, making folders) and kills
the child before one of them; a sync may leave part of the file, as a power failure does. Other children are killed
from outside after a random time. The run is then resumed as its own messages say, perhaps killed again, and compared
with a run that was never killed.
"""

import os
import random
import shutil
import signal
import stat
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from campaign_parts.trial import Outcome, Trial
from convlens.data import LabelledImages
from convlens.trained_model import TrainedModel
from convlens.training import resume_training, session, train
from convlens.training.checkpoint import load_checkpoint

TITLE = "Trainings that are killed"
COUNT = 1000
NETWORK = "conv 2 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.3, dense"
KINDS: tuple[dict[str, Any], ...] = (
    {"network": NETWORK, "epochs": 3},
    {"network": "dense", "epochs": 4, "early_stopping": 1, "augmentation": "shift 0.1"},
)
EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink"})
LONGEST_LIFE = 60.0
MOST_KILLS_IN_A_ROW = 4


@dataclass(frozen=True)
class Plan:
    """When to kill a process: before a file event, or after some seconds; a sync leaves `part` of the file."""

    event: int | None = None
    seconds: float | None = None
    part: float = 1.0


@dataclass(frozen=True)
class Whole:
    """The results of a training that is never killed."""

    weights: dict[str, bytes]
    events: int
    seconds: float


def run(trial: Trial) -> Outcome:
    """Kill trainings `count` times, and report each unreadable file, each different bit, and each run that is stuck."""
    began, broken, tally = time.perf_counter(), list[str](), Counter[str]()
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name, _inside(Path(name)):
        _warm_up()
        wholes = [_never_killed(kind) for kind in range(len(KINDS))]
        story = 0
        while tally["kills"] < trial.count and not (len(broken) > 20):
            chance = random.Random(f"{trial.seed} {story}")
            kind = story % len(KINDS)
            for problem in _one_story(kind, wholes[kind], chance, tally):
                broken.append(f"seed {trial.seed}, story {story}: {problem}")
            story += 1
    numbers: dict[str, float] = {
        "kills": tally["kills"],
        "before a file event of the run, or in one": tally["at events"],
        "at a random time": tally["at times"],
        "trainings": story,
        "resumed from a checkpoint": tally["resumed"],
        "begun again in the place of a run that saved nothing": tally["anew"],
        "files that cannot be read": tally["unreadable"],
        "weights unlike those of a run that was not killed": tally["other bits"],
        "dead ends": tally["dead ends"],
        "seconds": round(time.perf_counter() - began),
    }
    line = (
        f"{tally['kills']:,} kills of {story:,} trainings ({tally['at events']:,} at a file event, "
        f"{tally['at times']:,} at a time; {tally['resumed']:,} resumed, {tally['anew']:,} begun again): "
        f"{tally['unreadable']} files unreadable, {tally['other bits']} with other bits, "
        f"{tally['dead ends']} dead ends, {numbers['seconds']:.0f} s"
    )
    return Outcome(line, broken, numbers)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _images() -> LabelledImages:
    pixels = np.random.default_rng(6).integers(0, 256, (60, 1, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(60) % 2, ("cat", "dog"), "pets")


def _warm_up() -> None:
    """Import what a training imports; otherwise each child would do so again."""
    pid = _start(0, Path("warm"), None, Plan(), 10.0)
    _wait(pid, Plan())
    shutil.rmtree("warm")
    import convlens.charts
    import convlens.engines.native

    assert convlens.charts is not None
    convlens.charts.draw_training(
        losses=np.ones(8), steps_per_epoch=4, accuracies=[0.5, 0.6], validation_accuracies=None, title="", facts={}
    )


def _never_killed(kind: int) -> Whole:
    folder = Path(f"whole-{kind}")
    began = time.perf_counter()
    status = _wait(_start(kind, folder, None, Plan(), 0.0), Plan())
    assert status == 0, Path("error.txt").read_text()
    seconds = time.perf_counter() - began
    return Whole(_weights_of(folder), int(Path("events.txt").read_text()), seconds)


def _one_story(kind: int, whole: Whole, chance: random.Random, tally: Counter[str]) -> Iterator[str]:
    """Run a training to its end, killing it several times; yield what is wrong."""
    for left in Path().iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    dated = chance.random() < 0.3
    begun, out, rest = False, Path("runs/*") if dated else Path("run"), chance.choice((1, 1, 1, 2, MOST_KILLS_IN_A_ROW))
    while True:
        folder = _folder_of(out)
        going_on = folder is not None and (folder / "last.checkpoint").exists()
        if begun:
            tally["resumed" if going_on else "anew"] += 1
        begun = True
        plan = _plan(whole, chance) if rest else Plan()
        save_every = chance.choice((0.0, 0.0, 10.0))
        status = _wait(_start(kind, out, folder if going_on else None, plan, save_every), plan)
        killed = status == -signal.SIGKILL
        tally["kills"] += killed
        tally["at events" if plan.event is not None else "at times"] += killed
        folder = _folder_of(out)
        for problem in _unreadable(folder):
            tally["unreadable"] += 1
            yield f"{plan}: {problem}"
        if not killed:
            break
        rest -= 1
        if folder is not None and _is_complete(folder):
            break
    if status not in (0, -signal.SIGKILL):
        tally["dead ends"] += 1
        yield f"{plan}: a dead end: {Path('error.txt').read_text()}"
        return
    folder = _folder_of(out)
    assert folder is not None
    if _weights_of(folder) != whole.weights:
        tally["other bits"] += 1
        yield f"{plan}: the weights differ from those of a training that was never killed"
    left = [path.name for path in folder.iterdir() if path.name.startswith(".") or path.name == "last.checkpoint"]
    if not (folder / "training.png").exists() or (left and not killed):
        tally["dead ends"] += 1
        yield f"{plan}: the run ends without its pictures or with {left}"
    if dated and not (Path("runs/latest") / "model.safetensors").is_file():
        tally["dead ends"] += 1
        yield f"{plan}: latest is no run"


def _plan(whole: Whole, chance: random.Random) -> Plan:
    if chance.random() < 0.7:
        events = chance.choice(
            (12, whole.events + 1, whole.events + 1)
        )  # the first events are those that make the folder
        return Plan(event=chance.randrange(events), part=chance.choice((1.0, 1.0, chance.random())))
    return Plan(seconds=chance.uniform(0, 1.1 * whole.seconds))


def _folder_of(out: Path) -> Path | None:
    """Return the run folder; if folders are dated, the newest one from which a run can be resumed."""
    if out.name != "*":
        return out if out.exists() else None
    folders = sorted(path for path in out.parent.glob("2*") if path.is_dir()) if out.parent.exists() else []
    useful = [folder for folder in folders if (folder / "last.checkpoint").exists() or _is_complete(folder)]
    return (useful or folders or [None])[-1]


def _is_complete(folder: Path) -> bool:
    return (folder / "model.safetensors").exists() and not (folder / "last.checkpoint").exists()


def _unreadable(folder: Path | None) -> Iterator[str]:
    """Yield the files with final names that cannot be read."""
    for path in sorted(folder.iterdir()) if folder is not None else ():
        try:
            if path.name == "last.checkpoint":
                load_checkpoint(path)
            elif path.name == "model.safetensors":
                TrainedModel.from_bytes(path.read_bytes())
            elif path.name == "config.toml":
                tomllib.loads(path.read_text(encoding="utf-8"))
            elif path.name == "training.png":
                assert path.read_bytes()[-8:-4] == b"IEND", "cut short"
        except Exception as error:
            yield f"{path.name}: {type(error).__name__}: {error}"


def _weights_of(folder: Path) -> dict[str, bytes]:
    model = TrainedModel.from_bytes((folder / "model.safetensors").read_bytes())
    return {name: array.tobytes() for name, array in model.weights.items()}


def _start(kind: int, out: Path, resumed: Path | None, plan: Plan, save_every: float) -> int:
    """Start a child that trains, or resumes a run; return its process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        events = _Events(plan)
        sys.addaudithook(events.on_audit)
        os.fsync = events.sync
        session.CHECKPOINT_SECONDS = save_every
        if resumed is not None:
            resume_training(resumed, _images(), progress=False)
        else:
            settings: dict[str, Any] = {"batch_size": 8, "seed": 8, "validation": 0.2, "threads": 1, "device": "cpu"}
            train(_images(), **settings, **KINDS[kind], out=out, progress=False)
        events.limit = None
        Path("events.txt").write_text(str(events.count), encoding="utf-8")
        code = 0
    except BaseException as error:
        Path("error.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
    finally:
        os._exit(code)


def _wait(pid: int, plan: Plan) -> int:
    """Return the exit status of a child; kill it when its plan says so, or when it does not end."""
    end = time.monotonic() + (plan.seconds if plan.seconds is not None else LONGEST_LIFE)
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            return status if plan.seconds is not None else 124
        time.sleep(0.002)


class _Events:
    """Counts the file events of a child, and ends it before the planned one."""

    def __init__(self, plan: Plan) -> None:
        self.count = 0
        self.limit, self._part = plan.event, plan.part
        self._place, self._sync = Path.cwd(), os.fsync

    def on_audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Count an event; Python calls this function before each audited operation."""
        if name in EVENTS and self._is_here(arguments):
            self._next()

    def _is_here(self, arguments: tuple[Any, ...]) -> bool:
        path = arguments[0] if arguments else None
        return isinstance(path, str) and Path(path).absolute().is_relative_to(self._place)

    def _next(self) -> None:
        if self.limit is not None and self.count >= self.limit:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def sync(self, descriptor: int) -> None:
        """Replace `os.fsync`."""
        if self.limit is not None and self.count >= self.limit and self._part < 1:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                os.ftruncate(descriptor, int(found.st_size * self._part))
        self._next()
        self._sync(descriptor)
