"""Runs other programs: compilers, and what runs an export in its proof."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from convlens.errors import ProofFailed
from convlens.exports.proof import NotFinished
from convlens.words import count_of

LONGEST = 300
"""Seconds that one call may take."""
LONGEST_FOR_VERSION = 20
"""Seconds in which a program must say its version."""


def run(command: Sequence[str], folder: Path | None = None, *, images: int = 0, seconds: float | None = None) -> str:
    """Run a command and return its output.

    Args:
        command: the program and its arguments.
        folder: its working folder.
        images: how many images it computes, for the message if it takes too long.
        seconds: how long it may take; by default `LONGEST`.

    Raises:
        NotFinished: it takes longer.
        ProofFailed: it did not end with success; the message has the first lines that it wrote.
    """
    name, seconds = Path(command[0]).name, LONGEST if seconds is None else seconds
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=seconds)
    except subprocess.TimeoutExpired:
        what = f" {count_of(images, 'image')}" if images else ""
        raise NotFinished(f"{name} did not finish{what} in {seconds:g} s", images) from None
    except OSError as error:
        raise ProofFailed(f"{name} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = " | ".join((done.stderr or done.stdout).strip().splitlines()[:3])
        raise ProofFailed(f"{name} failed with code {done.returncode}: {said:.500}")
    return done.stdout


def find_node(oldest: int = 0) -> str | None:
    """Return the path of Node; None if it is not installed, older than a version, or does not say its version.

    The last happens with version managers (nvm, asdf), whose `node` fails where no version is chosen.
    """
    found = shutil.which("node")
    if found is None:
        return None
    try:
        version = version_of_node(found)
    except ProofFailed:
        return None
    return found if int(version.partition(".")[0]) >= oldest else None


def version_of_node(node: str) -> str:
    """Return the version of Node, such as `20.20.2`.

    Raises:
        ProofFailed: the program does not say one.
    """
    said = run([node, "--version"], seconds=LONGEST_FOR_VERSION).strip()
    found = re.fullmatch(r"v(\d+(\.\d+)*).*", said)
    if found is None:
        raise ProofFailed(f"node says {said!r:.60} instead of a version")
    return found[1]
