"""Whole processes: seconds and memory of a real child, its failure in its own words, and the table by hand.

The memory of a child can only be told by a process that is smaller, which one that runs tests is not; so a small Python
stands between.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

import whole_process
from timing import summarise
from whole_process import Finished, Row, format_results, main, parse_status, run_in_turn, run_process, summarise_runs

BENCHMARKS = str(Path(whole_process.__file__).parent)


def in_small_process(code: str) -> str:
    """What a fresh Python prints that begins with importing the benchmark."""
    begin = f"import sys; sys.path.insert(0, {BENCHMARKS!r}); from whole_process import *\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_peak_is_that_of_the_child():
    child = "import time; held = bytearray(150 * 2**20); del held; time.sleep(0.2)"
    printed = in_small_process(
        f"done = run_process([sys.executable, '-c', {child!r}])\nprint(mebibytes(done.peak), done.seconds)"
    )
    peak, seconds = map(float, printed.split())
    assert 150 < peak < 250
    assert 0.2 < seconds < 60


def test_a_large_process_refuses_to_measure_a_small_one():
    printed = in_small_process(
        "held = bytearray(100 * 2**20)\n"
        "try: run_process([sys.executable, '-c', 'pass'])\n"
        "except RuntimeError as error: print(error)"
    )
    assert "held no more memory than this process (1" in printed
    assert "so its own peak cannot be measured. Start it from a smaller process." in printed


def test_the_own_peak_is_read_where_linux_keeps_it():
    assert parse_status("Name:\tpython\nVmPeak:\t  9999 kB\nVmHWM:\t   3072 kB\nVmRSS:\t 2048 kB\n") == 3 * 2**20
    assert parse_status("Name:\tpython\n") == 0


def test_a_failure_is_told_in_the_childs_words():
    with pytest.raises(RuntimeError, match=r"ended with 3 and said: out\nerr$"):
        run_process([sys.executable, "-c", "import sys; print('out', flush=True); sys.exit(print('err') or 3)"])


def test_the_command_line_imports_nothing_heavy():
    printed = in_small_process("print([name for name in ('numpy', 'torch', 'convlens') if name in sys.modules])")
    assert printed.strip() == "[]"


def test_engines_take_turns_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    commands: list[list[str]] = []

    def run(command: list[str]) -> Finished:
        commands.append(command)
        return Finished(float(len(commands)), 2**20)

    monkeypatch.setattr(whole_process, "run_process", run)
    finished, outs = run_in_turn(lambda engine, out: [engine, out.name], ["a", "b"], 2, tmp_path)
    assert commands == [[engine, f"{engine}-{number}"] for number in range(3) for engine in ("a", "b")]
    assert [done.seconds for done in finished["a"]] == [3.0, 5.0]
    assert [out.name for out in outs["b"]] == ["b-1", "b-2"]


def test_a_row_is_made_of_processes_and_their_facts():
    facts = [{"seconds": 1.5, "test": {"accuracy": 0.9}}, {"seconds": 2.5, "test": {"accuracy": 0.9}}]
    row = summarise_runs([Finished(3.0, 100 * 2**20), Finished(4.0, 102 * 2**20)], facts)
    assert (row.whole.median, row.steps.median, row.accuracy) == (3.5, 2.0, 0.9)
    assert row.peak.largest == 102 * 2**20


def test_the_last_engine_is_the_measure_of_the_others():
    rows = {
        "native": Row(summarise([2.0]), summarise([0.75]), summarise([150.0 * 2**20]), 0.9886),
        "torch": Row(summarise([8.0, 8.0, 9.0]), summarise([6.0]), summarise([600.0 * 2**20]), 0.99),
    }
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in format_results(rows).splitlines()[2:]]
    assert cells == [
        ["convlens train --engine native", "2.00 (2.00 to 2.00)", "0.75", "1.25", "150 (150 to 150)", "4.00", "98.86%"],
        ["convlens train --engine torch", "8.00 (8.00 to 9.00)", "6.00", "2.00", "600 (600 to 600)", "1.00", "99.00%"],
    ]


def test_the_whole_benchmark_with_processes_that_are_made_up(written, monkeypatch, capsys):
    monkeypatch.setattr(whole_process, "run_process", lambda _: Finished(1.0, 2**27))
    monkeypatch.setattr(whole_process, "read_facts", lambda _: {"seconds": 0.5, "test": {"accuracy": 0.98}})
    given = argparse.Namespace(recipe="fast", engines=["native", "torch"], rounds=4, record=True, data_dir=None)
    main(given)
    assert "No record: this was a short try" in capsys.readouterr().out
    assert written == {}
    given.rounds = 5
    main(given)
    assert "| convlens train --engine native | 1.00 (1.00 to 1.00) |" in written["whole_process_fast"]
    given.record = False
    written.clear()
    main(given)
    assert "No record: --no-record was given." in capsys.readouterr().out
    assert written == {}
