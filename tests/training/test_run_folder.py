"""The run folder: names, the pointer to the latest run, and a config that brings back every setting."""

import json
import os
import platform
import shlex
import sys
import tomllib
from dataclasses import fields, is_dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings
from convlens.errors import DataError, OutputError, UsageError
from convlens.trained_model.location import latest_run
from convlens.training import run_folder, train
from convlens.training.events import EpochDone
from convlens.training.run_folder import (
    RunConfig,
    append_log,
    check_run_folder,
    create_run_folder,
    point_latest_to,
    processor_name,
    read_config,
    write_metrics,
    write_start,
)
from convlens.training.settings import TrainingSettings

CHANGED = TrainingSettings(
    recipe="tutorial",
    network="conv 4 3x5 stride 2 pad 1,\n  leaky_relu 0.2, dropout 0.25, dense",
    epochs=7,
    batch_size=33,
    learning_rate=1.25e-7,
    schedule="constant",
    optimizer=OptimizerSettings("sgd", 0.8, 0.9, 1e-12, 0.1, 0.3, False),
    loss=LossSettings(0.1, (1.0, 2.5, 1 / 3)),
    seed=2**32 - 1,
    augmentation=AugmentationSettings(shift=0.1, flip_vertical=True),
    final_strength=0.25,
    probe=True,
    balance="sampling",
    validation=0.1,
    error_rate=0.002,
    early_stopping=4,
    max_seconds=90.5,
    engine="torch",
    device="cpu",
    threads=2,
    log_every=1,
)


@pytest.fixture
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 23, 15, 10, 59, tzinfo=tz)

    monkeypatch.setattr(run_folder, "datetime", Fixed)


def test_a_star_becomes_date_time_and_name(fixed_time):
    assert [str(create_run_folder("mnist", "runs/*")) for _ in range(3)] == [
        "runs/2026-11-23_1510_mnist",
        "runs/2026-11-23_1510_mnist_2",
        "runs/2026-11-23_1510_mnist_3",
    ]
    assert list(Path("runs/2026-11-23_1510_mnist").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("my pets/train", "my-pets-train"),
        ("../../etc", "..-..-etc"),
        ("a\nb: <c>*", "a-b-c-"),
        ("größe_1.5", "größe_1.5"),
        ("犬" * 300, "犬" * 40),
        ("", ""),
    ],
)
def test_any_name_of_data_makes_one_folder(fixed_time, name, ending):
    Path("deep").mkdir()
    assert str(create_run_folder(name, "deep/runs/*")) == f"deep/runs/2026-11-23_1510_{ending}"
    assert len(list(Path("deep/runs").iterdir())) == 1


