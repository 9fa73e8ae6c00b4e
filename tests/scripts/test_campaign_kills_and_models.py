"""Parts of the campaigns, short: trainings that are killed, and files and other inputs that are changed."""

import sys

import pytest


@pytest.mark.parametrize(("part", "what"), [("models", "files of 6 kinds"), ("parsers", "inputs of 18 kinds")])
def test_changed_files(campaign, part, what):
    line, broken = campaign(part, 240)
    assert broken == []
    assert line.startswith(f"240 changed {what}: ")
    assert " 0 errors outside the tree" in line
    assert int(line.split(": ")[1].split(" refused")[0]) > 120
    assert campaign(part, 240)[0].rpartition(",")[0] == line.rpartition(",")[0], "a seed gives the same files"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_process_that_dies_names_its_input(campaign):
    sabotage = (
        "import os\n"
        "import campaign_parts.parsers as parsers\n"
        "real = parsers._use_start\n"
        "parsers._use_start = lambda content: os.abort() if content[:2] == b'P6' else real(content)\n"
    )
    _, broken = campaign("parsers", 360, sabotage)
    number = int(broken[0].split("number ")[1].split(":")[0])
    assert number % 18 == 17, "the last kind of input is the starts of images"
    assert broken[0].endswith(": the process ended with signal 6")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_an_input_that_takes_long_is_found(campaign):
    sabotage = "import campaign_parts.tries as tries\ntries.LONGEST = 0\n"
    line, broken = campaign("parsers", 18, sabotage)
    assert " 18 errors outside" in line
    assert len(broken) == 18
    assert all(" s of processor time" in promise for promise in broken)


def test_an_error_outside_the_tree_is_found(campaign):
    sabotage = (
        "import convlens.trained_model.model as model\n"
        "model.check_json = lambda *arguments: None\n"
        "import convlens.training.checkpoint as checkpoint\n"
        "real = checkpoint._row\n"
        "checkpoint.read_checkpoint = lambda content, name: {}['no such key']\n"
    )
    line, broken = campaign("models", 16, sabotage)
    assert " 0 errors outside" not in line
    assert broken
    assert all(promise.startswith("checkpoint, ") for promise in broken)
    assert all("KeyError" in promise for promise in broken)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_killed_trainings(campaign):
    line, broken = campaign("kills", 3)
    assert broken == []
    assert " kills of " in line
    assert line.split(": ")[1].startswith("0 files unreadable, 0 with other bits, 0 dead ends")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_dead_end_is_found(campaign):
    sabotage = (
        "from convlens.training import run_folder, session\n"
        "session.Session._prepare_folder = lambda self, folder, job, checkpoint: "
        "run_folder.write_start(folder, self._config(), '')\n"
        "import campaign_parts.kills as kills\n"
        "kills._plan = lambda whole, chance: kills.Plan(event=9)\n"
    )
    line, broken = campaign("kills", 1, sabotage)
    assert "1 dead ends" in line
    assert "a dead end: UsageError: " in broken[0]
