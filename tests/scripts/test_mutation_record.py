"""The record of mutation testing: two samples of other mutants, each as first tried, and what became of survivors."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import mutate
from mutation.mutants import Mutant, make_mutant
from mutation.record import Samples, read_sample, write_record
from mutation.results import write_results
from mutation.testing import Outcome

TINY, OTHER = "src/convlens/tiny.py", "src/convlens/other.py"
LINES = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"  # what the files were when the mutants were tried


def mutant(path: str, old: str, new: str) -> Mutant:
    made = make_mutant(path, LINES, LINES.index(old), LINES.index(old) + len(old), new, "number")
    assert made is not None
    return made


def tiny(old: str, new: str, result: str) -> Outcome:
    return Outcome(mutant(TINY, old, new), result)


def other(old: str, new: str, result: str) -> Outcome:
    return Outcome(mutant(OTHER, old, new), result)


EARLIER_TINY = [
    tiny("1", "2", "killed"),
    tiny("2", "3", "survived"),
    tiny("3", "4", "survived"),
    tiny("4", "5", "survived"),  # known to be equivalent now
]
EARLIER_OTHER = [other("1", "2", "timeout"), other("2", "3", "does not compile")]
FRESH_TINY = [
    tiny("1", "3", "killed"),
    tiny("2", "4", "survived"),  # killed when it was tried again
    tiny("3", "5", "survived"),  # its line is no longer there
    tiny("4", "6", "survived"),  # known to be equivalent now
    tiny("5", "7", "not reached"),  # survived again
]
FRESH_OTHER = [other("1", "3", "killed"), other("2", "4", "timeout"), other("3", "5", "survived")]
AGAIN = [tiny("2", "4", "killed"), tiny("5", "7", "survived")]
LATER = [tiny("1", "4", "killed"), tiny("2", "5", "survived")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "src/convlens"
    folder.mkdir(parents=True)
    (folder / "tiny.py").write_text(LINES.replace("c = 3\n", ""))
    (folder / "other.py").write_text(LINES)
    (folder / "untried.py").write_text(LINES)
    entries = [f'path = "{TINY}"\nbefore = "d = 4"\nafter = "d = {value}"\nreason = "unread"\n' for value in (5, 6)]
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/mutants_equivalent.toml").write_text("".join(f"[[equivalent]]\n{one}" for one in entries))
    return tmp_path


def file(folder: Path, name: str, outcomes: Sequence[Outcome], seed: int, commit: str = "abc") -> Path:
    facts = {"seed": seed, "date": "2026-11-29", "commit": commit, "versions": {"python": "3", "mutmut": "4"}}
    write_results(folder / name, outcomes, facts)
    return folder / name


def test_two_samples_each_as_first_tried(project):
    fresh = [file(project, "t2", FRESH_TINY, 2), file(project, "o2", FRESH_OTHER, 2, "def")]
    earlier = [file(project, "t1", EARLIER_TINY, 1), file(project, "o1", EARLIER_OTHER, 1)]
    records = project / "records.md"
    later = [file(project, "t3", LATER, 3), file(project, "o4", [other("2", "6", "killed")], 4)]
    samples = Samples(fresh, earlier, later, [file(project, "again", AGAIN, 1)])
    write_record(samples, project, records)
    record = records.read_text(encoding="utf-8")
    table = [line for line in record.splitlines() if line.startswith("|")]
    assert table == [
        "| package | mutants | killed | survived | equivalent |  score | score before | score later |",
        "|:--------|--------:|-------:|---------:|-----------:|-------:|-------------:|------------:|",
        "| other   |       3 |      2 |        1 |          0 | 66.6 % |      100.0 % |     100.0 % |",
        "| tiny    |       4 |      1 |        3 |          1 | 25.0 % |       33.3 % |      50.0 % |",
        "| all     |       7 |      3 |        4 |          1 | 42.8 % |       50.0 % |             |",
    ]
    text = " ".join(record.split())
    assert "the aim is 85 % of all and 75 % in each package" in text
    assert "a fresh sample (seed 2): it was drawn after the tests had been improved" in text
    assert "`score before` is that of other mutants (seed 1), tried before the tests were improved." in text
    assert "`score later` is that of other mutants again (seed 3, 4), drawn for weak packages alone" in text
    assert (
        "the survivors of the fresh sample since: 1 killed by now, 1 in code that was deleted or "
        "changed, 1 not killed yet, 1 not tried again."
    ) in text
    assert "- seed: 2\n" in record
    assert "- commit: abc, def\n" in record
    assert "- versions: python 3, mutmut 4\n" in record
    assert "- packages: 2 of 3 have been tried\n" in record


def test_a_fresh_sample_alone(project):
    records = project / "records.md"
    gone = tiny("1", "3", "killed")
    (project / TINY).unlink()  # its package has another name by now
    write_record(Samples([file(project, "fresh", [*FRESH_OTHER[:2], gone], 2)]), project, records)
    record = records.read_text(encoding="utf-8")
    assert "| all     |       3 |      3 |        0 |          0 | 100.0 % |\n" in record
    assert "- packages: 1 of 2 have been tried\n" in record
    assert "score before" not in record
    assert "the survivors of the fresh sample since: none." in " ".join(record.split())


def test_files_of_two_samples_are_refused(project, capsys):
    first, second = file(project, "first", FRESH_TINY, 2), file(project, "second", LATER, 2)
    with pytest.raises(ValueError, match=r"first and .*second both have mutants of tiny; give the first one"):
        read_sample([first, second])
    with pytest.raises(ValueError, match="both have mutants of tiny"):
        read_sample([first, first])
    files = [str(first), str(file(project, "third", EARLIER_OTHER, 1))]
    assert mutate.main(["--record", *files], project) == 2
    assert capsys.readouterr().err == ("mutate: the files of one sample have the seeds 2 and 1; give those of one.\n")


def test_the_command_line_hands_each_list_to_its_sample(project, monkeypatch):
    given = []
    monkeypatch.setattr(mutate, "write_record", lambda samples, root: given.append((samples, root)))
    lists = ["--record", "a", "b", "--earlier", "c", "--later", "d", "--tried-again", "e", "f"]
    assert mutate.main(lists, project) == 0
    a, b, c, d, e, f = map(Path, "abcdef")
    assert given == [(Samples([a, b], [c], [d], [e, f]), project)]
