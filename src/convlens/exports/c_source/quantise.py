"""Converts a network to whole numbers of 8 bits.

A value is stored as a byte from −128 to 127: value = scale·(byte − zero). All values of a layer have the same scale and
zero, chosen from the smallest and the largest that occur for typical images; 0 is always exact, because of padding. The
weights of each output channel have a scale of their own, and no zero. Sums are whole numbers of 32 bits. A multiplier
and a shift turn them into the bytes of the result. An activation other than ReLU is a table of 256 bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convlens.exports.c_source.reference import Values, pooled, weighted_sums, window_size
from convlens.exports.c_source.stages import INPUT, Program, Stage, refuse
from convlens.layers import Activation
from convlens.preprocessing import Normalisation

LOWEST, HIGHEST = -128, 127
INPUT_STEPS = 256
"""Pixels are counted in so many parts of a grey level before they are rounded."""
_LONGEST_SHIFT = 46  # so that product and rounding stay below 2^63
_SUM_BITS = 31


@dataclass(frozen=True)
class Scale:
    """How values become bytes: value = scale·(byte − zero)."""

    scale: float
    zero: int

    @classmethod
    def of(cls, low: float, high: float) -> "Scale":
        """Return the scale for values from `low` to `high`.

        >>> Scale.of(0.0, 255.0), Scale.of(-1.0, 1.0)
        (Scale(scale=1.0, zero=-128), Scale(scale=0.00784313725490196, zero=0))
        """
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / (HIGHEST - LOWEST) or 1.0
        return cls(scale, round(LOWEST - low / scale))

    def bytes_of(self, values: Values) -> Values:
        """Return the nearest bytes."""
        return np.clip(np.rint(values / self.scale) + self.zero, LOWEST, HIGHEST)


@dataclass(frozen=True, eq=False)
class Scaling:
    """How sums become bytes: zero + sum·multiplier/2^shift, rounded, at least `low`."""

    multipliers: NDArray[np.int64]
    shift: int
    zero: int
    low: int = LOWEST

    @classmethod
    def of(cls, factors: NDArray[np.float64], to: Scale, is_relu: bool = False) -> "Scaling":
        """Return the scaling by these factors, with one multiplier for each."""
        largest = float(factors.max())
        shift = int(np.clip(30 - np.ceil(np.log2(largest)), 1, _LONGEST_SHIFT))
        multipliers = np.rint(factors * 2.0**shift).astype(np.int64)
        return cls(multipliers, shift, to.zero, to.zero if is_relu else LOWEST)

    def apply(self, products: NDArray[np.int64]) -> Values:
        """Return the bytes of sums that were multiplied already."""
        steps = (products + ((2 * (self.zero - self.low) + 1) << (self.shift - 1))) >> self.shift
        return (self.low + np.clip(steps, 0, HIGHEST - self.low)).astype(np.float64)


@dataclass(frozen=True, eq=False)
class ByteStage:
    """A stage in whole numbers.

    `scaling` turns its sums into bytes, `table` applies its activation to them, and `pool_scaling` turns sums of
    windows into means. If it computes the logits, `factors` turn the sums into float instead.
    """

    stage: Stage
    inputs: tuple[Scale, ...]
    output: Scale
    weight: NDArray[np.int8] | None = None
    bias: NDArray[np.int32] | None = None
    scaling: Scaling | None = None
    table: NDArray[np.int8] | None = None
    pool_zero: int = 0
    pool_scaling: Scaling | None = None
    factors: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class ByteProgram:
    """A network in whole numbers: how pixels become bytes, and the stages."""

    program: Program
    input: Scale
    input_offsets: NDArray[np.int64]
    input_scaling: Scaling
    stages: tuple[ByteStage, ...]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute what the C code must answer for images, uint8 N×C×H×W: N × classes."""
        parts = np.array_split(images, max(1, len(images) // 100))
        return np.concatenate([self._logits(part) for part in parts])

    def _logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        shape = (-1, 1, 1)
        sums = INPUT_STEPS * images.astype(np.int64) - self.input_offsets.reshape(shape)
        values = {INPUT: self.input_scaling.apply(sums * self.input_scaling.multipliers.reshape(shape))}
        for stage in self.stages:
            values[stage.stage.output] = _compute(stage, [values[value] for value in stage.stage.inputs])
        result = values[self.program.logits].reshape(len(images), -1)
        if self.stages and self.stages[-1].factors is not None:
            return result.astype(np.float32)
        scale = self.scale_of(self.program.logits)
        return (result - scale.zero).astype(np.float32) * np.float32(scale.scale)

    def scale_of(self, value: int) -> Scale:
        """Return the scale of a value."""
        return next((stage.output for stage in self.stages if stage.stage.output == value), self.input)


def quantise(program: Program, normalisation: Normalisation, images: NDArray[np.uint8]) -> ByteProgram:
    """Return a network in whole numbers, with the scales that fit these images.

    Raises:
        UsageError: a sum of a layer could be too large for 32 bits.
    """
    mean, std = (np.array(part, np.float64) for part in (normalisation.mean, normalisation.std))
    scale = Scale.of(float((-mean / std).min()), float(((1 - mean) / std).max()))
    offsets = np.rint(INPUT_STEPS * 255 * mean).astype(np.int64)
    scaling = Scaling.of(1 / (INPUT_STEPS * 255 * std * scale.scale), scale)
    ranges = _measure(program, normalisation, images)
    scales, stages = {INPUT: scale}, []
    for stage in program.stages:
        stages.append(_quantise(program, stage, tuple(scales[value] for value in stage.inputs), ranges[stage.output]))
        scales[stage.output] = stages[-1].output
    return ByteProgram(program, scale, offsets, scaling, tuple(stages))


@dataclass
class _Ranges:
    """The scales that fit the values of a stage: its sums, these after the activation, and after the pooling."""

    sums: Scale
    active: Scale
    output: Scale


def _measure(program: Program, normalisation: Normalisation, images: NDArray[np.uint8]) -> Mapping[int, _Ranges]:
    """Compute the network in float, and return the scales of all values."""
    values: dict[int, Values] = {INPUT: normalisation.apply(images).astype(np.float64)}
    ranges = {}
    for stage in program.stages:
        inputs = [values[value] for value in stage.inputs]
        sums = _float_sums(stage, inputs)
        active = sums if stage.activation is None else stage.activation.apply(sums)
        output = active if stage.pool is None else pooled(stage.pool, active)
        if stage.pool is not None and stage.pool.word == "avgpool":
            output = output / window_size(stage.pool)
        values[stage.output] = output
        ranges[stage.output] = _Ranges(*(_scale_of(part) for part in (sums, active, output)))
    return ranges


def _scale_of(values: Values) -> Scale:
    return Scale.of(float(values.min(initial=0)), float(values.max(initial=0)))


def _float_sums(stage: Stage, inputs: list[Values]) -> Values:
    if stage.weight is not None and stage.bias is not None:
        return weighted_sums(stage, inputs[0], stage.weight, stage.bias)
    if stage.kind == "add":
        return inputs[0] + inputs[1].reshape(inputs[0].shape)
    if stage.kind == "concat":
        return np.concatenate([part.reshape(len(part), -1) for part in inputs], axis=1)
    return inputs[0]


def _quantise(program: Program, stage: Stage, inputs: tuple[Scale, ...], ranges: _Ranges) -> ByteStage:
    if stage.kind in ("conv", "dense"):
        return _quantise_weights(program, stage, inputs, ranges)
    if stage.kind == "pool":
        return _with_pool(ByteStage(stage, inputs, inputs[0]), inputs[0], ranges)
    if stage.kind == "activation":
        if _is_relu(stage.activation):
            return ByteStage(stage, inputs, inputs[0])
        return ByteStage(stage, inputs, ranges.output, table=_table(stage.activation, inputs[0], ranges.output))
    factors = np.array([scale.scale / ranges.output.scale for scale in inputs])
    return ByteStage(stage, inputs, ranges.output, scaling=Scaling.of(factors, ranges.output))


def _quantise_weights(program: Program, stage: Stage, inputs: tuple[Scale, ...], ranges: _Ranges) -> ByteStage:
    assert stage.weight is not None
    assert stage.bias is not None
    flat = stage.weight.reshape(len(stage.weight), -1)
    # The bias must fit as well, also if all weights of a channel are nearly 0.
    scales = np.maximum(np.abs(flat).max(axis=1) / HIGHEST, np.abs(stage.bias) / (inputs[0].scale * 2.0**29))
    scales[scales == 0] = 1.0
    weight = np.rint(flat / scales[:, np.newaxis]).astype(np.int64)
    bias = np.rint(stage.bias / (scales * inputs[0].scale)).astype(np.int64)
    reach = HIGHEST - LOWEST
    if stage.kind == "dense":  # it multiplies the bytes as they are, because none of them is padding
        bias -= inputs[0].zero * weight.sum(axis=1)
        reach = -LOWEST
    most = np.abs(bias) + np.abs(weight).sum(axis=1) * reach
    if most.max() >= 2**_SUM_BITS:
        raise refuse(stage.nodes[0].layer, stage.nodes[0], "has sums that whole numbers of 32 bits cannot hold")
    made = ByteStage(
        stage,
        inputs,
        ranges.active,
        weight.astype(np.int8).reshape(stage.weight.shape),
        bias.astype(np.int32),
    )
    factors = scales * inputs[0].scale
    if stage.kind == "dense" and stage.output == program.logits and stage.activation is None:
        return replace(made, factors=factors.astype(np.float32))
    if stage.activation is None or _is_relu(stage.activation):
        relu = stage.activation is not None
        made = replace(made, scaling=Scaling.of(factors / ranges.active.scale, ranges.active, relu))
    else:
        made = replace(
            made,
            scaling=Scaling.of(factors / ranges.sums.scale, ranges.sums),
            table=_table(stage.activation, ranges.sums, ranges.active),
        )
    return _with_pool(made, ranges.active, ranges)


def _with_pool(made: ByteStage, before: Scale, ranges: _Ranges) -> ByteStage:
    pool = made.stage.pool
    if pool is None or pool.word == "maxpool":
        return made
    factor = np.array([before.scale / (window_size(pool) * ranges.output.scale)])
    return replace(made, output=ranges.output, pool_zero=before.zero, pool_scaling=Scaling.of(factor, ranges.output))


def _table(activation: Activation | None, before: Scale, after: Scale) -> NDArray[np.int8]:
    assert activation is not None
    values = before.scale * (np.arange(LOWEST, HIGHEST + 1, dtype=np.float64) - before.zero)
    return after.bytes_of(activation.apply(values)).astype(np.int8)


def _is_relu(activation: Activation | None) -> bool:
    return activation is not None and activation.word == "relu"


def _compute(made: ByteStage, inputs: list[Values]) -> Values:
    """Compute the bytes of a stage, or its logits in float, as the C code does."""
    stage = made.stage
    x = inputs[0]
    if made.weight is not None and made.bias is not None:
        centred = x if stage.kind == "dense" else x - made.inputs[0].zero
        sums = weighted_sums(stage, centred, made.weight, made.bias)
        if made.factors is not None:
            return sums.astype(np.float32) * made.factors
        assert made.scaling is not None
        shape = (-1, *[1] * (sums.ndim - 2))
        x = made.scaling.apply(sums.astype(np.int64) * made.scaling.multipliers.reshape(shape))
    elif made.scaling is not None:
        products = [
            (part.reshape(len(part), -1).astype(np.int64) - scale.zero) * multiplier
            for part, scale, multiplier in zip(inputs, made.inputs, made.scaling.multipliers, strict=True)
        ]
        return made.scaling.apply(
            products[0] + products[1] if stage.kind == "add" else np.concatenate(products, axis=1)
        )
    elif _is_relu(stage.activation):
        return np.maximum(x, made.output.zero)
    if made.table is not None:
        x = made.table[x.astype(np.int64) - LOWEST].astype(np.float64)
    if stage.pool is None:
        return x
    if made.pool_scaling is None:
        return pooled(stage.pool, x)
    sums = pooled(stage.pool, x - made.pool_zero).astype(np.int64)
    return made.pool_scaling.apply(sums * made.pool_scaling.multipliers)
