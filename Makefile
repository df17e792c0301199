# Five verbs: demo, test, ui, lint, bench. The same by hand and in CI.
# A new machine needs Python 3.11-3.13 and make, nothing else.

VENV ?= .venv
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$candidate && break; done)
BIN = $(VENV)/bin
COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras --quiet
# Bytecode kept: `import dagster` takes 1.0 s with it, 2.5 s without.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export DO_NOT_TRACK = 1

.PHONY: demo test ui lint format bench lock clean

demo: $(VENV)/.runtime
	@$(BIN)/onet-pipeline demo

test: lint
	@$(BIN)/python -m pytest

ui: $(VENV)/.runtime
	@$(BIN)/python deploy/local/ui.py

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

# Needs uv (https://docs.astral.sh/uv/); the locks hold no index address.
lock:
	$(COMPILE) --group build -o requirements.lock
	$(COMPILE) --extra semantic --group build --group dev -o requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found: install one, or name it with 'make PYTHON=/path/to/python'." >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot create environments: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing locked dependencies (about a minute the first time) ..."
	@$(BIN)/pip install -qq --require-hashes -r requirements.lock
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.runtime
	@echo "Installing the locked test dependencies ..."
	@$(BIN)/pip install -qq --require-hashes -r requirements-dev.lock
	@touch $@
