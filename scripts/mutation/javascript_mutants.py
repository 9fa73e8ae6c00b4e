"""Make mutants of a module of the page with Stryker, run by Node; see list_javascript_mutants.js."""

import json
import shutil
import subprocess
from pathlib import Path

from mutation.mutants import Mutant, make_mutant

LISTING = Path(__file__).with_name("list_javascript_mutants.js")


def list_javascript_mutants(path: str, text: str, root: Path) -> list[Mutant]:
    """Return all mutants of one file, in order.

    Args:
        path: the path of the file, relative to the project.
        text: the content of the file.
        root: the project, with Stryker's instrumenter in its node_modules.

    Raises:
        RuntimeError: Node or Stryker's instrumenter is missing, or cannot read the file.
    """
    node = shutil.which("node")
    if node is None:
        raise RuntimeError(
            "node was not found, so the page's modules have no mutants. On Debian and Ubuntu: apt install nodejs"
        )
    run = subprocess.run([node, str(LISTING), path], cwd=root, capture_output=True, text=True, check=False)
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["no reason"])[-1]
        if "stryker" in run.stderr:
            reason = "Stryker's instrumenter is not in node_modules; npm install --include=optional puts it there"
        raise RuntimeError(f"the mutants of {path} cannot be listed: {reason}")
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    for entry in json.loads(run.stdout):
        start, end = (starts[place["line"]] + place["column"] for place in (entry["start"], entry["end"]))
        mutant = make_mutant(path, text, start, end, entry["replacement"], entry["mutatorName"])
        if mutant is not None:
            found.append(mutant)
    return found
