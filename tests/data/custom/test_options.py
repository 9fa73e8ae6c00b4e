"""ImportOptions: what is refused, and the way through JSON."""

import json
from typing import Any

import pytest

from convlens.data import ImportOptions
from convlens.errors import UsageError


def test_through_json_and_back() -> None:
    options = ImportOptions(40, 3, "{parent}", 0.2, 0.0, 7)
    assert ImportOptions.from_dict(json.loads(json.dumps(options.as_dict()))) == options
    assert ImportOptions.from_dict({"size": 28}) == ImportOptions(size=28)
    with pytest.raises(UsageError, match=r"unknown image options: colour; known are size, channels"):
        ImportOptions.from_dict({"colour": True})
    with pytest.raises(UsageError, match=r"^unknown image options: 9{199}…; known are size"):
        ImportOptions.from_dict({"9" * 5000: True})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 15}, r"size is 15; give a whole number of pixels from 16 to 96"),
        ({"size": 97}, r"size is 97"),
        ({"size": 28.0}, r"size is 28\.0"),
        ({"channels": 2}, r"channels is 2; give 1 \(grey\) or 3 \(colour\)"),
        ({"channels": True}, r"channels is True"),
        ({"test_share": 1}, r"test_share is 1; give a number of at least 0 and below 1"),
        ({"validation_share": -0.1}, r"validation_share is -0\.1"),
        ({"test_share": float("nan")}, r"test_share is nan"),
        ({"test_share": 0.6, "validation_share": 0.4}, r"leave nothing to train on"),
        ({"split_seed": -1}, r"split_seed is -1; give a whole number of 0 or more"),
        ({"group_by": "{track}"}, r"the group pattern '\{track\}': \{track\} is not known"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ImportOptions(**values)
