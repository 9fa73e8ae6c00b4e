"""Checks in the compiled files that instructions of newer processors are only called on such processors.

The kernels are compiled once for each instruction set. Two mistakes would end Convlens on an older processor with
"illegal instruction", and no test on a newer one would find them:

- An inline function, for example of the standard library, that is compiled into every copy of the kernels. The linker
  keeps one copy for all callers, perhaps the one for AVX-512. So every symbol that such a file exports must have the
  instruction set in its name.
- A file that must run everywhere but was compiled for newer processors, for example with -march=native. So wide
  registers may only occur in the kernels that are named after them.

    python scripts/instruction_sets.py

The script reads the folder in build/ where pip compiled the extension for this Python.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NEWER = ("avx2", "avx512")
OFFERED = re.compile(r"[0-9a-f]+ \w (.+)")  # symbols that are only used have no address
WIDE_REGISTER = re.compile(r"%[yz]mm\d")


def find_foreign_symbols(instruction_set: str, listing: str) -> list[str]:
    """Return the exported symbols in the output of `nm -g -C` that do not have the instruction set in their name.

    >>> find_foreign_symbols("avx2", "00 W convlens::avx2::sweep(int)\\n08 W std::max(int, int)\\n   U memset")
    ['std::max(int, int)']
    """
    own = re.compile(rf"\bconvlens::{instruction_set}(::|_kernels\b)")
    offered = (match[1] for line in listing.splitlines() if (match := OFFERED.match(line)))
    return [name for name in offered if not own.search(name)]


def find_wide_registers(disassembly: Iterable[str]) -> list[str]:
    """Return the instructions in the output of `objdump -d` that an x86-64 processor without AVX does not have.

    >>> find_wide_registers(["  1: c5 fc 58 c1  vaddps %ymm1,%ymm0,%ymm0", "  5: 0f 58 c1  addps %xmm1,%xmm0"])
    ['1: c5 fc 58 c1  vaddps %ymm1,%ymm0,%ymm0']
    """
    return [line.strip() for line in disassembly if WIDE_REGISTER.search(line)]


def run(*command: str | Path) -> str:
    """Return the output of a tool."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(folder: Path) -> list[str]:
    """Return the problems of the objects that were compiled into a folder, one line for each."""
    wrong = []
    for path in sorted(folder.rglob("*.o")):
        name = path.relative_to(folder)
        newer = next((one for one in NEWER if f"kernels_{one}.dir" in name.parts), None)
        if newer:
            foreign = find_foreign_symbols(newer, run("nm", "-g", "-C", path))
            wrong += [
                f"{name}: {symbol} is not named after {newer}; the linker may use it for all" for symbol in foreign
            ]
        elif wide := find_wide_registers(run("objdump", "-d", path).splitlines()):
            wrong.append(f"{name}: {len(wide)} instructions that need a newer processor; the first is {wide[0]}")
    return wrong


def main(root: Path) -> int:
    """Print the problems and a summary. Return 1 if there are problems, and 2 if nothing was compiled."""
    folders = sorted(root.glob(f"build/cp{sys.version_info.major}{sys.version_info.minor}-*"))
    objects = [path for folder in folders for path in folder.rglob("kernels_*.dir/**/*.o")]
    if not objects:
        print(f"{root}/build has no compiled kernels for this Python; `make set-up` compiles them.", file=sys.stderr)
        return 2
    wrong = [line for folder in folders for line in check(folder)]
    for line in wrong:
        print(line)
    places = {path.relative_to(root).parts[3] for path in objects}
    names = sorted(place.removeprefix("kernels_").removesuffix(".dir") for place in places)
    print(f"kernels for {', '.join(names)}: {len(wrong) or 'no'} problem{'s' * (len(wrong) != 1)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
