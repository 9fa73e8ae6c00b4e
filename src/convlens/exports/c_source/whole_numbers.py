"""Tables and calls of a network in whole numbers of 8 bits."""

from collections.abc import Iterable

import numpy as np

from convlens.exports.c_source.floats import POOL_ROWS, Code, kernel_of, rows_kept, window
from convlens.exports.c_source.memory import MemoryPlan, plan_memory
from convlens.exports.c_source.quantise import ByteProgram, ByteStage, Scaling
from convlens.exports.c_source.stages import INPUT
from convlens.exports.c_source.templates import array, comment, literal

_WORD = 4  # bytes of a sum; sums lie at multiples of it


def write_bytes(network: ByteProgram) -> Code:
    """Return the C code of a network in whole numbers."""
    program = network.program
    plan = _plan(network)
    tables = [
        array("int32_t", "input_offsets", network.input_offsets),
        array("int32_t", "input_multipliers", network.input_scaling.multipliers),
        f"static const struct scaling input_scaling = {_scaling(network.input_scaling)};",
    ]
    channels, height, width = program.input_shape
    calls = [
        f"quantise(image, {_at(plan, INPUT)}, {channels}, {height * width}, input_offsets, input_multipliers,",
        "         &input_scaling);",
    ]
    for number, made in enumerate(network.stages):
        tables += _tables(made, number)
        calls += [comment(made.stage.text), *_calls(made, number, network, plan)]
    if not _ends_in_float(network):
        scale, size = network.scale_of(program.logits), program.size_of(program.logits)
        calls.append(f"to_float({_at(plan, program.logits)}, logits, {size}, {scale.zero}, {literal(scale.scale)});")
    memory = f"static int32_t memory[{plan.size // _WORD}]; /* of sums, and of bytes */"
    return Code(tuple(_kernels(network)), "\n\n".join(tables), memory, "\n".join(calls), plan.size)


def _ends_in_float(network: ByteProgram) -> bool:
    return bool(network.stages) and network.stages[-1].factors is not None


def _plan(network: ByteProgram) -> MemoryPlan:
    program = network.program
    sizes = {INPUT: program.size_of(INPUT)}
    sizes |= {made.stage.output: 0 if made.factors is not None else made.stage.size for made in network.stages}
    scratch = {made.stage.output: _sums(made) + rows_kept(made.stage) for made in network.stages}
    return plan_memory(program, sizes, scratch, _WORD)


def _sums(made: ByteStage) -> int:
    """Return how many bytes the sums of a convolution's row have."""
    slide = made.stage.slide
    return 0 if slide is None else _WORD * slide.output_shape[2]


def _kernels(network: ByteProgram) -> Iterable[str]:
    used = ["int8/input.h", "softmax.h"]
    used += [] if _ends_in_float(network) else ["int8/to_float.h"]
    for made in network.stages:
        kind, pool = made.stage.kind, made.stage.pool
        used += [] if pool is None else [f"int8/{pool.word}.h"]
        if kind == "activation":
            used.append("int8/relu.h" if made.table is None else "int8/activation.h")
        elif made.factors is not None:
            used.append("int8/dense_to_float.h")
        else:
            used.append(f"int8/{'rescale' if kind == 'concat' else kernel_of(made.stage)}.h")
    return used


def _at(plan: MemoryPlan, value: int, offset: int = 0) -> str:
    return f"(int8_t*)memory + {plan.places[value] + offset}"


def _scaling(scaling: Scaling | None) -> str:
    """Return a `struct scaling`."""
    return "{1, 0, 0}" if scaling is None else f"{{{scaling.shift}, {scaling.zero}, {scaling.low}}}"


