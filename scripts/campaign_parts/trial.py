"""The input and the result of a part of a campaign."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trial:
    """The seed that determines all inputs, and the number of inputs."""

    seed: int
    count: int


@dataclass
class Outcome:
    """One line of numbers, and a line for each broken promise."""

    line: str
    broken: list[str] = field(default_factory=list)
