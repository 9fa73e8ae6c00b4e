"""Mutants of a Python file: mutmut's operators, applied to libcst's tree.

Left out is what no test should have to notice: texts, docstrings, annotations, decorators, `__all__`, names for types
(`cast`, `TypeVar`), what only a type checker reads, and, of a call's arguments, everything but the removal of one that
was given by name: the others nearly always end in a TypeError, and would make the tests look better than they are.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from mutation.mutants import Mutant, make_mutant

LEFT_OUT = frozenset({"operator_string", "operator_dict_arguments", "operator_match"})
"""Texts; what the module's docstring calls an argument; and whole blocks, which are no change of a few characters."""
TYPES_ONLY = frozenset({"cast", "TypeVar", "NewType", "Annotated", "getLogger"})


def list_python_mutants(path: str, text: str) -> list[Mutant]:
    """Every mutant of one file, in its order.

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
                continue  # libcst counts blanks elsewhere; rare, and no mutant is better than a wrong one
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
    """Every node that may be changed, with the indentation of its block."""
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
    """`name` of `name` and of `module.name`; empty for anything else."""
    node = getattr(node, "attr", node)
    value = getattr(node, "value", "")
    return value if isinstance(value, str) else ""


def _code(cst: Any, node: Any, indent: str) -> str:
    """A node's text as it stands in a block that is indented like this."""
    state = cst._nodes.internal.CodegenState(default_indent="    ", default_newline="\n")
    state.indent_tokens = [indent]
    node._codegen(state)
    return "".join(state.tokens)


def _drops_a_name(before: Any, after: Any) -> bool:
    """Whether a call lost an argument that was given by name."""
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
