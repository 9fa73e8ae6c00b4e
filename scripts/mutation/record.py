"""Write the section `mutation` of benchmarks/records.md: how many mutants of each package are killed, by sample.

Every score is that of mutants when they were first tried. Results of a second try only say what became of survivors, so
that a score never shows how well the tests know the very mutants that they were improved with.
"""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation.mutants import EQUIVALENTS, Mutant, read_equivalents, without_equivalents
from mutation.packages import is_mutable, package_of
from mutation.results import TOTAL, count, format_share, read_results, share_killed
from mutation.testing import KILLED, SURVIVED, TIMEOUT, UNREACHED, Outcome
from mutation.working_copy import list_files
from records import RECORDS, format_facts, format_table, write_section

AIM, AIM_OF_A_PACKAGE = 0.85, 0.75


@dataclass(frozen=True)
class Samples:
    """The files of results for a record. Each list but the last is one sample, with mutants of its own.

    A sample has one seed. Only the files of `later` may have a seed each.

    Args:
        fresh: tried after the tests were improved; the record is about it.
        earlier: tried before that.
        later: tried after the survivors of `fresh` were examined, for the packages where `fresh` was weak.
        again: no sample, but the survivors of `fresh`, tried again.
    """

    fresh: Sequence[Path]
    earlier: Sequence[Path] = ()
    later: Sequence[Path] = ()
    again: Sequence[Path] = ()


def read_sample(files: Sequence[Path], any_seeds: bool = False) -> tuple[list[Outcome], dict[str, str]]:
    """Read one sample from files that each have other packages; also return their facts, joined where they differ.

    Raises:
        ValueError: two files have mutants of the same package, or the files have different seeds, unless `any_seeds`.
    """
    outcomes: list[Outcome] = []
    file_of: dict[str, Path] = {}
    facts: dict[str, dict[str, None]] = {}
    for file in files:
        found, its_facts = read_results(file)
        for package in dict.fromkeys(package_of(one.mutant.path) for one in found):
            if package in file_of:
                raise ValueError(f"{file_of[package]} and {file} both have mutants of {package}; give the first one.")
            file_of[package] = file
        outcomes += found
        versions = ", ".join(f"{name} {version}" for name, version in its_facts["versions"].items())
        for name, value in {**its_facts, "versions": versions}.items():
            facts.setdefault(name, {})[str(value)] = None
    if len(facts["seed"]) > 1 and not any_seeds:
        raise ValueError(f"the files of one sample have the seeds {' and '.join(facts['seed'])}; give those of one.")
    return outcomes, {name: ", ".join(values) for name, values in facts.items()}


def tell_fates(survivors: Sequence[Mutant], again: Sequence[Outcome], root: Path) -> str:
    """Return in words what became of the survivors of a sample; those of known equivalents are not among them.

    Args:
        survivors: the mutants that no test noticed at first.
        again: what happened when they were tried again.
        root: the project as it is now.
    """
    killed = {_identity(one.mutant): one.is_killed for one in again}
    fates: Counter[str] = Counter()
    for mutant in survivors:
        if killed.get(_identity(mutant)):
            fates["killed by now"] += 1
        elif not _is_still_there(mutant, root):
            fates["in code that was deleted or changed"] += 1
        else:
            fates["not killed yet" if _identity(mutant) in killed else "not tried again"] += 1
    return ", ".join(f"{number} {fate}" for fate, number in fates.most_common()) or "none"


def _identity(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.path, mutant.before, mutant.after


def _is_still_there(mutant: Mutant, root: Path) -> bool:
    path = root / mutant.path
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    return mutant.before in text or mutant.before in " ".join(text.split())


def write_record(samples: Samples, root: Path, path: Path = RECORDS) -> None:
    """Write the section; mutants that are now known to be equivalent count in no sample.

    Args:
        samples: the files.
        root: the project, with its list of equivalent mutants.
        path: the file of records.

    Raises:
        ValueError: the files do not make samples; see `read_sample`.
    """
    outcomes, facts = read_sample(samples.fresh)
    counted = _counted(outcomes, root)
    scores, words = _other_scores(samples, root)
    totals = count(counted)
    spared = count(one for one in outcomes if one not in set(counted))
    rows = []
    for name, row in totals.items():
        numbers = [row["mutants"], row[KILLED] + row[TIMEOUT], row[SURVIVED] + row[UNREACHED]]
        equal = spared[name]["mutants"] if name in spared else 0
        others = [format_share(share_killed(score[name])) if name in score else "" for score in scores.values()]
        rows.append([name, *map(str, [*numbers, equal]), format_share(share_killed(row)), *others])
    survivors = [one.mutant for one in counted if one.counts and not one.is_killed]
    again = [one for file in samples.again for one in read_results(file)[0]]
    text = (
        "A mutant is the code with one small mistake in it. The score is the share of the mutants that the tests of "
        f"their own package notice; the aim is {AIM * 100:.0f} % of all and {AIM_OF_A_PACKAGE * 100:.0f} % in each "
        f"package. The columns up to `score` are those of a fresh sample (seed {facts['seed']}): it was drawn after "
        f"the tests had been improved, and every mutant counts as it was first tried. {words}"
        "Equivalent mutants, which no test can notice, do not count. What became of the survivors of the "
        f"fresh sample since: {tell_fates(survivors, again, root)}."
    )
    packages = {package_of(name) for name in list_files(root) if is_mutable(name)}
    shown = {
        **facts,
        "command": f"scripts/mutate --sample 300 --seed {facts['seed']}, package by package",
        "packages": f"{len(packages & totals.keys())} of {len(packages)} have been tried",
        "left out": "texts, docstrings, annotations, decorators",
        "equivalent mutants": str(EQUIVALENTS),
    }
    header = ["package", "mutants", "killed", "survived", "equivalent", "score", *scores]
    parts = [textwrap.fill(text, 110, break_on_hyphens=False), format_table(header, rows), format_facts(shown)]
    write_section("mutation", "\n\n".join(["## Mutants that the tests notice", *parts]), path)


def _other_scores(samples: Samples, root: Path) -> tuple[dict[str, dict[str, dict[str, int]]], str]:
    """Return the counts of the earlier and the later sample under the names of their columns, and what these mean."""
    scores, words = {}, ""
    if samples.earlier:
        outcomes, facts = read_sample(samples.earlier)
        scores["score before"] = count(_counted(outcomes, root))
        words += (
            f"`score before` is that of other mutants (seed {facts['seed']}), tried before the tests were improved. "
        )
    if samples.later:
        outcomes, facts = read_sample(samples.later, any_seeds=True)
        totals = count(_counted(outcomes, root))
        scores["score later"] = {name: row for name, row in totals.items() if name != TOTAL}
        words += (
            f"`score later` is that of other mutants again (seed {facts['seed']}), drawn for weak packages alone after "
            "the survivors of the fresh sample had been examined. "
        )
    return scores, words


def _counted(outcomes: Sequence[Outcome], root: Path) -> list[Outcome]:
    kept = set(without_equivalents([one.mutant for one in outcomes], read_equivalents(root / EQUIVALENTS)))
    return [one for one in outcomes if one.mutant in kept]
