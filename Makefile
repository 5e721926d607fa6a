# make demo   relight the bundled clip into out/
# make test   linters, types and all tests
# Each sets up what it needs in .venv. Another interpreter goes with another place:
# make test PYTHON=python3.12 VENV=.venv312

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= dev
BIN = $(VENV)/bin
COMMA = ,
NATIVE = CMakeLists.txt $(wildcard src/native/*)
BASE = $(VENV)/.base
DEV = $(VENV)/.$(subst $(COMMA),-,$(EXTRAS))
PIP = $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint types unit format clean

demo: $(BASE)
	$(BIN)/relume demo --output out

test: lint types unit

lint: $(DEV)
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools

# The rooms that need PyTorch are checked where it is installed.
types: $(DEV)
	$(BIN)/mypy src/relume $$($(BIN)/python -c 'import torch' 2>/dev/null || \
	  echo --exclude '/(model|teacher|train)/')

unit: $(DEV)
	$(BIN)/pytest -q -n auto --dist loadfile

format: $(DEV)
	$(BIN)/ruff check --fix src tests tools
	$(BIN)/ruff format src tests tools

clean:
	rm -rf $(VENV) out build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "relume needs Python 3.11 to 3.13; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BASE): pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) install -e .
	@touch $@

$(DEV): pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) install -e '.[$(EXTRAS)]'
	@touch $@ $(BASE)
