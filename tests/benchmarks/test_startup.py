"""The table of the start-up benchmark."""

from startup import COMMANDS, format_waits
from timing import summarise


def test_every_command_has_a_row_in_milliseconds():
    lines = format_waits({name: summarise([0.01, 0.02, 0.09]) for name in COMMANDS}).splitlines()
    assert len(lines) == 2 + len(COMMANDS)
    assert all("20 (10 to 90)" in line for line in lines[2:])
