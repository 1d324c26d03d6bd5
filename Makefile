# A virtual environment is made in VENV on the first call and again when the requirements change.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
REQUIREMENTS := pyproject.toml constraints.txt
PIECE ?= 1h

.PHONY: help demo test lint docs bench man sbom pretrain clean

help:
	@echo "make demo      train, predict and evaluate on the airline passengers"
	@echo "make test      run the tests"
	@echo "make lint      check format, style and types"
	@echo "make docs      build the documentation as a site into build/site"
	@echo "make bench     measure accuracy, speed and memory"
	@echo "make man       write the pages of the manual into build/man"
	@echo "make sbom      write the software bill of materials, sbom.json"
	@echo "make pretrain  go on with the embedded model for PIECE=1h, into default.safetensors"
	@echo "make clean     remove the environment and the caches"

demo: $(VENV)/.rnncast
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	cp -R sample_data "$$folder"; PATH="$$(cd $(BIN); pwd):$$PATH"; cd "$$folder"; PS4='$$ '; \
	(set -x; rnncast train sample_data/airline.csv; rnncast predict; rnncast evaluate)

test: $(VENV)/.rnncast-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.rnncast-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

docs: $(VENV)/.rnncast-docs
	$(BIN)/python docs/make_site.py

bench: $(VENV)/.rnncast-dev
	$(BIN)/python -m bench

sbom: $(VENV)/.rnncast-dev
	$(BIN)/python -m bench sbom sbom.json

man: $(VENV)/.rnncast
	mkdir -p build/man
	$(BIN)/rnncast man -o build/man

pretrain: $(VENV)/.rnncast
	$(BIN)/rnncast pretrain --time-limit $(PIECE) -o default.safetensors

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find rnncast tests bench -name __pycache__ -type d -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.rnncast: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) -e .
	@touch $@

$(VENV)/.rnncast-dev: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) -e ".[dev]"
	@touch $@ $(VENV)/.rnncast

$(VENV)/.rnncast-docs: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) -e ".[docs]"
	@touch $@ $(VENV)/.rnncast
