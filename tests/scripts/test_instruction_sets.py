"""What only newer processors can run is found where it must not be; with a real compiler, where there is one."""

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from instruction_sets import find_foreign_symbols, find_wide_registers, main

LISTING = """
0000000000000000 D convlens::avx512_kernels
0000000000000120 W convlens::avx512::sweep(convlens::Sweep const&, float const*, float*)
0000000000000400 W void convlens::avx512::dense_block<10>(int, float const*, float const*, float const*, float*)
0000000000000000 W int const& std::max<int>(int const&, int const&)
0000000000000000 V vtable for convlens::Engine
0000000000000000 u std::piecewise_construct
0000000000000040 T convlens::avx2::sweep(convlens::Sweep const&, float const*, float*)
                 U log
                 U operator delete(void*)
                 w __gmon_start__
"""

KERNELS = """
inline int larger(int a, int b) { return a > b ? a : b; }
namespace convlens {
namespace avx2 {
inline int sum(int a, int b) { return a + b; }
}
extern int (*const avx2_kernels[2])(int, int) = {avx2::sum, FUNCTION};
}
"""

ADDITION = "void add(float* a, const float* b) { for (int k = 0; k < 64; ++k) a[k] += b[k]; }\n"


def test_what_is_not_named_after_its_instruction_set_is_found():
    assert find_foreign_symbols("avx512", LISTING) == [
        "int const& std::max<int>(int const&, int const&)",
        "vtable for convlens::Engine",
        "std::piecewise_construct",
        "convlens::avx2::sweep(convlens::Sweep const&, float const*, float*)",
    ]


def test_registers_that_sse_does_not_have_are_wide():
    lines = ["vaddps %zmm12,%zmm0,%zmm0", "vaddps %ymm1,%ymm0,%ymm0", "addps %xmm1,%xmm0", "add %eax,%ecx"]
    assert find_wide_registers(lines) == lines[:2]


@pytest.fixture
def compile_object(tmp_path: Path):
    """A function that compiles a text into the place of a part of the engine, in a project of this Python."""
    missing = [tool for tool in ("c++", "nm", "objdump") if shutil.which(tool) is None]
    if missing or platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip(f"x86-64 and its tools are needed; missing: {', '.join(missing) or 'the processor'}")
    folder = tmp_path / "build" / f"cp{sys.version_info.major}{sys.version_info.minor}-of-this-test" / "CMakeFiles"

    def compile_into(part: str, text: str, *options: str) -> None:
        place = folder / f"{part}.dir" / "table.cpp.o"
        place.parent.mkdir(parents=True)
        source = tmp_path / f"{part}.cpp"
        source.write_text(text, encoding="utf-8")
        subprocess.run(["c++", "-std=c++17", *options, "-c", source, "-o", place], check=True, timeout=60)

    return compile_into


def test_kernels_that_bring_nothing_of_others_pass(compile_object, tmp_path, capsys):
    compile_object("kernels_avx2", KERNELS, "-mavx2", "-DFUNCTION=avx2::sum")
    compile_object("kernels_baseline", ADDITION, "-O3")
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == "kernels for avx2, baseline: no problems\n"


def test_an_inline_function_for_all_that_was_compiled_for_few_is_named(compile_object, tmp_path, capsys):
    compile_object("kernels_avx2", KERNELS, "-mavx2", "-DFUNCTION=larger")
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == (
        "CMakeFiles/kernels_avx2.dir/table.cpp.o: "
        "larger(int, int) is not named after avx2; the linker may use it for all\n"
        "kernels for avx2: 1 problem\n"
    )


@pytest.mark.parametrize("part", ["kernels_baseline", "_native"])
def test_a_file_for_all_that_needs_a_newer_processor_is_named(compile_object, tmp_path, capsys, part):
    compile_object("kernels_avx2", KERNELS, "-mavx2", "-DFUNCTION=avx2::sum")
    compile_object(part, ADDITION, "-O3", "-mavx2")
    assert main(tmp_path) == 1
    out = capsys.readouterr().out
    assert f"CMakeFiles/{part}.dir/table.cpp.o: " in out
    assert "instructions that need a newer processor; the first is " in out
    assert "%ymm" in out


def test_where_nothing_was_compiled_the_message_says_what_to_do(tmp_path, capsys):
    assert main(tmp_path) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}/build has no compiled kernels for this Python; `make set-up` compiles them.\n"
    )
