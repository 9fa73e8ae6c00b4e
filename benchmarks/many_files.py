"""Measures a folder of 100,000 small images: checking and importing it, with and without a cache; time and memory.

    python benchmarks/many_files.py                                          writes the record
    python benchmarks/many_files.py --images 5000                            a short try

Every start is a separate process. The first of each pair has an empty cache, the second uses the cache of the first.
The files themselves are in the system's file cache, because they were just written.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machine import Neighbours, usable_cores
from recording import conclude, reason_against, shared_facts
from records import format_table
from whole_process import CONVLENS, Finished, mebibytes, run_process

LEAST_IMAGES = 100_000
CLASSES = 10
SIDE = 28
WANTED_SECONDS = 2.0
"""The limit for a second start."""
IMPORT = "import sys; from convlens.data import import_images; import_images(sys.argv[1])"


@dataclass(frozen=True)
class Start:
    """One process: its title, its command, and the name of its cache."""

    title: str
    command: tuple[str, ...]
    cache: str


def starts(folder: Path) -> list[Start]:
    """Return the processes to measure, in order.

    >>> [start.title for start in starts(Path("f"))]
    ['check, first start', 'check, second start', 'import, first start', 'import, second start']
    """
    commands = {
        "check": (CONVLENS, "data", "check", str(folder)),
        "import": (sys.executable, "-c", IMPORT, str(folder)),
    }
    return [
        Start(f"{name}, {number} start", command, name)
        for name, command in commands.items()
        for number in ("first", "second")
    ]


def make_many_files(folder: Path, images: int, seed: int = 0) -> None:
    """Write grey PNG files of 28×28 into folders 0 to 9: a bar on patches, whose angle depends on the class.

    The patches are a different random pattern in every image, so that a check finds no copies or near copies.
    """
    import numpy as np
    from PIL import Image

    places = [folder / str(label) for label in range(CLASSES)]
    for place in places:
        place.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    across, down = np.meshgrid(np.arange(SIDE) - SIDE / 2, np.arange(SIDE) - SIDE / 2)
    for number in range(images):
        label = number % CLASSES
        angle = (label + generator.uniform(-0.3, 0.3)) * np.pi / CLASSES
        middle, width = generator.uniform(-4, 4), generator.uniform(1, 3)
        distances = np.abs(across * np.sin(angle) - down * np.cos(angle) - middle)
        bar = np.clip(width + 0.5 - distances, 0, 1) * generator.integers(150, 241)
        patches = np.kron(generator.integers(0, 130, (SIDE // 4, SIDE // 4)), np.ones((4, 4)))
        pixels = np.maximum(patches + generator.integers(0, 8, (SIDE, SIDE)), bar).astype(np.uint8)
        Image.fromarray(pixels).save(places[label] / f"{number:06}.png", compress_level=1)


def make_in_own_process(folder: Path, images: int) -> None:
    """Make the files in another process, because this one must stay smaller than the measured ones."""
    code = f"from many_files import *; make_many_files(Path({str(folder)!r}), {images})"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def format_results(finished: Mapping[str, Finished], images: int) -> str:
    """Return a table with a row per start."""
    rows = [
        [title, f"{done.seconds:.2f}", f"{images / done.seconds:,.0f}", f"{mebibytes(done.peak):.0f}"]
        for title, done in finished.items()
    ]
    return format_table(["what", "s", "images/s", "peak MiB"], rows)


def verdict(finished: Mapping[str, Finished]) -> str:
    """Return sentences on whether the second starts are within the limit.

    >>> print(verdict({"check, second start": Finished(2.5, 0)}))
    check, second start: 2.50 s, which is MORE than 2 s.
    """
    second = {title: done.seconds for title, done in finished.items() if "second" in title}
    return "\n".join(
        f"{title}: {seconds:.2f} s, which is {'within' if seconds <= WANTED_SECONDS else 'MORE than'} "
        f"{WANTED_SECONDS:.0f} s."
        for title, seconds in second.items()
    )


def main(given: argparse.Namespace) -> None:
    """Make the folder, run every process, print the results, and write the record."""
    with tempfile.TemporaryDirectory(dir=given.where) as place:
        folder = Path(place) / "many"
        make_in_own_process(folder, given.images)
        neighbours = Neighbours()
        finished = {}
        for start in starts(folder):
            done = run_process(["env", f"CONVLENS_DATA={Path(place) / start.cache}", *start.command])
            finished[start.title] = done
            print(f"{done.seconds:8.2f} s  {mebibytes(done.peak):6.0f} MiB  {start.title}", flush=True)
        others = neighbours.cores()
    facts = shared_facts(f"python benchmarks/many_files.py --images {given.images}", ["numpy", "pillow"], others)
    facts |= {
        "images": f"{given.images:,} grey PNG files of {SIDE}×{SIDE} in {CLASSES} folders, generated, seed 0",
        "check": "`convlens data check FOLDER`, which reads every image the first time",
        "import": "`convlens.data.custom.import_images(FOLDER)`, with a cache of its own",
        "processes": f"as Convlens chooses them on {usable_cores()} cores",
        "inside the clock": "the whole process, with warm file caches; the second start finds what the first one kept",
        "peak": "the most memory that one process held, shared libraries and mapped files included",
    }
    text = f"{format_results(finished, given.images)}\n\n{verdict(finished)}"
    full_size = given.images >= LEAST_IMAGES
    title = "A folder of many small files"
    conclude("many_files", title, text, facts, reason_against(given.record, full_size, others))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Checking and importing a folder of many small images.")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="files (default 100,000)")
    parser.add_argument("--where", type=Path, default=None, help="a folder to make the files in, for a while")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
