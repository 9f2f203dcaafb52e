# For a machine that has make, Python 3.11 or newer, and a package index.
# `make test` is the whole suite; PostgreSQL comes with the test dependencies.

PYTHON ?= python3
VENV   ?= .venv
WORKERS ?= 3
BIN    := $(VENV)/bin
RUN    := $(BIN)/python -m
export PIP_ROOT_USER_ACTION := ignore
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without bytecode each of the many processes would compile its imports again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv test test-matrix test-libraries test-interpreters test-lowest \
	test-alembic test-browser stress mutants lint lint-public format generate demo pictures docs-check docs-look build clean

help: ## show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --upgrade 'pip>=25.1'
	$(RUN) pip install --quiet --group test --group lint --group pictures --editable .
	@touch $@

venv: $(VENV)/.ready ## make the development environment

test: venv ## run the whole suite
	$(RUN) pytest -n $(WORKERS) $(ARGS)

test-matrix: venv ## run the suite on every PostgreSQL (PG="14 18" for some)
	$(RUN) tools.matrix postgres $(foreach v,$(PG),--pg $(v)) -- $(ARGS)

test-libraries: venv ## run the marked tests on every Alembic and SQLAlchemy
	$(RUN) tools.matrix libraries -- $(ARGS)

$(VENV)/.release: $(VENV)/.ready
	$(RUN) pip install --quiet --group release
	@touch $@

test-interpreters: $(VENV)/.release ## run the marked tests on every Python of this machine
	$(RUN) tools.matrix interpreters -- $(ARGS)

test-lowest: $(VENV)/.release ## run the marked tests with the oldest libraries
	$(RUN) tools.matrix lowest -- $(ARGS)

test-alembic: venv ## run Alembic's own suite with the package and without
	$(RUN) tools.alembic_suite $(ARGS)

test-browser: venv ## test the report of a rehearsal, and the board, in Chromium
	$(RUN) pip install --quiet --group look
	$(RUN) pytest tests/rehearsal/report tests/board/test_board_in_browser.py $(ARGS)

stress: venv ## release at random, interrupted at random (SEED=5 ROUNDS=1, MINUTES=60)
	$(RUN) tests.stress $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(MINUTES),--minutes $(MINUTES)) $(foreach v,$(PG),--pg $(v))

mutants: venv ## change the code at random, and see which tests notice (AREA=backfill)
	$(RUN) tools.mutants $(AREA) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

lint: venv ## check style, types, layers, spelling, generated files
	$(RUN) tools.lint

lint-public: venv ## lint the revisions of public projects, from the package index
	$(RUN) tools.lint_public $(ARGS)

format: venv ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: venv ## write the generated files anew
	$(RUN) tools.generate

$(VENV)-demo/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)-demo
	$(VENV)-demo/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(VENV)-demo/bin/python -m pip install --quiet --editable '.[demo]'
	@touch $@

demo: $(VENV)-demo/.ready ## watch migrations run under traffic
	$(VENV)-demo/bin/python -m examples.shop.demo $(ARGS)

pictures: venv ## draw the pictures of the README and of the pages from real runs
	$(RUN) examples.shop.demo --svg docs/pictures/demo.svg
	$(RUN) benchmarks.latency --svg docs/pictures/latency.svg
	$(RUN) benchmarks.lock_queue --svg docs/pictures/lock-queue.svg
	$(RUN) benchmarks.rename_phases --phases docs/pictures/rename-phases.svg \
		--twin docs/pictures/twin.svg

docs-check: venv ## build the documentation, warnings are errors
	$(RUN) pip install --quiet --group docs
	$(RUN) sphinx -n -W --keep-going docs build/docs

docs-look: docs-check ## open the built pages in Chromium, in both schemes and widths
	$(RUN) pip install --quiet --group look
	$(RUN) tools.look $(ARGS)

build: $(VENV)/.release ## build the wheel and the sdist, and check both
	$(RUN) tools.check_build

clean: ## remove what can be made again
	rm -rf .venv* .postgres build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
