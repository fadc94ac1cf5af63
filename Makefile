# Everything happens in .venv at the project's root; a stamp in it says what is installed already.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
WORKERS ?= 2
MINUTES ?= 140

BIN := .venv/bin
USABLE := .venv/.usable
DEVELOPABLE := .venv/.developable
HELPDESK := ../shared/data/helpdesk.xes.gz
LONG := tests/properties/test_planted.py tests/properties/test_incident_machine.py tests/properties/test_whole_machine.py
PURE := src/respond/domain/*,src/respond/plan/*,src/respond/projections/*,src/respond/workflow/*

# Older versions of pip take the pins of the build's own tools from the first, newer ones from the second.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The suite starts many programs: each finds its modules compiled.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-rows test-matrix test-long mutants test-faults test-faults-long oldest lint format exhaust bench bench-store bench-plans bench-testing bench-ledger docs coverage clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(USABLE) ## set everything up and play an outage of two days and a drill, on SQLite
	@mkdir -p build
	@rm -f build/demo.db build/demo.db-*
	$(BIN)/respond demo --db sqlite:///build/demo.db $(if $(wildcard $(HELPDESK)),--log $(HELPDESK) --mapping examples/helpdesk.toml)

test: $(DEVELOPABLE) ## set everything up and run the whole suite
	$(BIN)/python -m pytest -n $(WORKERS)

test-rows: $(DEVELOPABLE) ## take out, one by one, what serves each row of contingency plans; its test must fail
	PYTHONPATH=tests $(BIN)/python tests/rows_control.py

test-matrix: $(DEVELOPABLE) ## run the suites of all stores: every way of appending, every database, both SQLAlchemys; real logs too
	RESPOND_MATRIX=1 $(BIN)/python -m pytest -n $(WORKERS) tests/conformance tests/integration/test_import_real_logs.py
	RESPOND_MATRIX=1 $(MAKE) oldest

test-long: $(DEVELOPABLE) ## let the kit and the whole machine live thousands of lives, sound ones and with planted defects; takes a quarter of an hour
	RESPOND_LONG=1 $(BIN)/python -m pytest -n $(WORKERS) --timeout 7200 $(LONG)

mutants: $(DEVELOPABLE) ## change what decides in one place after the other; a test must fail; up to an hour, goes on where it stopped
	WORKERS=$(WORKERS) nice -n 19 $(BIN)/python tests/mutants.py

test-faults: $(DEVELOPABLE) ## break disks, servers, connections and clocks under the log; needs root, takes some minutes
	$(BIN)/python tests/fault_run.py quick --workers $(WORKERS)

test-faults-long: $(DEVELOPABLE) ## the same at full size, for hours; run again, it goes on where it stopped
	$(BIN)/python tests/fault_run.py long --minutes $(MINUTES)

oldest: $(DEVELOPABLE) ## run the tests of the stores with the oldest SQLAlchemy that is supported
	@mkdir -p build
	@grep -vi '^sqlalchemy==' constraints.txt > build/constraints-oldest.txt
	$(PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip install --quiet --upgrade pip
	PIP_CONSTRAINT=build/constraints-oldest.txt build/oldest/bin/python -m pip install --quiet \
		--editable '.[all]' --group dev 'SQLAlchemy~=2.0.30'
	build/oldest/bin/python -m pytest -n $(WORKERS) tests/conformance tests/integration/sql_store

lint: $(DEVELOPABLE) ## check style, types, layers, and that examples import public names only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python tests/public_imports.py examples

format: $(DEVELOPABLE) ## write the code in the one format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

exhaust: $(DEVELOPABLE) ## visit every abstract state of the incident workflow, and say how many there are; takes minutes
	$(BIN)/python tests/incident_space.py

bench: $(DEVELOPABLE) ## measure, and print each figure beside its bar
	@mkdir -p build
	$(BIN)/python benchmarks/main.py

bench-store: $(DEVELOPABLE) ## measure the event store beside its peer; takes a quarter of an hour
	@mkdir -p build
	$(BIN)/python benchmarks/store.py

bench-plans: $(DEVELOPABLE) ## measure what a plan and its obligations cost
	@mkdir -p build
	$(BIN)/python benchmarks/plans.py

bench-testing: $(DEVELOPABLE) ## measure what generated tests of rules cost
	@mkdir -p build
	$(BIN)/python benchmarks/testing.py

bench-ledger: $(DEVELOPABLE) ## measure what the ledger of the response costs
	@mkdir -p build
	$(BIN)/python benchmarks/ledger.py

docs: $(DEVELOPABLE) ## check that links in the documentation resolve and that its snippets run
	$(BIN)/python -m pytest -n $(WORKERS) tests/unit/test_docs.py

coverage: $(DEVELOPABLE) ## run the suite and require 98 % of branches in the pure packages
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=
	$(BIN)/coverage report --include='$(PURE)' --fail-under=98

clean: ## remove what was built and cached; the environment stays
	rm -rf build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is not: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv .venv

$(USABLE): pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

# Dependency groups need a newer pip than Python 3.11 brings.
$(DEVELOPABLE): $(USABLE)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
