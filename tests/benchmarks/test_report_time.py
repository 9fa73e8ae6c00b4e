"""The benchmark of the report: its table worked out by hand, and the commands it runs."""

from pathlib import Path

from report_time import commands, format_results, summarise_runs
from whole_process import Finished

RUNS = {
    "convlens train": [Finished(2.0, 100 * 2**20), Finished(4.0, 300 * 2**20), Finished(3.0, 200 * 2**20)],
    "convlens report": [Finished(1.5, 50 * 2**20), Finished(4.5, 50 * 2**20), Finished(1.5, 50 * 2**20)],
}


def test_the_table_has_medians_and_ratios_to_the_first_row():
    text = format_results(summarise_runs(RUNS), size=512_345)
    train, report = (line.split("|") for line in text.splitlines()[2:4])
    assert train[2].strip() == "3.00 (2.00 to 4.00)"
    assert (train[3].strip(), report[3].strip()) == ("1.00", "0.50")
    assert train[4].strip() == "200 (100 to 300)"
    assert text.endswith("The slowest report took 4.50 s, within 5 s; the file has 0.51 MB.")


def test_a_report_that_is_too_slow_is_called_so():
    slow = {**RUNS, "convlens report": [Finished(6.25, 2**20)]}
    assert "The slowest report took 6.25 s, NOT within 5 s" in format_results(summarise_runs(slow), size=1)


def test_the_commands_write_into_their_folder_and_read_the_data_that_was_named():
    made = commands(Path("run"), Path("out"), Path("data"))
    assert made["convlens report"][1:] == ["report", "run", "--out", "out/report.html", "--data-dir", "data"]
    assert all(command[-2:] == ["--data-dir", "data"] for command in made.values())
    assert "--training-labels" in made["convlens report --training-labels"]
