"""The parts of the export in C: stages, places in memory, kernels, names, and the arithmetic of 8 bits."""

import shutil
import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from tests.exports.c_source.c_models import NETWORKS, make_contents, make_model
from tests.exports.test_page_model import TUTORIAL, make

from convlens.exports.c_source.compiler import find_compiler, flash_of
from convlens.exports.c_source.floats import write_floats
from convlens.exports.c_source.memory import MemoryPlan, plan_memory
from convlens.exports.c_source.proving import code_of, program_of
from convlens.exports.c_source.quantise import Scale, Scaling, quantise
from convlens.exports.c_source.stages import INPUT, Program
from convlens.exports.c_source.templates import FOLDER, array, c_name, comment, join_kernels, literal, string
from convlens.exports.c_source.whole_numbers import write_bytes
from convlens.exports.programs import run
from convlens.preprocessing import Normalisation

KERNELS = sorted((FOLDER / "kernels").rglob("*.h"))


def test_the_stages_of_the_tutorials_network():
    program = program_of(make(TUTORIAL))
    assert [(stage.kind, stage.text) for stage in program.stages] == [
        ("conv", "conv 8 3x3 pad 1, relu, maxpool 2"),
        ("conv", "conv 16 3x3 pad 1, relu, maxpool 2"),
        ("dense", "dense 10"),
    ]
    assert [stage.output_shape for stage in program.stages] == [(8, 14, 14), (16, 7, 7), (10,)]


def test_memory_of_the_tutorials_network():
    """The first convolution needs 28·28 values in, 8·14·14 out, and two rows. The second one has 16·7·7 = 28·28 out."""
    program = program_of(make(TUTORIAL))
    assert write_floats(program, Normalisation()).ram == 4 * (28 * 28 + 8 * 14 * 14 + 2 * 28) == 9632


def test_memory_of_the_tutorials_network_in_8_bits():
    """As in float, a byte for each value; and 28 sums of 4 bytes for a row."""
    model = make(TUTORIAL)
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 28, 28), np.uint8)
    assert write_bytes(quantise(program_of(model), Normalisation(), images)).ram == 784 + 1568 + 56 + 4 * 28 == 2520


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("alignment", [1, 4])
def test_nothing_in_memory_is_overwritten_before_it_was_read(name, alignment):
    """Run the stages on places of memory instead of numbers: each place remembers which value wrote it."""
    program = program_of(make_model(*NETWORKS[name]))
    sizes = {INPUT: program.size_of(INPUT)} | {stage.output: stage.size for stage in program.stages}
    scratch = {stage.output: 3 for stage in program.stages if stage.kind == "conv"}
    plan = plan_memory(program, sizes, scratch, alignment)
    owner = np.full(plan.size, -100)
    _write(owner, plan, sizes, INPUT)
    for stage in program.stages:
        if stage.output in scratch:
            start = plan.scratch[stage.output]
            owner[start : start + 3] = -50
        elsewhere = [value for value in stage.inputs if plan.places[value] != plan.places[stage.output]]
        if stage.kind not in ("add", "activation"):
            assert elsewhere == list(stage.inputs)
        for value in stage.inputs:
            _check_owner(owner, plan, sizes, value)
        _write(owner, plan, sizes, stage.output)
        for value in elsewhere:
            _check_owner(owner, plan, sizes, value)
    _check_owner(owner, plan, sizes, program.logits)
    assert all(place % alignment == 0 for place in (*plan.places.values(), *plan.scratch.values(), plan.size))


def _write(owner, plan: MemoryPlan, sizes, value):
    owner[plan.places[value] : plan.places[value] + sizes[value]] = value


def _check_owner(owner, plan: MemoryPlan, sizes, value):
    assert (owner[plan.places[value] : plan.places[value] + sizes[value]] == value).all()


def test_an_addition_reuses_the_place_of_an_input_that_ends_there():
    program = program_of(make_model("residual(conv 3 1x1), dense", (3, 4, 4)))
    body, add, _ = program.stages
    plan = plan_memory(program, {INPUT: 48, body.output: 48, add.output: 48, program.logits: 3}, {})
    assert plan.places[add.output] in (plan.places[INPUT], plan.places[body.output])
    assert plan.size == 96


def _names(program: Program) -> Iterator[str]:
    return (stage.kind for stage in program.stages)


def test_batchnorm_is_part_of_a_layer_before_it_and_else_a_convolution():
    alone = program_of(make_model("batchnorm, conv 2 1x1, batchnorm, relu, batchnorm, dense", (1, 4, 4)))
    assert list(_names(alone)) == ["conv", "conv", "conv", "dense"]
    assert alone.stages[1].text == "conv 2 1x1, batchnorm, relu"
    assert alone.stages[2].groups == 2
    row = program_of(make_model("conv 2 1x1, flatten, batchnorm, dense", (1, 4, 4)))  # 32 numbers, not 2 channels
    assert list(_names(row)) == ["conv", "conv", "dense"]


