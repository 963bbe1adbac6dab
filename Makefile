# `make run` sets up and runs DRIFT; `make test` sets up and tests it; `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
TYPES_READY := node_modules/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run demo test lint types format bench soak screenshots lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "DRIFT needs Python 3.11 or later; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN_READY): requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_READY): requirements-dev.txt $(RUN_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(RUN_READY) ## install into .venv and make the database
	$(BIN)/python manage.py migrate --verbosity 0

run: $(RUN_READY) ## set up, then serve everything in one process; ARGS="--port 8123"
	$(BIN)/python manage.py serve $(ARGS)

demo: $(RUN_READY) ## the same with simulated drones flying a race
	$(BIN)/python manage.py demo $(ARGS)

test: $(DEV_READY) ## the whole suite: on SQLite + memory, then on PostgreSQL + Valkey
	$(BIN)/python -m tests $(ARGS)

soak: $(DEV_READY) ## the long tests
	$(BIN)/python -m tests -m soak $(ARGS)

$(TYPES_READY): package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: $(DEV_READY) types ## style, types, the direction of imports, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	DRIFT_ENV_FILE=/dev/null $(BIN)/python manage.py makemigrations --check --dry-run --settings tests.settings
	$(BIN)/python manage.py check --settings tests.settings --fail-level WARNING

types: ## the types of the page's modules, where node is installed
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(TYPES_READY) && node_modules/.bin/tsc --project jsconfig.json; \
	else echo "types: skipped, needs node >= 20.19"; fi

format: $(DEV_READY) ## let the formatter rewrite the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY) ## the figures of the README, measured here
	$(BIN)/python -m bench $(ARGS)

screenshots: $(DEV_READY) ## the pictures of the README, in docs/images, of real pages in Chromium
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

lock: $(DEV_READY) ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade --quiet -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade --quiet -o requirements-dev.txt

clean: ## remove what the targets above made, but not the recordings in var/
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
