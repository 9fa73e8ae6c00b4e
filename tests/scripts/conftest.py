"""A part of a campaign in a process of its own, with a mistake in Convlens or in the campaign if the test wants one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import importlib
from campaign_parts.trial import Trial
if len(sys.argv) > 4:
    exec(sys.argv[4])
outcome = importlib.import_module(f"campaign_parts.{sys.argv[2]}").run(Trial(5, int(sys.argv[3]), 2))
print(outcome.line)
print(*outcome.broken, sep="\\n")
"""


def run_campaign(part: str, count: int, sabotage: str = "") -> tuple[str, list[str]]:
    """The line and the broken promises, of a process without the threads of this one."""
    arguments = [str(ROOT / "scripts"), part, str(count), *([sabotage] if sabotage else [])]
    ran = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    line, *broken = ran.stdout.splitlines()
    return line, [promise for promise in broken if promise]


@pytest.fixture
def campaign() -> Callable[..., tuple[str, list[str]]]:
    """The function above."""
    return run_campaign