def test_a_value_that_two_layers_read_is_kept():
    program = program_of(make_model("conv 3 1x1, residual(relu, maxpool 1), dense", (3, 4, 4)))
    assert list(_names(program)) == ["conv", "activation", "pool", "add", "dense"]


def test_every_kernel_is_in_some_export_once():
    texts = [
        join_kernels(code_of(make_contents(make_model(*network), int8)).kernels)
        for network in NETWORKS.values()
        for int8 in (False, True)
    ]
    for kernel in KERNELS:
        last = kernel.read_text().strip().split("\n\n")[-1]
        assert max(text.count(last) for text in texts) == 1, kernel
    assert all('#include "' not in text for text in texts)


@pytest.mark.parametrize("folder", ["float", "int8"])
def test_all_kernels_compile(tmp_path, folder):
    names = [f"{folder}/{path.name}" for path in KERNELS if path.parent.name == folder]
    source = "#include <stdint.h>\n#include <stddef.h>\n" + join_kernels([*names, "softmax.h"])
    (tmp_path / "all.c").write_text(source)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-function"]
    run([find_compiler(), *flags, "-c", "all.c", "-o", "all.o"], tmp_path)


def test_the_format_of_the_c_code():
    if shutil.which("clang-format") is None:
        pytest.skip("clang-format is not installed")
    files = [*KERNELS, *FOLDER.glob("*.[ch]")]
    subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, files)], check=True, cwd=FOLDER)


def test_numbers_and_texts_in_c():
    assert [literal(np.float32(value)) for value in (1, -0.5, 1e-45, 3.4e38)] == ["1.0f", "-0.5f", "1e-45f", "3.4e+38f"]
    assert array("float", "x", np.zeros(0, np.float32)) == "static const float x[0] = {\n   \n};"
    assert all(len(line) <= 120 for line in array("int8_t", "x", np.full(500, -128, np.int8)).splitlines())
    assert string("??/\n\\") == r'"\077\077/\012\\"'
    assert comment("a\\\nb */ /* ??/") == "/* a\n   b * / / * ? ?/ */"
    assert [c_name(text) for text in ("int", "A-b.C", "_1", "x" * 60, "→")] == [
        "int",
        "a_b_c",
        "model_1",
        "x" * 40,
        "model",
    ]


def test_the_size_of_an_object_file(tmp_path, monkeypatch):
    (tmp_path / "a.c").write_text("const int table[25] = {1};\nint value = 3;\nint none;\n")
    run([find_compiler(), "-c", "a.c", "-o", "a.o"], tmp_path)
    if shutil.which("size"):
        assert flash_of(tmp_path / "a.o") == 104
    monkeypatch.setenv("PATH", str(tmp_path))
    assert flash_of(tmp_path / "a.o") is None


def test_scales_by_hand():
    assert Scale.of(0.5, 2.55) == Scale(2.55 / 255, -128)  # 0 is included
    assert Scale.of(-2.0, -1.0) == Scale(2 / 255, 127)
    assert Scale.of(0, 0) == Scale(1.0, -128)
    scale = Scale(0.5, -3)
    assert scale.bytes_of(np.array([0.0, 1.0, -0.6, 100.0, -100.0])).tolist() == [-3, -1, -4, 127, -128]


def test_scaling_by_hand():
    """Half of 3 is 1.5, which becomes 2, and half of −3 becomes −1: halves are rounded up."""
    scaling = Scaling.of(np.array([0.5]), Scale(1.0, 10))
    assert (scaling.multipliers.tolist(), scaling.shift) == ([2**30], 31)
    sums = np.array([3, -3, 2, 1000, -1000])
    assert scaling.apply(sums * scaling.multipliers).tolist() == [12, 9, 11, 127, -128]
    relu = Scaling.of(np.array([0.5]), Scale(1.0, 10), is_relu=True)
    assert relu.apply(sums * relu.multipliers).tolist() == [12, 10, 11, 127, 10]
    assert Scaling.of(np.array([1e-30]), Scale(1.0, 0)).shift == 46
    assert Scaling.of(np.array([3.0]), Scale(1.0, 0)).multipliers.tolist() == [3 * 2**28]


def test_a_channel_of_nearly_no_weight_keeps_its_bias():
    weights = {
        "0.weight": np.array([1e-12, 1.0], np.float32).reshape(2, 1, 1, 1),
        "0.bias": np.array([2.0, 0.0], np.float32),
        "2.weight": np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], np.float32),
        "2.bias": np.zeros(3, np.float32),
    }
    model = make_model("conv 2 1x1, dense", (1, 1, 1), weights)
    images = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
    network = quantise(program_of(model), model.plan.normalisation, images)
    np.testing.assert_allclose(network.logits(images), model.logits(images), atol=0.02)
