"""The input and the result of a part of a campaign."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trial:
    """The seed that determines all inputs, their number, and how many processes may share the work."""

    seed: int
    count: int
    workers: int = 1


@dataclass
class Outcome:
    """One line of numbers, a line for each broken promise, and numbers for a record.

    The numbers of several trials are added, except those whose name begins with "most": the largest counts.
    """

    line: str
    broken: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)


def add_up(several: list[dict[str, float]]) -> dict[str, float]:
    """Return the numbers of several trials as those of one.

    >>> add_up([{"files": 3, "most seconds": 0.5}, {"files": 4, "most seconds": 0.25, "refused": 1}])
    {'files': 7, 'most seconds': 0.5, 'refused': 1}
    """
    total: dict[str, float] = {}
    for numbers in several:
        for name, number in numbers.items():
            known = total.get(name, 0)
            total[name] = max(known, number) if name.startswith("most") else known + number
    return total
