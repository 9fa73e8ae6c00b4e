"""Mutation testing: what `scripts/mutate` is made of.

A mutant is the source with one small mistake in it. Tests that pass all the same are missing an assertion. Known
libraries make the mistakes (`python_mutants`, `javascript_mutants`, `cpp_mutants`); this package chooses among them,
runs the tests that reach them in a copy of the project, and reports those that survive. See docs/contributing.md.
"""
