# make help lists what can be done. Needs make and Python 3.11 or newer; everything else goes into
# .venv, with the versions of constraints.txt.

PYTHON ?= $(firstword $(foreach name,python3 python3.12 python3.11 python3.13,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
EXTRAS ?= dev  # of pyproject.toml, for make setup
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DOCS_READY := $(VENV)/.docs-ready
DEMO := runs/demo/seed_0

.PHONY: help setup demo test fuzz lint docs bench clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

setup: $(READY)  ## Make .venv and install everything into it

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3"; exit 2; }
	@echo "installing into $(VENV), with $$($(PYTHON) --version); about two minutes, the first time only"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(strip $(EXTRAS))]'
	@touch $@

demo: setup  ## Train an agent on mazes from scratch, measure and film it (about 8 minutes)
	@$(BIN)/rl2-train experiment=demo seed=0
	@$(BIN)/rl2-eval agent=$(DEMO)

test: setup  ## Run the tests
	@$(BIN)/python -m pytest -n auto --dist worksteal

fuzz: setup  ## Try 2,000 generated values and damaged files per test, instead of 50
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n auto --dist worksteal tests/core tests/agents/training/test_damaged_files.py -k "any or damaged or interval or another_shape"

lint: setup  ## Check style and types
	@mkdir -p $(VENV)/types && ln -sfn ../.. $(VENV)/types/rl2_mazes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright

docs: $(DOCS_READY)  ## Build the documentation into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "built build/site/index.html"

$(DOCS_READY): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

bench: setup  ## Measure the engine's throughput beside its peers
	@$(BIN)/rl2 bench engine

clean:  ## Remove .venv and caches; runs/ stays
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
