"""Changes to source: exactly what is meant, and nothing else."""

import pytest

from convlens.exports.preparation import text_edits

FUNCTION = '''@old_arguments
@cached
def double(size: int) -> int:  # what it is for: “×2”
    """Double it.

    The size is in pixels.

    >>> double(1)
    2
    """
    from convlens.words import times
    from PIL import Image

    return times(size, 2)  # see times
'''


def test_examples_and_imports_and_decorators_are_left_out():
    text = text_edits.without_decorators(FUNCTION, ["old_arguments"])
    text = text_edits.without_imports(text_edits.without_examples(text), "convlens")
    assert (
        text
        == '''@cached
def double(size: int) -> int:  # what it is for: “×2”
    """Double it.

    The size is in pixels.
    """
    from PIL import Image

    return times(size, 2)  # see times
'''
    )
    assert text_edits.without_examples('LIMIT = 3\n"""It is 3.\n\n>>> LIMIT\n3\n"""\n') == 'LIMIT = 3\n"""It is 3."""\n'


def test_names_are_replaced_where_they_are_used_and_defined():
    text = "def _a(b: int) -> int:\n    '''“_a”'''\n    return _a(b) + b._a + f(_a=1)  # _a\n"
    assert text_edits.renamed(text, {"_a": "_long_a"}) == (
        "def _long_a(b: int) -> int:\n    '''“_a”'''\n    return _long_a(b) + b._a + f(_a=1)  # _a\n"
    )


STRUCT = '''class Size(msgspec.Struct, frozen=True, array_like=True):
    """A size."""

    height: int

    def __post_init__(self) -> None:
        raise UsageError

    def __len__(self) -> int:
        return 1

    @property
    def area(self) -> int:
        return self.height**2

    @classmethod
    def of(cls) -> "Size":
        return cls(1)
'''


def test_a_class_keeps_what_is_used():
    text = text_edits.without_methods(text_edits.as_dataclass(STRUCT), {"area"})
    assert (
        text
        == '''@dataclass(frozen=True)
class Size:
    """A size."""

    height: int

    def __len__(self) -> int:
        return 1

    @property
    def area(self) -> int:
        return self.height**2
'''
    )
    assert "def of" in text_edits.without_methods(STRUCT, {"of"})


@pytest.mark.parametrize(
    ("body", "folded"),
    [
        ("if known():\n        return 1\n    return 2  # two", "return 1"),
        ("if not known():\n        return 1\n    return 2  # two", "return 2  # two"),
        ("if not false():\n        return 1\n    return 2  # two", "return 1"),
        ("if other():\n        return 1  # one\n    return 2", "if other():\n        return 1  # one\n    return 2"),
        ("if unknown() and false():\n        return 1\n    return 2  # two", "return 2  # two"),
        ("if unknown() or known():\n        x = 1\n    return x", "x = 1\n    return x"),
        ("if unknown() and known():\n        x = 1\n    return x", "if unknown():\n        x = 1\n    return x"),
        ("return 'a' if known() else 'b'", 'return "a"'),
        ("return a or false() or b", "return a or b"),
        ("with a:  # a\n        x = 1 if false() else 2\n    return x", "with a:  # a\n        x = 2\n    return x"),
        (
            "try:\n        x = 1\n    except E:  # e\n        x = 1 if false() else 2\n    return x",
            "try:\n        x = 1\n    except E:  # e\n        x = 2\n    return x",
        ),
        (
            "if a:\n        x = 1\n    elif false():\n        x = 2\n    elif known():\n        x = 3\n    return x",
            "if a:\n        x = 1\n    else:\n        x = 3\n    return x",
        ),
    ],
)
def test_branches_that_are_never_taken_are_left_out(body, folded):
    known = {"known()": True, "false()": False}
    assert text_edits.folded(f"def f():\n    {body}\n", known) == f"def f():\n    {folded}\n"
