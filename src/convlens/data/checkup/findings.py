"""The results of checking images: one finding for each kind of problem, with its files and advice.

The checks create findings; terminals, logs and programs read them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from convlens.words import count_of

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first. An error makes results wrong, a warning makes them worse, a note is information and never fails."""


@dataclass(frozen=True)
class Finding:
    """One kind of problem that was found.

    Args:
        kind: a name for programs, such as "copies_across_parts".
        severity: "error", "warning" or "note".
        title: one sentence without a full stop, including the count.
        count: the number of files affected, or of classes if no files are.
        advice: what to do, in one or two sentences.
        files: every file affected, as a printable name, the most important first.
        examples: lines to show instead of the files, such as pairs; in the same order.
        details: more values for programs, which JSON can hold.
    """

    kind: str
    severity: Severity
    title: str
    count: int
    advice: str
    files: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as values for JSON, with every file."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "title": self.title,
            "count": self.count,
            "advice": self.advice,
            "files": list(self.files),
            **self.details,
        }


@dataclass(frozen=True)
class Checkup:
    """All findings about one set of images, the worst first.

    `counts` maps the existing parts (train, validation, test) to their numbers of usable images.

    >>> checkup = Checkup("photos", ("cat", "dog"), {"train": 20}, 1, ())
    >>> checkup.problems, checkup.summary_lines()
    ((), ('Checked 20 images of 2 classes: no problems found.',))
    """

    name: str
    class_names: tuple[str, ...]
    counts: Mapping[str, int]
    refused: int
    findings: tuple[Finding, ...]

    @property
    def images(self) -> int:
        """The number of usable images that were checked."""
        return sum(self.counts.values())

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Errors and warnings, on which `--strict` fails."""
        return tuple(finding for finding in self.findings if finding.severity != "note")

    def summary_lines(self, most: int = 4) -> tuple[str, ...]:
        """Return a summary line and a line for each of the worst problems: at most `most` + 2 lines."""
        looked = f"Checked {count_of(self.images, 'image')} of {count_of(len(self.class_names), 'class')}"
        if not self.problems:
            return (f"{looked}: no problems found.",)
        lines = [f"{looked}: {self.totals()}."]
        lines += [f"{finding.severity}: {finding.title}" for finding in self.problems[:most]]
        if len(self.problems) > most:
            lines.append(f"and {len(self.problems) - most} more problems")
        return tuple(lines)

    def totals(self) -> str:
        """Return the number of findings of each severity as text.

        >>> note = Finding("left_out", "note", "2 files were left out", 2, "Nothing.")
        >>> Checkup("photos", ("cat", "dog"), {"train": 20}, 1, (note,)).totals()
        '1 note'
        """
        numbers = {one: sum(finding.severity == one for finding in self.findings) for one in SEVERITIES}
        return ", ".join(count_of(number, one) for one, number in numbers.items() if number) or "no findings"

    def as_dict(self) -> dict[str, Any]:
        """Return the checkup as values for JSON, with every file of every finding."""
        return {
            "name": self.name,
            "class_names": list(self.class_names),
            "images": dict(self.counts),
            "refused": self.refused,
            "problems": len(self.problems),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort findings: errors, warnings, notes; findings of the same severity keep their order."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def find_files(
    kind: str, severity: Severity, names: Sequence[str], what: str, advice: str, noun: str = "image", **more: Any
) -> Iterator[Finding]:
    """Yield a finding about these files, if there are any; `what` begins with a verb in the singular.

    >>> [finding.title for finding in find_files("blank", "note", ["1.png", "2.png"], "shows nothing", "Look at it.")]
    ['2 images show nothing']
    """
    if names:
        verb, _, rest = what.partition(" ")
        title = f"{count_of(len(names), noun, verb)} {rest}"
        yield Finding(kind, severity, title, len(names), advice, **{"files": tuple(names), **more})


def find_classes(
    kind: str, severity: Severity, lines: Sequence[str], what: str, advice: str, details: Mapping[str, Any]
) -> Iterator[Finding]:
    """Yield a finding about classes, if there are any, with one line per class."""
    shown = {"files": (), "examples": tuple(lines), "details": details}
    return find_files(kind, severity, lines, what, advice, "class", **shown)
