"""Show long types by a short name in signatures, so that `help()` of a function fits on a screen.

NumPy's `ArrayLike` is a union of a dozen types, and Python 3.11 writes all of them out for every argument. Python 3.12
has `type` statements for this. As long as Convlens supports 3.11, it uses these names at run time, and the types for
type checkers.
"""

from typing import Any


class Alias:
    """An annotation that shows only a name.

    >>> Numbers = Alias("Numbers")
    >>> def add(numbers: Numbers, more: Numbers | None = None) -> Numbers: ...
    >>> import inspect
    >>> print(inspect.signature(add))
    (numbers: Numbers, more: Numbers | None = None) -> Numbers
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __or__(self, other: Any) -> "Alias":
        return Alias(f"{self} | {_name_of(other)}")

    def __ror__(self, other: Any) -> "Alias":
        return Alias(f"{_name_of(other)} | {self}")


def _name_of(value: Any) -> str:
    if value is None:
        return "None"
    return value.__qualname__ if isinstance(value, type) else str(value)
