# Every command of the project; `make help` lists them. Each target does its own set-up.
#
# All that a machine needs is Python 3.11 or newer and make. `scripts/setup.py` fetches
# the rest, once, into .venv, .tools and the node_modules folders.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first interpreter that runs and is new enough; PYTHON=/path/to/python overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
NEEDED = $(or $(strip $(PYTHON)),$(error no Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python))
SETUP = @$(NEEDED) scripts/setup.py

# The set-up's programs come before the machine's.
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/.venv/bin:$(PATH)

# Test processes: as many as there are processors, or JOBS=0 for one without workers.
JOBS ?= logical
# Further arguments for the program or the tests, such as ARGS="--port 8001".
ARGS ?=

.PHONY: help
help: ## list the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: ## the whole story in a fresh data folder, on a local test chain
	$(SETUP) run
	itemproof demo $(ARGS)

.PHONY: serve
serve: ## API and pages, with a local test chain when none is configured
	$(SETUP) run
	itemproof serve $(ARGS)

.PHONY: test
test: ## all tests: Solidity, JavaScript and Python
	$(SETUP) test
	@$(MAKE) -k test-contracts test-js test-python

.PHONY: test-contracts test-js test-python
test-contracts:
	cd contracts && npm test
test-js:
	@ls tests/js/*.test.mjs > /dev/null # none found is an error, not a success
	node --test "tests/**/*.test.mjs"
test-python:
	pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

.PHONY: check
check: ## style, types, import rules, and whether generated files are fresh
	$(SETUP) check
	@$(MAKE) -k lint format-check types imports contracts-format abi vectors catalogues repository

.PHONY: lint format-check types imports contracts-format abi vectors catalogues repository
lint:
	ruff check .
format-check:
	ruff format --check .
types:
	mypy
imports:
	lint-imports --no-cache
contracts-format:
	cd contracts && npm run --silent fmt
abi:
	python scripts/compile_contracts.py --check
vectors:
	@for script in scripts/make_*vectors.py; do \
		echo "python $$script --check"; python "$$script" --check || exit 1; done
catalogues:
	python scripts/update_catalogues.py --check
repository:
	python scripts/check_repo.py

.PHONY: format
format: ## rewrite sources in the style that `make check` asks for
	$(SETUP) check
	ruff check --fix-only .
	ruff format .
	cd contracts && npm exec --no -- forge fmt

.PHONY: bench
bench: ## speed and memory beside their floors (ONLY=glob chooses)
	$(SETUP) test
	python scripts/bench.py $(if $(ONLY),--only '$(ONLY)') $(ARGS)

.PHONY: attack
attack: ## let every write, chain, backup and process fail, and count what is lost (ARGS=--small, ONLY=glob)
	$(SETUP) test
	python scripts/attack.py $(if $(ONLY),--only '$(ONLY)') $(ARGS)

.PHONY: slither
slither: ## look for known mistakes in the contracts; each finding needs an answer in the source
	$(SETUP) slither
	python scripts/slither.py

.PHONY: wheel
wheel: ## build the distribution, pages and contract files inside
	$(SETUP) check
	python -m build --no-isolation

.PHONY: lock
lock: ## write the Python lock files anew (ARGS=--upgrade for newer versions)
	$(SETUP) check
	python scripts/lock.py $(ARGS)

.PHONY: clean
clean: ## remove all that was fetched or built, never a data folder
	rm -rf .venv .tools build dist contracts/out contracts/cache contracts/node_modules
	rm -rf ledger_api/web/node_modules ledger_api/web/static/build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
