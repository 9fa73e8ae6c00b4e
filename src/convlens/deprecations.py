"""Names that changed in 0.7. The old names work until 0.8, with a DeprecationWarning.

Add every public name that you change to a table in this module.
"""

import functools
import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

GONE_IN = "0.8"
ATTRIBUTES: dict[str, dict[str, str]] = {
    "convlens.by_hand": {
        "Placement": "WindowPosition",
        "PoolPlacement": "PoolPosition",
        "SlopePlacement": "GradientPosition",
    },
    "convlens.data": {"is_own_path": "is_custom_path"},
    "convlens.evaluation": {
        "BendCurve": "CorruptionCurve",
        "BendPoint": "CorruptionPoint",
        "DoubtfulLabel": "SuspectedLabel",
        "describe_doubtful": "describe_label_error",
        "find_doubtful": "find_label_errors",
        "measure_bends": "measure_corruptions",
    },
    "convlens.illustrations": {
        "draw_placement": "draw_window_position",
        "write_placement": "write_position",
    },
    "convlens.metrics": {"Certainties": "Confidences", "certainties": "confidences"},
    "convlens.report": {"write_doubtful": "write_label_errors"},
    "convlens.training": {"StretchDone": "ChunkDone"},
    "AugmentationSettings": {"stretch": "aspect"},
    "Evaluation": {"certainties": "confidences", "certainties_before": "confidences_before"},
    "ReliabilityBin": {"certainty": "confidence"},
    "SuspectedLabel": {"doubt": "margin"},
    "Study": {"bends": "corruptions", "doubtful": "label_errors"},
    "TrainingLabels": {"doubtful": "label_errors"},
}
"""Old and new names of the attributes of modules and classes."""
ARGUMENTS = {"mend": "repair", "doubtful": "label_errors", "stretch": "aspect"}
OPTIONS = {"--mend": "--repair", "--no-mend": "--no-repair", "--doubtful": "--label-errors"}
JSON_KEYS = {
    "bent_images": "corruptions",
    "doubtful_labels": "label_errors",
    "certainty": "confidence",
    "doubt": "margin",
    "placements": "positions",
}

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def warn(old: str, new: str) -> None:
    """Issue a DeprecationWarning for the line that called the caller of this function."""
    warnings.warn(_sentence(old, new), DeprecationWarning, stacklevel=3)


def warn_of_form(old: str, new: str) -> None:
    """Issue a DeprecationWarning for an old way to call a layer, for the line that calls it."""
    warnings.warn(
        f"{old} is now written {new}; the old form goes in Convlens {GONE_IN}.", DeprecationWarning, stacklevel=3
    )


def _sentence(old: str, new: str) -> str:
    return f"{old} is now {new}; the old name goes in Convlens {GONE_IN}."


def old_module_names(module: str) -> Callable[[str], Any]:
    """Return a `__getattr__` for a module, which finds the old names in `ATTRIBUTES`.

    >>> import convlens.metrics
    >>> with warnings.catch_warnings(record=True, action="always"):
    ...     convlens.metrics.Certainties is convlens.metrics.Confidences
    True
    """

    def find(name: str) -> Any:
        if name not in ATTRIBUTES[module]:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        new = ATTRIBUTES[module][name]
        warn(f"{module}.{name}", new)
        return getattr(importlib.import_module(module), new)

    return find


def with_old_attributes(kind: type[Result]) -> type[Result]:
    """Class decorator: make the old names of attributes (see `ATTRIBUTES`) and of arguments work."""
    for old, new in ATTRIBUTES[kind.__name__].items():
        setattr(kind, old, property(functools.partial(_read, old=old, new=new)))
    kind.__init__ = with_old_arguments(kind.__init__)
    return kind


def _read(holder: Any, old: str, new: str) -> Any:
    warn(f"{type(holder).__name__}.{old}", new)
    return getattr(holder, new)


def with_old_arguments(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorator: accept keyword arguments by the old names in `ARGUMENTS`, too.

    >>> with warnings.catch_warnings(record=True, action="always") as said:
    ...     with_old_arguments(lambda repair: repair)(mend=False)
    False
    >>> print(said[0].message)
    mend= is now repair=; the old name goes in Convlens 0.8.
    """

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        renamed = {}
        for name, value in named.items():
            if name in ARGUMENTS:
                warn(f"{name}=", f"{ARGUMENTS[name]}=")
            renamed[ARGUMENTS.get(name, name)] = value
        return function(*args, **renamed)

    return call


def renamed_options(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of a command line with the new names of options, and a sentence for each old one.

    >>> renamed_options(["report", "latest", "--doubtful=labels.csv"])
    (['report', 'latest', '--label-errors=labels.csv'], ['--doubtful is now --label-errors; ...'])
    """
    changed, said = [], []
    for token in tokens:
        name, equals, value = token.partition("=")
        changed.append(OPTIONS.get(name, name) + equals + value)
        if name in OPTIONS:
            said.append(_sentence(name, OPTIONS[name]))
    return changed, said


def with_new_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that an older version saved, with the new names of `ARGUMENTS`.

    >>> with_new_keys({"shift": 0.1, "stretch": 0.2})
    {'shift': 0.1, 'aspect': 0.2}
    """
    return {ARGUMENTS.get(name, name): value for name, value in values.items()}


def with_old_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object that also has the old names of its keys.

    >>> with_old_keys({"confidence": 0.5})
    {'confidence': 0.5, 'certainty': 0.5}
    """
    return {**values, **{old: values[new] for old, new in JSON_KEYS.items() if new in values}}
