# make run        everything from nothing: set up, get MNIST, train, evaluate, predict three digits
# make test       set up, then all tests, in a process more than there are cores
# make check      set up, then everything that CI runs: format, lint, types, imports, sizes, instruction sets, sanitizers, tests
# make docs       set up, then build the documentation as a site into build/site
# make sanitize   set up, then the tests of the C++ engine with sanitizers that find wrong reads and writes
# make set-up     set up for testing; compiles the engine again where native/ has changed
# make clean      remove what make made (not your runs, not your data)
#
# PYTHON=python3.12 chooses the interpreter of .venv, CXX=clang++ the compiler, PYTEST="-k idx" adds to pytest's command line.

.PHONY: run test check docs sanitize set-up clean

run:
	@scripts/set-up run
	@scripts/first-run

test:
	@scripts/set-up dev
	@VIRTUAL_ENV="$(CURDIR)/.venv" scripts/test $(PYTEST)

sanitize:
	@scripts/set-up dev
	@VIRTUAL_ENV="$(CURDIR)/.venv" scripts/sanitize $(PYTEST)

set-up:
	@scripts/set-up dev

check:
	@scripts/set-up dev
	@VIRTUAL_ENV="$(CURDIR)/.venv" scripts/check

docs:
	@scripts/set-up dev
	@.venv/bin/python scripts/build_site.py

clean:
	rm -f src/convlens/engines/_native.*.so
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples scripts -name __pycache__ -type d -prune -exec rm -rf {} +
