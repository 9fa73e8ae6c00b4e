"""What only newer processors can run is only called on them: checked in what was compiled.

The kernels are compiled once for each instruction set. Two mistakes would end Convlens on an older processor with
"illegal instruction", and no test on a newer one would show them:

- An inline function that every copy of the kernels brings along, say of the standard library. The linker keeps one of
  them, for everybody, and it may be the one for AVX-512. So whatever such a copy offers to the linker must carry its
  instruction set in its name.
- A file that must run everywhere but was compiled with too much, say with -march=native. So the wide registers may
  occur in the kernels that are named after them and nowhere else.

    python scripts/instruction_sets.py

It looks at the folder below build into which pip compiled the extension for this Python.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NEWER = ("avx2", "avx512")
OFFERED = re.compile(r"[0-9a-f]+ \w (.+)")  # what is only used has no address
WIDE_REGISTER = re.compile(r"%[yz]mm\d")


def find_foreign_symbols(instruction_set: str, listing: str) -> list[str]:
    """What `nm -g -C` lists as offered to the linker without the instruction set in its name.

    >>> find_foreign_symbols("avx2", "00 W convlens::avx2::sweep(int)\\n08 W std::max(int, int)\\n   U memset")
    ['std::max(int, int)']
    """
    own = re.compile(rf"\bconvlens::{instruction_set}(::|_kernels\b)")
    offered = (match[1] for line in listing.splitlines() if (match := OFFERED.match(line)))
    return [name for name in offered if not own.search(name)]


def find_wide_registers(disassembly: Iterable[str]) -> list[str]:
    """The instructions of `objdump -d` that an x86-64 processor without AVX does not know.

    >>> find_wide_registers(["  1: c5 fc 58 c1  vaddps %ymm1,%ymm0,%ymm0", "  5: 0f 58 c1  addps %xmm1,%xmm0"])
    ['1: c5 fc 58 c1  vaddps %ymm1,%ymm0,%ymm0']
    """
    return [line.strip() for line in disassembly if WIDE_REGISTER.search(line)]


def run(*command: str | Path) -> str:
    """What a tool prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(folder: Path) -> list[str]:
    """Everything that is wrong with the objects that were compiled into a folder, a line each."""
    wrong = []
    for path in sorted(folder.rglob("*.o")):
        name = path.relative_to(folder)
        newer = next((one for one in NEWER if f"kernels_{one}.dir" in name.parts), None)
        if newer:
            foreign = find_foreign_symbols(newer, run("nm", "-g", "-C", path))
            wrong += [
                f"{name}: {symbol} is not named after {newer}; the linker may take it for all" for symbol in foreign
            ]
        elif wide := find_wide_registers(run("objdump", "-d", path).splitlines()):
            wrong.append(f"{name}: {len(wide)} instructions that need a newer processor; the first is {wide[0]}")
    return wrong


def main(root: Path) -> int:
    """Print what is wrong, then how much was looked at; 1 where something is wrong, 2 where nothing was compiled."""
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
    print(f"kernels for {', '.join(names)}: {len(wrong) or 'nothing'} out of place")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
