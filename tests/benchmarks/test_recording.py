"""What becomes a record and what does not."""

from pathlib import Path

import pytest

from recording import conclude, reason_against, shared_facts


@pytest.mark.parametrize(
    ("wanted", "full_size", "others", "expected"),
    [
        (True, True, 0.15, None),
        (True, True, None, None),
        (False, True, 0.0, "--no-record was given"),
        (True, False, 0.0, "this was a short try; a record needs the default sizes and rounds or more"),
        (
            True,
            True,
            0.16,
            "other programs used 0.16 cores on average and 0.15 are allowed; stop them and run again",
        ),
    ],
)
def test_only_the_whole_measurement_on_a_quiet_machine_is_a_record(wanted, full_size, others, expected):
    assert reason_against(wanted, full_size, others) == expected


def test_a_record_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "records.md"
    path.write_text("# Records\n")
    conclude("speed", "How fast", "a table", {"seed": "3"}, None, path)
    assert capsys.readouterr().out == "\na table\n\n"
    assert path.read_text() == (
        "# Records\n\n<!-- speed: begin -->\n## How fast\n\na table\n\n- seed: 3\n<!-- speed: end -->\n"
    )


def test_what_is_no_record_is_printed_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "records.md"
    conclude("speed", "How fast", "a table", {"seed": "3"}, "--no-record was given", path)
    assert capsys.readouterr().out == "\na table\n\nNo record: --no-record was given.\n"
    assert not path.exists()


def test_the_shared_facts_name_command_machine_and_neighbours():
    facts = shared_facts("python benchmarks/scaling.py", ["numpy", "no-such-package"], 0.034)
    assert list(facts) == [
        *["command", "date", "commit", "processor", "cores", "memory", "system", "versions"],
        "other programs meanwhile",
    ]
    assert facts["command"] == "python benchmarks/scaling.py"
    assert facts["versions"].endswith("no-such-package not installed")
    assert facts["other programs meanwhile"] == "0.03 cores on average"
    assert shared_facts("x", [], None)["other programs meanwhile"] == "unknown"
