# Each target does its own set-up: a fresh clone needs `make demo` and `make test`, nothing else.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test check lab soak bench clean

demo: $(READY)
	$(BIN)/python demo_notebooks/run.py

test: $(READY)
	$(BIN)/python -m pytest -m "not soak"

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: $(READY)
	$(BIN)/jupyter lab demo_notebooks

soak: $(READY)
	$(BIN)/python -m pytest -m soak --timeout 3600

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "jupyter_agents needs Python 3.11 or newer; say which by `make PYTHON=python3.12`")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv demo_output .mypy_cache .ruff_cache .import_linter_cache