def test_a_named_folder_is_made_and_an_empty_one_taken(tmp_path):
    assert create_run_folder("mnist", tmp_path / "a" / "b").is_dir()
    assert create_run_folder("mnist", str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"


@pytest.mark.parametrize("out", ["x/y/run", "x/y/*", "x/y/z/run"])
def test_a_mistyped_path_makes_no_folders(out):
    with pytest.raises(OutputError, match=r"^cannot write x/y(/z)?: there is no folder x(/y)?\. Make it first, or "):
        create_run_folder("mnist", out)
    with pytest.raises(OutputError, match=r"^cannot write x/y(/z)?: there is no folder x(/y)?\. Make it first, or "):
        check_run_folder(out)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("out", ["runs/*", "*", "run", "runs/first", "there", "there/run", "there/runs/*"])
def test_a_check_of_the_folder_makes_nothing(out):
    Path("there").mkdir()
    check_run_folder(out)
    assert [str(path) for path in Path().rglob("*")] == ["there"]


def test_the_folder_is_checked_before_the_images_are_read():
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("")
    for out in ("x/y/run", "mine", "mine/notes.txt", "mine/notes.txt/*"):
        with pytest.raises((OutputError, UsageError), match=rf"^(cannot write )?{out.split('/')[0]}"):
            train("no-such-images/", out=out)


def test_a_folder_that_holds_something_is_refused():
    Path("mine").mkdir()
    Path("mine/.hidden").write_text("")
    message = r"^mine is not empty, and runs are never overwritten\. Give another folder with out=\.$"
    with pytest.raises(UsageError, match=message):
        create_run_folder("mnist", "mine")
    assert [path.name for path in Path("mine").iterdir()] == [".hidden"]


def test_a_new_folder_is_not_the_latest_before_it_holds_a_model():
    create_run_folder("mnist", "runs/first")
    assert not Path("runs/latest").exists()


def test_only_runs_in_runs_are_the_latest():
    point_latest_to(create_run_folder("mnist", "elsewhere/first"))
    assert not Path("elsewhere/latest").exists()
    assert not Path("runs").exists()


def test_latest_is_a_link_to_the_newest_run():
    point_latest_to(create_run_folder("mnist", "runs/first"))
    point_latest_to(create_run_folder("mnist", "runs/second"))
    assert Path("runs/latest").readlink() == Path("second")
    assert sorted(path.name for path in Path("runs").iterdir()) == ["first", "latest", "second"]


def test_where_links_are_not_possible_latest_is_a_text_file(monkeypatch):
    def refuse(*arguments: object, **more: object) -> None:
        raise OSError("links are not possible here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    for name in ("first", "second"):
        point_latest_to(create_run_folder("mnist", f"runs/{name}"))
        assert Path("runs/latest").read_bytes() == f"{name}\n".encode()
        assert latest_run() == Path("runs", name).resolve()
    assert sorted(path.name for path in Path("runs").iterdir()) == ["first", "latest", "second"]


def test_a_text_file_takes_the_place_of_an_old_link_and_the_other_way_round(monkeypatch):
    point_latest_to(create_run_folder("mnist", "runs/first"))

    def refuse(*arguments: object, **more: object) -> None:
        raise OSError("links are not possible here")

    with monkeypatch.context() as without_links:
        without_links.setattr(Path, "symlink_to", refuse)
        point_latest_to(create_run_folder("mnist", "runs/second"))
    assert not Path("runs/latest").is_symlink()
    assert list(Path("runs/first").iterdir()) == []
    point_latest_to(create_run_folder("mnist", "runs/third"))
    assert Path("runs/latest").readlink() == Path("third")


def test_a_folder_called_latest_is_left_alone():
    Path("runs/latest").mkdir(parents=True)
    Path("runs/latest/mine.txt").write_text("mine")
    point_latest_to(create_run_folder("mnist", "runs/first"))
    assert Path("runs/latest/mine.txt").read_text() == "mine"
    assert sorted(path.name for path in Path("runs").iterdir()) == ["first", "latest"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("out", ["locked", "locked/*", "locked/deep/run"])
def test_an_unwritable_place_says_so(out):
    Path("locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match=r"no permission to write there\. Choose another folder\.$"):
        create_run_folder("mnist", out)


def test_a_folder_that_takes_no_files_is_found_out_at_once(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fsync", refuse)
    message = r"^cannot write run/last\.checkpoint: no permission to write there\. Choose another folder\.$"
    events = []
    with pytest.raises(OutputError, match=message):
        train(
            np.zeros((4, 8, 8), np.uint8),
            [0, 1, 0, 1],
            network="dense",
            epochs=1,
            threads=1,
            out="run",
            on_event=events.append,
        )
    assert events == []
    assert list(Path("run").iterdir()) == []


@pytest.mark.parametrize("out", ["notes", "notes/run", "notes/*"])
def test_a_file_where_a_folder_belongs_says_so(out):
    Path("notes").write_text("mine")
    with pytest.raises(OutputError, match=r"a part of that path is a file, not a folder\. Choose another folder\.$"):
        create_run_folder("mnist", out)


def write_config(text: str | bytes) -> Path:
    path = Path("config.toml")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def differs_everywhere(changed: object, default: object) -> bool:
    assert is_dataclass(default)
    return all(
        differs_everywhere(getattr(changed, one.name), getattr(default, one.name))
        if is_dataclass(getattr(default, one.name))
        else getattr(changed, one.name) != getattr(default, one.name)
        for one in fields(default)
    )


def test_every_setting_comes_back_from_the_config(tmp_path):
    assert differs_everywhere(CHANGED, TrainingSettings())
    write_start(tmp_path, RunConfig('my "pets" \\ größe', "/data/where it is", CHANGED), "torch 2 on cpu")
    assert read_config(tmp_path / "config.toml") == RunConfig('my "pets" \\ größe', "/data/where it is", CHANGED)


def test_the_defaults_come_back_from_the_config(tmp_path):
    write_start(tmp_path, RunConfig("mnist", None, TrainingSettings()), "torch 2 on cpu")
    assert read_config(str(tmp_path / "config.toml")) == RunConfig("mnist", None, TrainingSettings())


def test_an_empty_config_is_all_defaults():
    assert read_config(write_config("")) == RunConfig("mnist", None, TrainingSettings())
    assert read_config(write_config("[settings]\nepochs = 5\nlearning_rate = 1")).settings == TrainingSettings(
        epochs=5, learning_rate=1.0
    )


def test_the_config_says_how_to_repeat_the_run(tmp_path):
    folder = tmp_path / "my run"
    folder.mkdir()
    write_start(folder, RunConfig("mnist", None, TrainingSettings()), "torch 2 on cpu")
    first = (folder / "config.toml").read_text().splitlines()[0]
    assert first == f"# Repeats this run: convlens train --config '{folder}/config.toml'"


@pytest.mark.parametrize("name", [b"two\nlines", b"bell\x07", b"\xff\xfe"], ids=["newline", "bell", "no text"])
def test_a_folder_of_any_name_has_a_config_that_can_be_read(name):
    folder = Path(os.fsdecode(name))
    folder.mkdir()
    write_start(folder, RunConfig("mnist", None, CHANGED), "torch 2 on cpu")
    assert read_config(folder / "config.toml") == RunConfig("mnist", None, CHANGED)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[settings", r"config\.toml is not a TOML file: .*\. Give the config\.toml of a run\."),
        ("epochs: 3", r"config\.toml is not a TOML file: "),
        ("a = 1\na = 2", r"config\.toml is not a TOML file: "),
        (b"data = '\xff'", r"config\.toml is not a TOML file: .*utf-8"),
        (b"\x00" * 50, r"config\.toml is not a TOML file: "),
    ],
)
def test_a_damaged_config_says_where(content, message):
    with pytest.raises(DataError, match=message):
        read_config(write_config(content))


def test_a_config_that_is_not_there_or_a_folder_says_so():
    with pytest.raises(DataError, match=r"^no\.toml cannot be read: No such file.* Give the config\.toml of a run\.$"):
        read_config("no.toml")
    Path("folder").mkdir()
    with pytest.raises(DataError, match=r"^folder cannot be read: Is a directory\. Give the config\.toml of a run\.$"):
        read_config("folder")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "epochs = 3\nseed = 1",
            r"unknown key epochs, seed\. The known keys are data, data_dir, \[images\] and \[settings\]\.",
        ),
        ("settings = 3", r"settings is 3; it must be a table, \[settings\]\."),
        ("data = 3", r"config\.toml: data is 3; it must be text in quotes\."),
        ("data_dir = ['a']", r"config\.toml: data_dir is \['a'\]; it must be text in quotes\."),
        ("[settings]\nepoch = 3", r"unknown setting 'epoch'\. The settings are recipe, network, epochs"),
        ("[settings.optimizer]\nmomentun = 0.9", r"unknown setting 'momentun'\. The settings are name, beta1"),
        ("[settings.loss]\nsmoothing = 0.1", r"unknown setting 'smoothing'\. The settings are label_smoothing"),
        ("[settings]\noptimizer = 'adam'", r"Expected `object`, got `str` - at `\$\.optimizer`"),
        ("[settings]\noptimizer = 3", r"Expected `object`, got `int` - at `\$\.optimizer`"),
        ("[settings]\nloss = []", r"Expected `object`, got `array` - at `\$\.loss`"),
        ("[settings]\nepochs = '3'", r"Expected `int`, got `str` - at `\$\.epochs`"),
        ("[settings]\nepochs = 2026-11-23", r"Expected `int`, got `date"),
        ("[settings]\nlearning_rate = nan", r"learning_rate is nan; give a number above 0"),
        ("[settings]\nepochs = 0", r"epochs is 0; give a whole number from 1 to 100,000\."),
        ("[settings.optimizer]\nname = 'adagrad'", r"adagrad"),
    ],
)
def test_what_is_not_known_or_not_allowed_in_a_config_says_so(content, message):
    with pytest.raises(UsageError, match=message):
        read_config(write_config(content))


def test_a_mistake_in_a_configs_network_points_at_the_word():
    with pytest.raises(UsageError, match=r"rleu(.|\n)*\^\^\^\^"):
        read_config(write_config("[settings]\nnetwork = 'conv 8 3x3, rleu, dense'"))


def test_the_command_can_be_pasted_into_a_shell(tmp_path, monkeypatch):
    arguments = ["/bin/convlens", "train", "my data", "--network", "conv 8 3x3, dense", "--out", "it's"]
    monkeypatch.setattr(sys, "argv", arguments)
    write_start(tmp_path, RunConfig("mnist", None, TrainingSettings()), "torch 2 on cpu")
    written = (tmp_path / "command.txt").read_text()
    assert written == """convlens train 'my data' --network 'conv 8 3x3, dense' --out 'it'"'"'s'\n"""
    assert shlex.split(written) == ["convlens", *arguments[1:]]


def test_a_command_with_names_that_are_no_text_is_written_byte_by_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["convlens", "train", "--out", os.fsdecode(b"\xff")])
    write_start(tmp_path, RunConfig("mnist", None, TrainingSettings()), "torch 2 on cpu")
    assert (tmp_path / "command.txt").read_bytes() == b"convlens train --out '\xff'\n"


