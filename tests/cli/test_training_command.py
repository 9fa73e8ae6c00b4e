"""`convlens train`: what it prints, what it writes, how it stops and goes on."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.trained_model import load_model
from convlens.training import train

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"
QUICK = ("train", "tiny", "--network", NETWORK, "--epochs", "2", "--threads", "1", "--batch-size", "50")


def same_weights(first: Path, second: Path) -> bool:
    ours, theirs = load_model(first).weights, load_model(second).weights
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.native
def test_a_run_leaves_the_whole_folder(convlens, tiny):
    ran = convlens(*QUICK)
    assert ran.code == 0
    (folder,) = [path for path in Path("runs").iterdir() if path.name != "latest"]
    assert folder.name.endswith("_tiny")
    assert Path("runs/latest").resolve() == folder.resolve()
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors",
        "config.toml",
        "command.txt",
        "environment.json",
        "losses.csv",
        "metrics.csv",
        "training.png",
        "samples.png",
        "kernels.png",
        "log.txt",
    }
    for name in ("training.png", "samples.png", "kernels.png"):
        with Image.open(folder / name) as picture:
            assert picture.width >= 600
    assert ran.out.startswith("Accuracy: ")
    assert f"Run folder: {folder}" in ran.out
    metrics = (folder / "metrics.csv").read_text().splitlines()
    names = "epoch,steps,loss,accuracy,validation_accuracy,learning_rate,seconds,images_per_second,validation_loss"
    assert metrics[0] == names
    assert [line.split(",")[:2] for line in metrics[1:]] == [["0", "30"], ["1", "30"]]
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["engine"].startswith("native ")
    assert environment["cores"] >= 1


def test_the_plain_log_is_the_tutorials(convlens, tiny):
    ran = convlens(*QUICK, "--recipe", "tutorial", "--out", "runs/a")
    lines = ran.err.splitlines()
    assert lines[5] == "Epoch -> 0"
    name, _, loss = lines[6].partition(", Loss: ")
    assert name == "  Batch: 0"
    assert 1.5 < float(loss) < 3.5
    assert [line for line in lines if line.startswith("Epoch -> ")] == ["Epoch -> 0", "Epoch -> 1"]
    assert Path("runs/a/log.txt").read_text().splitlines()[:-1] == lines  # the result on stdout says the rest


def test_off_a_terminal_an_epoch_is_a_line_and_short_ones_share_it(convlens, tiny):
    ran = convlens(*QUICK[:4], "--epochs", "50", "--threads", "1", "--out", "runs/a")
    shown = [line for line in ran.err.splitlines() if line.startswith("Epoch ")]
    assert shown[0].startswith("Epoch 0: accuracy ")
    assert shown[-1].startswith("Epoch 49: accuracy ")
    seconds = load_model("runs/a").facts["seconds"]
    assert len(shown) <= 4 + 2 * seconds  # the head, the first, the last, one a second, and some for a busy machine
    logged = Path("runs/a/log.txt").read_text().splitlines()
    assert [line.partition(":")[0] for line in logged if line.startswith("Epoch ")] == [f"Epoch {n}" for n in range(50)]


def test_patience_and_minutes_are_settings_of_the_run(convlens, tiny):
    held_out = ("--validation", "0.1", "--patience", "2", "--minutes", "0.5")
    ran = convlens(
        *QUICK[:4], "--epochs", "400", "--learning-rate", "0.05", "--threads", "1", "--out", "runs/a", *held_out
    )
    assert ran.code == 0
    assert "400 epochs, patience 2, at most 30 s, adam" in ran.err
    facts = load_model("runs/a").facts
    assert (facts["finished"], facts["ended_by"]) == (True, "early stopping")
    assert f"End: stopped early after {facts['epochs']} of 400 epochs; the model has the weights of epoch " in ran.err
    config = tomllib.loads(Path("runs/a/config.toml").read_text())
    assert (config["settings"]["early_stopping"], config["settings"]["max_seconds"]) == (2, 30.0)
    assert convlens("train", "--config", "runs/a/config.toml", "--out", "runs/b").code == 0
    assert same_weights(Path("runs/a"), Path("runs/b"))


def test_the_time_ends_a_run_that_is_finished(convlens, tiny):
    ran = convlens(*QUICK[:4], "--epochs", "90000", "--threads", "1", "--out", "runs/a", "--minutes", "0.015")
    assert ran.code == 0
    assert "End: stopped at the time limit after " in ran.err
    assert ran.out.startswith("Accuracy: ")
    assert "was stopped" not in ran.out
    assert load_model("runs/a").facts["ended_by"] == "time limit"


def test_the_facts_of_the_training_are_in_the_model(convlens, tiny):
    convlens(*QUICK, "--seed", "11", "--out", "runs/a")
    model = load_model("runs/a")
    facts = model.facts
    assert (facts["data"], facts["seed"], facts["epochs"], facts["steps"], facts["finished"]) == (
        "tiny",
        11,
        2,
        60,
        True,
    )
    assert facts["settings"]["threads"] == 1
    assert facts["test"]["total"] == 297
    assert facts["test"]["accuracy"] == facts["test"]["correct"] / 297


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(convlens, tiny):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert convlens(*QUICK, "--seed", seed, "--out", f"runs/{name}").code == 0
    assert same_weights(Path("runs/a"), Path("runs/b"))
    assert not same_weights(Path("runs/a"), Path("runs/c"))


def test_a_config_repeats_its_run(convlens, tiny):
    convlens(*QUICK, "--seed", "9", "--learning-rate", "0.02", "--out", "runs/a")
    config = tomllib.loads(Path("runs/a/config.toml").read_text())
    assert config["data"] == "tiny"
    assert config["settings"]["learning_rate"] == 0.02
    assert convlens("train", "--config", "runs/a/config.toml", "--out", "runs/b").code == 0
    assert same_weights(Path("runs/a"), Path("runs/b"))
    assert convlens("train", "--config", "runs/a/config.toml", "--seed", "8", "--out", "runs/c").code == 0
    assert not same_weights(Path("runs/a"), Path("runs/c"))


def test_json_is_a_line_an_epoch_and_nothing_else(convlens, tiny):
    ran = convlens(*QUICK, "--validation", "0.2", "--out", "runs/a", "--json")
    first, second, done = ran.lines
    assert (first["event"], first["epoch"], second["epoch"], done["event"]) == ("epoch", 0, 1, "done")
    assert 0 <= second["validation_accuracy"] <= 1
    assert done["finished"] is True
    assert done["facts"]["training_images"] == 1200
    assert ran.err == ""


def test_a_folder_that_holds_something_is_never_overwritten(convlens, tiny):
    Path("runs/a").mkdir(parents=True)
    Path("runs/a/notes.txt").write_text("mine")
    ran = convlens(*QUICK, "--out", "runs/a")
    assert ran.code == 2
    assert ran.err == "error: runs/a is not empty, and runs are never overwritten. Give another folder with --out.\n"
    assert [path.name for path in Path("runs/a").iterdir()] == ["notes.txt"]


def test_show_opens_the_pictures(convlens, tiny, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert convlens(*QUICK, "--out", "runs/a", "--show").code == 0
    assert opened == [Path(f"runs/a/{name}.png").resolve().as_uri() for name in ("training", "samples", "kernels")]


def test_going_on_where_another_process_trains_is_refused(convlens, tiny):
    train("tiny", network=NETWORK, epochs=4000, threads=1, out="runs/a", should_stop=lambda: True)
    process = start("train", "--resume", "runs/a", tiny_entry=tiny)
    try:
        wait_for(Path("runs/a/log.txt"), "Resuming after step")
        ran = convlens("train", "--resume", "runs/a")
    finally:
        process.kill()
        process.communicate()
    assert ran.code == 2
    assert ran.err == "error: another process is training in runs/a. Wait for it to end.\n"


def test_two_runs_in_one_minute_get_two_folders(convlens, tiny):
    assert convlens(*QUICK).code == 0
    assert convlens(*QUICK).code == 0
    folders = sorted(path.name for path in Path("runs").iterdir() if path.name != "latest")
    assert len(folders) == 2
    assert Path("runs/latest").resolve().name in folders


def without_reader(entry) -> dict[str, Any]:
    """An entry's facts, which can be written as Python; its reader is the default one."""
    return {name: fact for name, fact in vars(entry).items() if name != "read"}


