"""The campaigns' driver, and a short run of the part that sends hostile requests to a real server."""

import functools
import sys
import types
from random import Random

import pytest

import campaign
from campaign_parts.hostile import Server, make_request
from campaign_parts.recording import record
from campaign_parts.trial import Outcome, Trial


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A part `digits` that keeps its promise for even seeds."""
    module = types.ModuleType("campaign_parts.digits")
    vars(module).update(COUNT=30, TITLE="Digits that are odd")

    def run(trial: Trial) -> Outcome:
        numbers: dict[str, float] = {"digits": trial.count, "most": trial.seed, "seconds": 5}
        return Outcome(f"{trial.count} digits", ["the seed was odd"] * (trial.seed % 2), numbers)

    vars(module)["run"] = run
    monkeypatch.setitem(sys.modules, "campaign_parts.digits", module)
    monkeypatch.setattr(campaign, "part_names", lambda: ["digits"])
    return module


def test_a_kept_promise_is_one_line(part, capsys):
    assert campaign.main(["--part", "digits", "--seed", "2", "--count", "7"]) == 0
    assert capsys.readouterr().out == "digits: seed 2: 7 digits\n"


def test_a_broken_promise_is_an_exit_code(part, capsys):
    assert campaign.main([]) == 1
    assert capsys.readouterr().out == "digits: seed 1: 30 digits\ndigits: BROKEN: the seed was odd\n"


def test_results_become_a_record(part, tmp_path, monkeypatch, capsys):
    for seed in ("2", "3"):
        campaign.main(["--seed", seed, "--count", "7", "--results", str(tmp_path / "results")])
    monkeypatch.setattr(campaign, "record", functools.partial(record, path=tmp_path / "records.md"))
    assert campaign.main(["--record", str(tmp_path / "results")]) == 0
    written = (tmp_path / "records.md").read_text("utf-8")
    assert "## Digits that are odd\n" in written
    assert "| digits          |     14 |\n| most            |      3 |\n| broken promises |      1 |\n" in written
    assert "- command: scripts/campaign --part digits, seeds 2, 3\n" in written
    assert "- seconds: 10 in all" in written


def test_a_part_that_is_not_there(capsys):
    with pytest.raises(SystemExit, match="2"):
        campaign.main(["--part", "nothing"])
    assert "requests" in capsys.readouterr().err


def test_requests_follow_from_the_seed():
    server = Server(8700, "job", "run")
    first, again, other = ([make_request(Random(seed), server) for _ in range(3)] for seed in (1, 1, 2))
    assert first == again != other
    random = Random(0)
    many = [make_request(random, server) for _ in range(500)]
    assert {request.kind for request in many} == {"head", "header", "path", "body", "chunks", "stream"}
    assert {request.manner for request in many} == {"whole", "in pieces", "half", "reset", "unread"}


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors and processor time come from /proc")
def test_a_short_campaign_against_the_server_keeps_all_promises(capsys):
    code = campaign.main(["--part", "requests", "--count", "100"])
    out = capsys.readouterr().out
    assert code == 0, out
    assert out.startswith("requests: seed 1: 100 requests, 0 answers 500, 0 lines on stderr, 0 descriptors kept; ")
