"""Mutation testing: the modules of `scripts/mutate`.

A mutant is the source with one small mistake in it. If all tests still pass, an assertion is missing. Known
libraries make the mistakes (`python_mutants`, `javascript_mutants`, `cpp_mutants`); this package selects some of them,
runs the tests that reach them in a copy of the project, and reports the mutants that survive. See docs/contributing.md.
"""
