"""Training on a folder of small photographs: the table by hand, and the whole of it with a training made up."""

import argparse
from pathlib import Path

import pytest

import small_photos
from small_photos import format_results, main, make_folder, training_command, verdict
from whole_process import CONVLENS, Finished

FACTS = {"seconds": 20.25, "test": {"accuracy": 0.925}, "settings": {"network": "conv 8 3x3, relu, dense"}}


def test_the_command_is_a_persons_with_a_cache_of_its_own():
    command = training_command(Path("photos"), "best", Path("run"), 4, Path("kept"))
    assert command[:2] == ["env", "CONVLENS_DATA=kept"]
    assert command[2:] == [CONVLENS, "train", "photos", "--recipe", "best", "--out", "run", "--seed", "4"]


def test_the_table_by_hand():
    table = format_results({"first": (Finished(31.04, 300 * 2**20), FACTS)})
    assert [cell.strip() for cell in table.splitlines()[2].split("|")[1:-1]] == [
        "first start",
        "31.0",
        "20.2",
        "300",
        "92.50%",
    ]


def test_a_minute_is_allowed():
    assert verdict(60.0) == "From the folder to the model in 60.0 s, within 60 s."
    assert verdict(60.5) == "From the folder to the model in 60.5 s, MORE than 60 s."


def test_the_folder_is_made_by_somebody_else(tmp_path: Path):
    make_folder(tmp_path / "photos", train=2, test=1, seed=0)
    assert len(list((tmp_path / "photos").rglob("*.*"))) == 4 * (2 + 1)


def test_the_whole_benchmark_with_a_training_that_is_made_up(written, monkeypatch: pytest.MonkeyPatch, capsys):
    commands: list[list[str]] = []
    monkeypatch.setattr(small_photos, "run_process", lambda c: (commands.append(c), Finished(30.0, 2**27))[1])
    monkeypatch.setattr(small_photos, "read_facts", lambda _: FACTS)
    monkeypatch.setattr(small_photos, "make_folder", lambda *_: None)
    given = argparse.Namespace(recipe="best", train=5, test=2, seed=0, record=True)
    main(given)
    assert "No record: this was a short try" in capsys.readouterr().out
    first, second = commands
    assert first[1] == second[1]
    assert first[-3] != second[-3]
    given.train, given.test = 400, 100
    main(given)
    section = written["small_photos"]
    assert "| first start             |    30.0 |    20.2 |      128 |        92.50% |" in section
    assert "- network: conv 8 3x3, relu, dense" in section