def start(*arguments: str, tiny_entry) -> subprocess.Popen:
    """A real process, since signals go to processes; it puts `tiny` into its catalogue first."""
    program = (
        "import sys, convlens.data.catalogue as catalogue\n"
        "from convlens.data.catalogue import CatalogueEntry, RawFile\n"
        f"catalogue.CATALOGUE['tiny'] = CatalogueEntry(**{without_reader(tiny_entry)!r})\n"
        "from convlens.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(path: Path, text: str) -> None:
    """Until the log says something."""
    for _ in range(600):
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never said {text!r}")


# A second of training: an epoch takes a few milliseconds, and a busy machine may deliver a signal late.
LONG = ("train", "tiny", "--network", "conv 8 3x3 pad 1, batchnorm, relu, dropout 0.3, dense", "--epochs", "400")
LONG = (*LONG, "--threads", "1", "--batch-size", "25")


@pytest.fixture(scope="module")
def kept_whole_run(tmp_path_factory) -> Path:
    """Return the folder in which `whole_run` keeps its run."""
    return tmp_path_factory.mktemp("kept") / "whole"


@pytest.fixture
def whole_run(convlens, tiny, kept_whole_run) -> Path:
    """Return the folder of a run that no signal stopped. It is trained once."""
    if not kept_whole_run.exists():
        assert convlens(*LONG, "--out", str(kept_whole_run)).code == 0
    return kept_whole_run


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_saves_and_resume_gives_the_same_bits(convlens, tiny, whole_run, name):
    process = start(*LONG, "--out", "runs/stopped", tiny_entry=tiny)
    wait_for(Path("runs/stopped/log.txt"), "Epoch 1: ")
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "everything is saved. Continue with:\n  convlens train --resume runs/stopped\n" in out
    assert load_model("runs/stopped").facts["finished"] is False
    steps = load_model("runs/stopped").facts["steps"]
    assert 120 < steps < 24_000
    ran = convlens("train", "--resume", "runs/stopped")
    assert ran.code == 0
    assert f"Resuming after step {steps}" in ran.err
    assert same_weights(whole_run, Path("runs/stopped"))
    assert not Path("runs/stopped/last.checkpoint").exists()
    whole, resumed = ((run / "metrics.csv").read_text().splitlines() for run in (whole_run, Path("runs/stopped")))
    assert [line.split(",")[:6] for line in whole] == [line.split(",")[:6] for line in resumed]


def test_a_finished_run_has_nothing_to_go_on_with(convlens, trained_run):
    ran = convlens("train", "--resume", str(trained_run))
    assert ran.code == 2
    assert ran.err == (
        "error: runs/first is finished, so there is nothing to resume. Give the folder of a stopped run.\n"
    )
    ran = convlens("train", "--resume", "nowhere")
    assert "nowhere contains no last.checkpoint" in ran.err


def test_resume_and_config_take_no_settings_that_they_would_ignore(convlens, trained_run):
    ran = convlens("train", "--resume", "runs/first", "--epochs", "5", "--recipe", "fast")
    assert ran.code == 2
    assert "--resume brings its own settings, so --epochs, --recipe cannot be given with it" in ran.err
    ran = convlens("train", "--config", "runs/first/config.toml", "--recipe", "fast")
    assert "--config brings its own settings, so --recipe cannot be given with it" in ran.err


def test_a_loss_that_explodes_says_what_to_try(convlens, tiny):
    ran = convlens(*QUICK, "--learning-rate", "1e30", "--out", "runs/a")
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("error: the loss became ")
    assert "Try a smaller learning rate: --learning-rate 0.01" in ran.err
    assert not Path("runs/a/model.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "mnits"], 2, "mnist"),
        (["train", "tiny", "--recipe", "quick"], 2, "--recipe 'quick' is not known; give fast, tutorial or best."),
        (["train", "tiny", "--network", "conv 8 3x3, rleu, dense"], 2, "Did you mean 'relu'?"),
        (["train", "tiny", "--network", "conv 8 9x9, dense"], 2, "9"),
        (["train", "tiny", "--network", "conv 4 3x3, maxpool 2, maxpool 2, maxpool 2, dense"], 2, "maxpool"),
        (["train", "tiny", "--network", "dense 7"], 2, "7"),
        (["train", "tiny", "--engine", "jax"], 2, "--engine 'jax' is not known; give auto, native or torch."),
        (["train", "tiny", "--device", "tpu"], 2, "device 'tpu' is not known"),
        (["train", "tiny", "--threads", "0"], 2, "--threads is 0; give 1 to 256."),
        (["train", "tiny", "--epochs", "0"], 2, "--epochs is 0; give a whole number from 1 to 100,000."),
        (
            ["train", "tiny", "--epochs", "many"],
            2,
            'Invalid value for --epochs: "many" is not a whole number. Give one such as 3.',
        ),
        (["train", "tiny", "--epochs", "1.5"], 2, '"1.5" is not a whole number.'),
        (
            ["train", "tiny", "--patience", "3"],
            2,
            "error: early stopping needs held-out images, and none are",
        ),
        (
            ["train", "tiny", "--patience", "-1"],
            2,
            "--patience is -1; give a whole number from 0 to 100,000.",
        ),
        (
            ["train", "tiny", "--minutes", "0"],
            2,
            "--minutes is 0.0; give a number above 0, such as 0.5 for half a minute.",
        ),
        (["train", "tiny", "--minutes", "nan"], 2, "--minutes is nan; give a number above 0"),
        (["train", "."], 3, "error: . has no images: it is empty"),
        (
            ["train", "no-images/", "--out", "x/y/run"],
            1,
            "error: cannot write x/y: there is no folder x. Make it first",
        ),
        (["train", "tiny", "--epoch", "3"], 2, "--epoch"),
        (["train", "--config", "nothing.toml"], 3, "nothing.toml cannot be read"),
    ],
)
def test_bad_input_is_one_clear_line_and_leaves_nothing(convlens, tiny, arguments, code, message):
    ran = convlens(*arguments)
    assert ran.code == code
    assert message in ran.err
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert ran.out == ""
    assert not Path("runs").exists()


