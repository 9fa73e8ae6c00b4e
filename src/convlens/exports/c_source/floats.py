"""Tables and calls of a network in float."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from convlens.exports.c_source.memory import MemoryPlan, plan_memory
from convlens.exports.c_source.stages import INPUT, Pool, Program, Stage
from convlens.exports.c_source.templates import array, comment, literal
from convlens.layers import Activation
from convlens.preprocessing import Normalisation

POOL_ROWS = {"maxpool": "max_of_rows", "avgpool": "mean_of_rows"}
_FUNCTIONS = {"tanh": "hyperbolic_tangent"}  # tanh is a name of the standard library


@dataclass(frozen=True)
class Code:
    """The parts of `model.c` that belong to a network: `ram` is the size of its memory in bytes."""

    kernels: tuple[str, ...]
    tables: str
    memory: str
    calls: str
    ram: int


def write_floats(program: Program, normalisation: Normalisation) -> Code:
    """Return the C code of a network in float."""
    plan = _plan(program)
    tables = [
        array("float", "means", np.array(normalisation.mean, np.float32)),
        array("float", "deviations", np.array(normalisation.std, np.float32)),
    ]
    channels, height, width = program.input_shape
    calls = [f"normalise(image, {_at(plan, INPUT)}, {channels}, {height * width}, means, deviations);"]
    for number, stage in enumerate(program.stages):
        tables += _tables(stage, number)
        calls += [comment(stage.text), *_calls(stage, number, program, plan)]
    calls.append(f"copy({_at(plan, program.logits)}, logits, {program.size_of(program.logits)});")
    memory = f"static float memory[{plan.size}];"
    return Code(tuple(_kernels(program)), "\n\n".join(tables), memory, "\n".join(calls), 4 * plan.size)


def _plan(program: Program) -> MemoryPlan:
    sizes = {INPUT: program.size_of(INPUT)} | {stage.output: stage.size for stage in program.stages}
    return plan_memory(program, sizes, {stage.output: rows_kept(stage) for stage in program.stages})


def rows_kept(stage: Stage) -> int:
    """Return how many values a convolution keeps for the pooling after it: the rows that one window reads."""
    if stage.kind != "conv" or stage.pool is None:
        return 0
    return stage.pool.slide.windows[0].kernel_size * stage.pool.slide.input_shape[2]


def _kernels(program: Program) -> Iterable[str]:
    used = ["float/input.h", "float/copy.h", "softmax.h"]
    for stage in program.stages:
        if stage.activation is not None:
            used.append(f"float/{stage.activation.word}.h")
        if stage.pool is not None:
            used.append(f"float/{stage.pool.word}.h")
        used += [] if stage.kind in ("activation", "concat") else [f"float/{kernel_of(stage)}.h"]
    return used


def kernel_of(stage: Stage) -> str:
    """Return the name of the file in `kernels/` that computes a stage."""
    return stage.kind if stage.kind != "conv" else "conv_alone" if stage.pool is None else "conv_pooled"


def _at(plan: MemoryPlan, value: int, offset: int = 0) -> str:
    return f"memory + {plan.places[value] + offset}"


def _tables(stage: Stage, number: int) -> list[str]:
    """Return the constants of a stage: weights, biases, and the description that its function takes."""
    tables = []
    if stage.pool is not None:
        tables.append(_pooling(stage.pool, number))
    if stage.weight is None or stage.bias is None:
        return tables
    tables.append(array("float", f"weights_{number}", stage.weight.astype(np.float32)))
    tables.append(array("float", f"biases_{number}", stage.bias.astype(np.float32)))
    activation = f"{{{function_of(stage.activation)}, {literal(parameter_of(stage.activation))}}}"
    shared = f"weights_{number}, biases_{number}, {activation}"
    if stage.slide is None:
        outputs, inputs = stage.weight.shape
        tables.append(f"static const struct dense layer_{number} = {{{inputs}, {outputs}, {shared}}};")
        return tables
    kernels, channels = stage.weight.shape[:2]
    tables.append(
        f"static const struct conv layer_{number} = {{\n    {window(stage.slide.numbers())}, {channels}, {kernels}, "
        f"{kernels // stage.groups},\n    {shared}}};"
    )
    return tables


def _pooling(pool: Pool, number: int) -> str:
    row = POOL_ROWS[pool.word]
    return f"static const struct pooling pooling_{number} = {{{row}, {window(pool.slide.numbers())}}};"


def _calls(stage: Stage, number: int, program: Program, plan: MemoryPlan) -> list[str]:
    """Return the calls that compute a stage."""
    inputs, out = [_at(plan, value) for value in stage.inputs], _at(plan, stage.output)
    if stage.kind == "conv":
        if stage.pool is None:
            return [f"conv({inputs[0]}, {out}, &layer_{number});"]
        rows = f"memory + {plan.scratch[stage.output]}"
        return [f"conv_pooled({inputs[0]}, {out}, {rows}, &layer_{number}, &pooling_{number});"]
    if stage.kind == "dense":
        return [f"dense({inputs[0]}, {out}, &layer_{number});"]
    if stage.kind == "pool":
        return [f"pool({inputs[0]}, {out}, {stage.output_shape[0]}, &pooling_{number});"]
    if stage.kind == "add":
        return [f"add({inputs[0]}, {inputs[1]}, {out}, {stage.size});"]
    if stage.kind == "activation":
        moved = [] if inputs[0] == out else [f"copy({inputs[0]}, {out}, {stage.size});"]
        name, parameter = function_of(stage.activation), literal(parameter_of(stage.activation))
        return [*moved, f"{name}({out}, {stage.size}, {parameter});"]
    sizes = [program.size_of(value) for value in stage.inputs]
    starts = np.cumsum([0, *sizes[:-1]])
    return [
        f"copy({of}, {_at(plan, stage.output, int(start))}, {size});"
        for of, start, size in zip(inputs, starts, sizes, strict=True)
    ]


def window(numbers: Iterable[int]) -> str:
    """Return a `struct window`."""
    return "{" + ", ".join(map(str, numbers)) + "}"


def function_of(activation: Activation | None) -> str:
    """Return the name of an activation's C function."""
    return "NULL" if activation is None else _FUNCTIONS.get(activation.word, activation.word)


def parameter_of(activation: Activation | None) -> float:
    """Return the parameter of an activation's C function; 0 if it has none."""
    return 0.0 if activation is None else float(activation.page_arguments().get("slope", 0.0))
