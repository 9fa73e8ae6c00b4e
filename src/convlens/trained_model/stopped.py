"""Describe a model whose training was stopped before its end; all parts of Convlens use these texts.

After a stop, `latest` is the model at that step, and it can be used like any other. The commands, the page, the report
and the object in Python therefore say that it was stopped.
"""

from collections.abc import Mapping
from typing import Any


def describe_stop(facts: Mapping[str, Any]) -> str | None:
    """Return at which step the training was stopped, from the facts of a model; None if it was completed.

    Models from before Convlens 0.7 do not contain the number of planned steps.

    >>> describe_stop({"finished": False, "steps": 120, "planned_steps": 9380})
    'training was stopped at step 120 of 9,380'
    >>> describe_stop({"finished": False, "steps": 120}), describe_stop({"finished": True}), describe_stop({})
    ('training was stopped at step 120', None, None)
    """
    if facts.get("finished", True):
        return None
    steps, planned = facts.get("steps"), facts.get("planned_steps")
    if not isinstance(steps, int):
        return "training was stopped early"
    return f"training was stopped at step {steps:,}" + (f" of {planned:,}" if isinstance(planned, int) else "")


def notice_of_stop(facts: Mapping[str, Any]) -> str | None:
    """Return the same as a full sentence.

    >>> notice_of_stop({"finished": False, "steps": 120, "planned_steps": 9380})
    'Training was stopped at step 120 of 9,380; this is the model at that point.'
    """
    stop = describe_stop(facts)
    return None if stop is None else f"{stop[0].upper()}{stop[1:]}; this is the model at that point."