@pytest.mark.parametrize("known", ["flags : avx2\n", None])
def test_a_processor_that_does_not_tell_its_name_is_called_after_its_kind(monkeypatch, known):
    def read_text(path: Path, **_: object) -> str:
        assert path == Path("/proc/cpuinfo")
        if known is None:
            raise FileNotFoundError(path)
        return known

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert processor_name() == "riscv64"
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor_name() == "arm"


def test_the_environment_names_machine_and_versions(tmp_path):
    write_start(tmp_path, RunConfig("mnist", None, TrainingSettings()), "torch 2 on cpu")
    found = json.loads((tmp_path / "environment.json").read_text())
    assert found["engine"] == "torch 2 on cpu"
    assert found["versions"].keys() == {"convlens", "numpy", "pillow", "safetensors", "torch"}
    assert found["versions"]["numpy"] == __import__("numpy").__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["processor"]
    assert datetime.fromisoformat(found["started"]).tzinfo is not None


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
    def missing(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", missing)
    assert set(run_folder.describe_environment("none")["versions"].values()) == {None}


def test_metrics_are_a_line_an_epoch(tmp_path):
    done = EpochDone(0, 12, 0.5, 0.875, None, 0.001, 1.5, 1000.0)
    held = EpochDone(1, 12, 0.25, 0.9375, 0.75, 0.002, 1.25, 1200.0, 0.625)
    write_metrics(tmp_path, [done, held])
    assert (tmp_path / "metrics.csv").read_bytes() == (
        b"epoch,steps,loss,accuracy,validation_accuracy,learning_rate,seconds,images_per_second,"
        b"validation_loss\n"
        b"0,12,0.5,0.875,,0.001,1.5,1000.0,\n"
        b"1,12,0.25,0.9375,0.75,0.002,1.25,1200.0,0.625\n"
    )
    write_metrics(tmp_path, [])
    assert (tmp_path / "metrics.csv").read_text().count("\n") == 1


def test_the_log_grows_and_no_lines_write_nothing(tmp_path):
    append_log(tmp_path, [])
    assert not (tmp_path / "log.txt").exists()
    append_log(tmp_path, ["Epoch -> 0", "größe"])
    append_log(tmp_path, ["Epoch -> 1"])
    assert (tmp_path / "log.txt").read_text(encoding="utf-8") == "Epoch -> 0\ngröße\nEpoch -> 1\n"


def test_a_log_whose_folder_is_gone_says_so(tmp_path):
    with pytest.raises(OutputError, match=r"^cannot write .*log\.txt: there is no folder .*gone\."):
        append_log(tmp_path / "gone", ["a line"])


def test_the_config_is_toml_with_a_table_of_settings(tmp_path):
    write_start(tmp_path, RunConfig("mnist", None, CHANGED), "torch 2 on cpu")
    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert config.keys() == {"data", "settings"}
    assert config["settings"]["optimizer"]["name"] == "sgd"
    assert config["settings"]["loss"]["class_weights"] == [1.0, 2.5, 1 / 3]