def test_a_reader_who_goes_away_does_not_stop_the_training(tiny):
    process = start(*QUICK[:4], "--epochs", "60", "--threads", "1", "--out", "runs/a", tiny_entry=tiny)
    assert process.stderr is not None
    process.stderr.close()
    process.communicate()
    assert load_model("runs/a").facts["finished"] is True


def test_while_a_run_has_no_model_yet_the_message_says_so(convlens, tiny):
    convlens(*QUICK, "--out", "runs/a")
    Path("runs/a/model.safetensors").unlink()
    ran = convlens("evaluate", "runs/a")
    assert ran.code == 4
    assert "this folder contains no model.safetensors" in ran.err
    ran = convlens("train", "--resume", "runs/a")
    assert ran.code == 2
    assert "To start it again: convlens train --config runs/a/config.toml" in ran.err
    Path("runs/a/last.checkpoint").touch()
    ran = convlens("evaluate", "runs/a")
    assert ran.code == 4
    assert "it is still training, or it ended before it could save" in ran.err
    assert "convlens train --resume runs/a" in ran.err


def test_debug_shows_the_traceback(convlens, tiny):
    ran = convlens("train", "tiny", "--epochs", "0", "--debug")
    assert ran.code == 2
    assert "Traceback" in ran.err
    assert "settings.py" in ran.err


