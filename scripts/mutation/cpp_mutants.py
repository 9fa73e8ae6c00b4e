"""Make mutants of a C++ file, with a short list of our own operators on tree-sitter's syntax tree.

The known tool, universalmutator, uses regular expressions, which also match templates, types and comments. Most of its
mutants do not compile, and each of them costs a compilation. A syntax tree distinguishes operators from brackets.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from mutation.mutants import Mutant, make_mutant

SWAPPED = {
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "/",
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "<<": ">>", ">>": "<<", "&": "|", "|": "&",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=",
}  # fmt: skip
SWAPPED_NAMES = {"std::min": "std::max", "std::max": "std::min", "true": "false", "false": "true"}
LEFT_OUT = frozenset(
    {
        "ERROR", "comment", "string_literal", "template_argument_list", "template_parameter_list", "enumerator_list",
        "static_assert_declaration", "attribute_declaration", "preproc_include", "preproc_def", "throw_statement",
    }
)  # fmt: skip
"""Nodes without effect at run time, types, and thrown exceptions, which mostly contain the text of an error."""


def list_cpp_mutants(path: str, text: str) -> list[Mutant]:
    """Return all mutants of one file, in order.

    Raises:
        ModuleNotFoundError: tree-sitter or its C++ grammar is not installed.
    """
    tree_sitter, cpp = importlib.import_module("tree_sitter"), importlib.import_module("tree_sitter_cpp")
    source = text.encode()
    root = tree_sitter.Parser(tree_sitter.Language(cpp.language())).parse(source).root_node
    found = []
    for node in _walk(root):
        for target, new, operator in _changes(node):
            start = len(source[: target.start_byte].decode())
            end = start + len(source[target.start_byte : target.end_byte].decode())
            mutant = make_mutant(path, text, start, end, new, operator)
            if mutant is not None:
                found.append(mutant)
    return found


def _walk(node: Any) -> Iterator[Any]:
    if node.type in LEFT_OUT:
        return
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Any) -> str:
    return node.text.decode()


def _changes(node: Any) -> Iterator[tuple[Any, str, str]]:
    """Yield the possible changes of a node: the node to replace, the replacement, and the kind of change."""
    match node.type:
        case "binary_expression" | "assignment_expression":
            operator = node.child_by_field_name("operator")
            if _text(operator) in SWAPPED:
                yield operator, SWAPPED[_text(operator)], "swap_op"
            if node.type == "assignment_expression" and _text(operator) in ("+=", "-=", "*="):
                yield operator, "=", "augmented_assignment"
        case "unary_expression":
            if _text(node.children[0]) in ("!", "-"):
                yield node, _text(node.children[1]), "remove_unary_ops"
        case "number_literal":
            yield node, f"({_text(node)} + 1)", "number"
        case "true" | "false" | "qualified_identifier":
            if _text(node) in SWAPPED_NAMES:
                yield node, SWAPPED_NAMES[_text(node)], "name"
        case "conditional_expression":
            condition = node.child_by_field_name("condition")
            yield condition, "true", "if_exp"
            yield condition, "false", "if_exp"
        case "if_statement":
            condition = node.child_by_field_name("condition")
            value = condition.child_by_field_name("value") if condition is not None else None
            if value is not None and value.type != "binary_expression":
                yield value, f"!({_text(value)})", "negate"
        case "expression_statement":
            if node.named_children and node.named_children[0].type == "call_expression":
                yield node, ";", "remove_call"
