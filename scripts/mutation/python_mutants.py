"""Make mutants of a Python file, with mutmut's operators on libcst's syntax tree.

Excluded is code that no test needs to check: texts, docstrings, annotations, decorators, `__all__`, names for types
(`cast`, `TypeVar`), and code for type checkers only. Of changes to the arguments of a call, only the removal of a
keyword argument is kept: the others nearly always cause a TypeError, and would make the tests look better than they
are.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from mutation.mutants import Mutant, make_mutant

LEFT_OUT = frozenset({"operator_string", "operator_dict_arguments", "operator_match"})
"""Texts; arguments, as the module's docstring explains; and whole blocks, which are more than a few characters."""
TYPES_ONLY = frozenset({"cast", "TypeVar", "NewType", "Annotated", "getLogger"})


def list_python_mutants(path: str, text: str) -> list[Mutant]:
    """Return all mutants of one file, in order.

    Raises:
        ModuleNotFoundError: mutmut or libcst is not installed.
    """
    cst, metadata = importlib.import_module("libcst"), importlib.import_module("libcst.metadata")
    operators = importlib.import_module("mutmut.mutation.mutators").mutation_operators
    wrapper = metadata.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    positions = wrapper.resolve(metadata.WhitespaceInclusivePositionProvider)
    starts = _line_starts(text)
    found = []
    for node, indent in _walk(cst, wrapper.module, "", wrapper.module.default_indent):
        place = positions.get(node)
        if place is None:
            continue
        start = starts[place.start.line - 1] + place.start.column
        end = starts[place.end.line - 1] + place.end.column
        for kind, operator in operators:
            if operator.__name__ in LEFT_OUT or not isinstance(node, kind):
                continue
            if _code(cst, node, indent) != text[start:end]:
                continue  # rare: libcst counts blanks differently; skip the mutant
            for changed in operator(node):
                if operator.__name__ == "operator_arg_removal" and not _drops_a_name(node, changed):
                    continue
                new = _code(cst, changed, indent)
                mutant = make_mutant(path, text, start, end, new, operator.__name__.removeprefix("operator_"))
                if mutant is not None and _is_python(mutant.apply(text)):
                    found.append(mutant)
    return found


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _walk(cst: Any, node: Any, indent: str, step: str) -> Iterator[tuple[Any, str]]:
    """Yield each node that may be changed, with the indentation of its block."""
    if _is_left_out(cst, node):
        return
    yield node, indent
    inner = indent + (node.indent or step) if isinstance(node, cst.IndentedBlock) else indent
    for child in node.children:
        yield from _walk(cst, child, inner, step)


def _is_left_out(cst: Any, node: Any) -> bool:
    if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom | cst.TypeAlias):
        return True
    if isinstance(node, cst.Call):
        return _last_name(node.func) in TYPES_ONLY
    if isinstance(node, cst.If):
        return _last_name(node.test) == "TYPE_CHECKING"
    if isinstance(node, cst.Assign):
        return any(_last_name(target.target) == "__all__" for target in node.targets)
    return isinstance(node, cst.AnnAssign) and _last_name(node.annotation.annotation) == "TypeAlias"


def _last_name(node: Any) -> str:
    """Return `name` for `name` and for `module.name`; an empty text for anything else."""
    node = getattr(node, "attr", node)
    value = getattr(node, "value", "")
    return value if isinstance(value, str) else ""


def _code(cst: Any, node: Any, indent: str) -> str:
    """Return the source of a node in a block with this indentation."""
    state = cst._nodes.internal.CodegenState(default_indent="    ", default_newline="\n")
    state.indent_tokens = [indent]
    node._codegen(state)
    return "".join(state.tokens)


def _drops_a_name(before: Any, after: Any) -> bool:
    """Return whether a call lost a keyword argument."""
    if len(after.args) >= len(before.args):
        return False
    kept = {id(argument) for argument in after.args}
    return any(argument.keyword is not None for argument in before.args if id(argument) not in kept)


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