def _tables(made: ByteStage, number: int) -> list[str]:
    """Return the constants of a stage."""
    stage, tables = made.stage, []
    if stage.pool is not None:
        multiplier = 0 if made.pool_scaling is None else made.pool_scaling.multipliers[0]
        tables.append(
            f"static const struct pooling pooling_{number} = {{{POOL_ROWS[stage.pool.word]}, "
            f"{window(stage.pool.slide.numbers())}, {made.pool_zero}, {multiplier}, {_scaling(made.pool_scaling)}}};"
        )
    if made.table is not None:
        tables.append(array("int8_t", f"activation_{number}", made.table))
    if made.weight is not None and made.bias is not None:
        tables.append(array("int8_t", f"weights_{number}", made.weight))
        tables.append(array("int32_t", f"biases_{number}", made.bias))
    if made.factors is not None:
        return [*tables, array("float", f"scales_{number}", made.factors)]
    if made.scaling is not None:
        tables.append(array("int32_t", f"multipliers_{number}", made.scaling.multipliers))
    if stage.kind in ("add", "concat"):
        tables.append(array("int8_t", f"zeros_{number}", np.array([scale.zero for scale in made.inputs])))
        tables.append(f"static const struct scaling scaling_{number} = {_scaling(made.scaling)};")
    if made.weight is not None:
        tables.append(_layer(made, number))
    return tables


def _layer(made: ByteStage, number: int) -> str:
    """Return the description that the function of a convolution or a dense layer takes."""
    assert made.weight is not None
    stage = made.stage
    activation = "NULL" if made.table is None else f"activation_{number}"
    shared = f"weights_{number}, biases_{number}, multipliers_{number}, {activation}"
    kernels, channels = made.weight.shape[:2]
    scaling = _scaling(made.scaling)
    if stage.slide is None:
        return f"static const struct dense layer_{number} = {{{channels}, {kernels}, {scaling},\n    {shared}}};"
    return (
        f"static const struct conv layer_{number} = {{\n    {window(stage.slide.numbers())}, {channels}, {kernels}, "
        f"{kernels // stage.groups}, {made.inputs[0].zero}, {scaling},\n    {shared}}};"
    )


def _calls(made: ByteStage, number: int, network: ByteProgram, plan: MemoryPlan) -> list[str]:
    """Return the calls that compute a stage."""
    stage, program = made.stage, network.program
    inputs, out = [_at(plan, value) for value in stage.inputs], _at(plan, stage.output)
    if stage.kind == "conv":
        scratch = plan.scratch[stage.output]
        sums = f"memory + {scratch // _WORD}"
        if stage.pool is None:
            return [f"conv({inputs[0]}, {out}, {sums}, &layer_{number});"]
        rows = f"(int8_t*)memory + {scratch + _sums(made)}"
        return [f"conv_pooled({inputs[0]}, {out}, {sums}, {rows}, &layer_{number},\n            &pooling_{number});"]
    if made.factors is not None and made.weight is not None:
        outputs, count = made.weight.shape
        of = f"weights_{number}, biases_{number}, scales_{number}"
        return [f"dense_to_float({inputs[0]}, logits, {count}, {outputs}, {of});"]
    if stage.kind == "dense":
        return [f"dense({inputs[0]}, {out}, &layer_{number});"]
    if stage.kind == "pool":
        return [f"pool({inputs[0]}, {out}, {stage.output_shape[0]}, &pooling_{number});"]
    if stage.kind == "activation":
        if made.table is None:
            return [f"relu({inputs[0]}, {out}, {stage.size}, {made.output.zero});"]
        return [f"activate({inputs[0]}, {out}, {stage.size}, activation_{number});"]
    if stage.kind == "add":
        of = f"zeros_{number}, multipliers_{number}, &scaling_{number}"
        return [f"add({inputs[0]}, {inputs[1]}, {out}, {stage.size},\n    {of});"]
    sizes = [program.size_of(value) for value in stage.inputs]
    starts = np.cumsum([0, *sizes[:-1]])
    return [
        f"rescale({of}, {_at(plan, stage.output, int(start))}, {size}, zeros_{number}[{part}], "
        f"multipliers_{number}[{part}],\n        &scaling_{number});"
        for part, (of, start, size) in enumerate(zip(inputs, starts, sizes, strict=True))
    ]