def test_no_permission_is_found_before_training(convlens, tiny, monkeypatch):
    real = Path.mkdir

    def refuse(self: Path, *arguments: Any, **more: Any) -> None:
        if "locked" in self.parts:
            raise PermissionError(13, "Permission denied")
        real(self, *arguments, **more)

    monkeypatch.setattr(Path, "mkdir", refuse)
    ran = convlens(*QUICK, "--out", "locked/run")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "error: cannot write locked: no permission to write there. Choose another folder.\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_found_before_training(convlens, tiny):
    locked = Path("locked")
    locked.mkdir(mode=0o500)
    ran = convlens(*QUICK, "--out", "locked/run")
    assert ran.code == 1
    assert "no permission to write there. Choose another folder." in ran.err


def test_a_file_where_a_folder_belongs_is_found_before_training(convlens, tiny):
    Path("notes").write_text("mine")
    for out in ("notes", "notes/run"):
        ran = convlens(*QUICK, "--out", out)
        assert ran.code == 1
        assert "a part of that path is a file, not a folder. Choose another folder." in ran.err
        assert "Epoch" not in ran.err
    assert Path("notes").read_text() == "mine"


def test_a_full_disk_while_saving_leaves_nothing_half_written(tiny):
    # A limit on the size of files makes every larger write fail as on a full disk, in the middle of the file.
    program = (
        "import resource, signal, sys, convlens.data.catalogue as catalogue\n"
        "from convlens.data.catalogue import CatalogueEntry, RawFile\n"
        f"catalogue.CATALOGUE['tiny'] = CatalogueEntry(**{without_reader(tiny)!r})\n"
        "import torch, matplotlib.figure\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "from convlens.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    arguments = ["train", "tiny", "--network", NETWORK, "--epochs", "1", "--threads", "1", "--out", "runs/full"]
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "cannot write runs/full/last.checkpoint: the disk is full" in ran.stderr
    assert "Free some space or choose another folder." in ran.stderr
    assert not list(Path("runs/full").glob("*.part"))
    assert not list(Path("runs/full").glob(".*.part"))
    assert list(Path("runs/full").iterdir()) == []
