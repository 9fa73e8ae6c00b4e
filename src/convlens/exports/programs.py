"""Runs other programs: compilers, and what runs an export in its proof."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from convlens.errors import ProofFailed

LONGEST = 300
"""Seconds that one call may take."""


def run(command: Sequence[str], folder: Path | None = None) -> str:
    """Run a command and return its output.

    Raises:
        ProofFailed: it did not end with success; the message has the first lines that it wrote.
    """
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise ProofFailed(f"{Path(command[0]).name} did not finish in {LONGEST} s") from None
    if done.returncode:
        said = " | ".join((done.stderr or done.stdout).strip().splitlines()[:3])
        raise ProofFailed(f"{Path(command[0]).name} failed with code {done.returncode}: {said:.500}")
    return done.stdout


def find_node(oldest: int = 0) -> str | None:
    """Return the path of Node; None if it is not installed, or older than a version."""
    found = shutil.which("node")
    return found if found and int(version_of_node(found).partition(".")[0]) >= oldest else None


def version_of_node(node: str) -> str:
    """Return the version of Node, such as `20.20.2`.

    Raises:
        ProofFailed: the program does not say one.
    """
    said = run([node, "--version"]).strip()
    found = re.fullmatch(r"v(\d+(\.\d+)*).*", said)
    if found is None:
        raise ProofFailed(f"node says {said!r:.60} instead of a version")
    return found[1]
