# One command each: `make demo` to see it, `make test` to trust it, `make check` before a commit.
# uv is used where it is there, plain venv and pip where it is not; both install exactly what the lock files name.

BIN := .venv/bin
PRODUCT := .venv/.product
DEVELOPMENT := .venv/.development
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
           --no-emit-index-url --no-emit-find-links

# The tests start hundreds of processes; without bytecode on disk each would compile every package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo services test test-quick check format-check lint types docs-check docs bench faults fmt lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: $(DEVELOPMENT) ## Install what developing needs into .venv

demo: $(PRODUCT) ## Start everything with 60 made-up residents and a looping script of events
	@exec $(BIN)/anhu up --demo

services: $(DEVELOPMENT) ## Find, install or build the real services that the tests use
	@$(BIN)/python -m tests.services

test: $(DEVELOPMENT) services ## All tests, with InfluxDB, PostgreSQL, Mosquitto and Chromium really running
	@$(BIN)/python -m tests.whole

test-quick: $(DEVELOPMENT) services ## The tests of what you changed, in under a minute; says what it left out
	@$(BIN)/python -m tests.quick

check: format-check lint types docs-check test ## All that must hold before a commit

format-check: $(DEVELOPMENT)
	@$(BIN)/ruff format --check .

lint: $(DEVELOPMENT) ## ruff, and which room may import which
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

types: $(DEVELOPMENT) ## mypy, strict
	@$(BIN)/mypy

docs-check: $(DEVELOPMENT)
	@$(BIN)/anhu docs --check

docs: $(DEVELOPMENT) ## Write the generated files: schemas, dashboards, tables in the README files
	@$(BIN)/anhu docs

bench: $(DEVELOPMENT) services ## Measure the numbers that the README states
	@$(BIN)/python -m tests.bench

faults: $(DEVELOPMENT) services ## Kill, cut, fill and poison eleven installations and a city for about an hour and a half, and count
	@$(BIN)/python -m tests.faults --city 4

fmt: $(DEVELOPMENT) ## Format the code, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --exit-zero --quiet .

# Versions already locked are kept; delete a lock file first to have the newest.
lock: ## Resolve the dependencies and write the lock files (needs uv)
	@command -v uv >/dev/null || { echo "error: make lock needs uv: https://docs.astral.sh/uv" >&2; exit 1; }
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@printf 'hatchling\neditables\n' | $(COMPILE) - -c requirements-dev.lock -o requirements-build.lock

clean: ## Remove the environment and every cache in this folder; your data stays
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PRODUCT): requirements.lock requirements-build.lock pyproject.toml .ci/environment
	@.ci/environment requirements.lock
	@touch $@

# Whoever develops has the product's packages too.
$(DEVELOPMENT): requirements-dev.lock requirements-build.lock pyproject.toml .ci/environment
	@.ci/environment requirements-dev.lock
	@touch $(PRODUCT) $@
