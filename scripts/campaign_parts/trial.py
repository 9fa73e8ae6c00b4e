"""What a part of a campaign gets, and what it gives back."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trial:
    """The seed that all inputs follow from, and how many of them there are."""

    seed: int
    count: int


@dataclass
class Outcome:
    """One line of numbers, and a line for each promise that was not kept."""

    line: str
    broken: list[str] = field(default_factory=list)
