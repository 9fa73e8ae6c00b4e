"""Plans where each value of a network lies in one array. Values that are not needed at the same time share a place."""

from collections.abc import Mapping
from dataclasses import dataclass

from convlens.exports.c_source.stages import INPUT, Program, Stage


@dataclass(frozen=True)
class MemoryPlan:
    """Where the values lie, in elements of the array.

    `places` is the offset of each value, `scratch` that of the rows that a stage keeps for itself, by its output, and
    `size` is the length of the array.
    """

    places: Mapping[int, int]
    scratch: Mapping[int, int]
    size: int


@dataclass
class _Block:
    """A part of the array that is needed from stage `first` up to and including stage `last`."""

    size: int
    first: int
    last: int
    offset: int = 0


def plan_memory(
    program: Program, sizes: Mapping[int, int], scratch: Mapping[int, int], alignment: int = 1
) -> MemoryPlan:
    """Return a place for each value and each scratch.

    Args:
        program: the stages.
        sizes: the size of each value, in elements.
        scratch: the size of the memory that a stage needs while it runs, by its output.
        alignment: every offset is a multiple of it.
    """
    values = {INPUT: _Block(sizes[INPUT], -1, -1)}
    work: dict[int, _Block] = {}
    for number, stage in enumerate(program.stages):
        for value in stage.inputs:
            values[value].last = number
        if scratch.get(stage.output):
            work[stage.output] = _Block(scratch[stage.output], number, number)
        values[stage.output] = _block_of_output(program, number, stage, values, sizes)
    values[program.logits].last = len(program.stages)
    _place([*values.values(), *work.values()], alignment)
    size = max(block.offset + block.size for block in [*values.values(), *work.values()])
    return MemoryPlan(
        {value: block.offset for value, block in values.items()},
        {output: block.offset for output, block in work.items()},
        -(-size // alignment) * alignment,
    )


def _block_of_output(
    program: Program, number: int, stage: Stage, values: Mapping[int, _Block], sizes: Mapping[int, int]
) -> _Block:
    """Return the block of a stage's output. If it works value by value, it is that of an input that ends here."""
    if stage.kind in ("activation", "add"):
        later = {value for after in program.stages[number + 1 :] for value in after.inputs}
        for value in stage.inputs:
            shared = [other for other, block in values.items() if block is values[value]]
            if not later & set(shared):
                return values[value]
    return _Block(sizes[stage.output], number, number)


def _place(blocks: list[_Block], alignment: int) -> None:
    """Give each block an offset, the largest first, at the lowest place that is free while it is needed."""
    placed: list[_Block] = []
    unique = {id(block): block for block in blocks}.values()
    for block in sorted(unique, key=lambda block: (-block.size, block.first)):
        offset = 0
        for other in sorted(placed, key=lambda other: other.offset):
            together = other.first <= block.last and block.first <= other.last
            if together and offset < other.offset + other.size and other.offset < offset + block.size:
                offset = -(-(other.offset + other.size) // alignment) * alignment
        block.offset = offset
        placed.append(block)
