# Everything a fresh machine with Python 3.11 or newer, git and make needs is created by the first target that wants it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := build/bench
REPO ?= .
REPOS ?= $(REPO)
RUNS ?= 3

.PHONY: audit test lint types check docs bench clean

audit: $(VENV)/.keysieve
	$(BIN)/keysieve history "$(REPO)"

test: $(VENV)/.dev
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test

# What is made from the program's own help, then the site in build/site.
docs: $(VENV)/.docs
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Against the peers of the package index; hours on large repositories: make bench REPOS="path …" RUNS=1
bench: $(BENCH)/.peers
	$(BENCH)/bin/python -m pip install --quiet --no-deps --force-reinstall .
	$(BENCH)/bin/python benchmarks/speed.py --runs $(RUNS) $(REPOS)

clean:
	rm -rf $(VENV) build dist src/*.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.keysieve: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.docs: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable '.[dev,docs]'
	@touch $@

# In an environment of its own, installed as users have it: an editable package takes longer to start.
$(BENCH)/.peers: pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet '.[bench]'
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.keysieve
