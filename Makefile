# Two commands to remember: make demo, make test. `make` alone lists them all.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help demo test check page format bench schema clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set everything up and run the whole product with a simulated roller (ARGS='--speed 2')"
	@echo "make test    set everything up and run every check, with a real broker and a real browser"
	@echo "make check   the quick loop: format, lint, types, unit tests"
	@echo "make page    build the page from web/ (Node from this machine, else from PyPI)"
	@echo "make format  put the code into its format"
	@echo "make schema  write the JSON Schemas and the AsyncAPI document into build/schema"
	@echo "make bench   print what is claimed: accuracy, speed, latency, footprint (about 12 minutes)"
	@echo "make clean   remove what was built, .venv included"

# The environment: installed again whenever pyproject.toml changes.
.venv/.made:
	@PYTHON=$(PYTHON) tools/need python-venv=python3-venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slowroll needs Python 3.11 or newer, this is " + sys.version)'
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade "pip>=24"
	@touch $@

.venv/.demo: .venv/.made pyproject.toml
	@echo "Installing slowroll with the embedded broker into .venv (from PyPI)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[broker]'
	@touch $@

.venv/.test: .venv/.made pyproject.toml
	@echo "Installing slowroll with the embedded broker and the test tools into .venv (from PyPI)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[broker,test]'
	@touch $@ .venv/.demo

.venv/.bench: .venv/.test
	@echo "Installing what the benchmarks compare with into .venv (from PyPI)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[broker,test,bench]'
	@touch $@

page: .venv/.made
	@$(BIN)/python web/build.py

demo: .venv/.demo page
	@exec $(BIN)/slowroll demo $(ARGS)

check: .venv/.test page
	@$(BIN)/ruff format --check --quiet . || { echo "The format is off: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n auto -m "not broker and not browser and not slow"

test: .venv/.test page
	@tools/need mosquitto=mosquitto chromium=chromium
	@$(BIN)/ruff format --check --quiet . || { echo "The format is off: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python web/build.py --check
	@$(BIN)/python -m pytest -q

format: .venv/.test
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schema: .venv/.demo
	@$(BIN)/python -m firmware_host.schema build/schema

bench: .venv/.bench page
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/sample_clock.py
	$(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/pain_stop.py
	$(BIN)/python benchmarks/footprint.py
	$(BIN)/python benchmarks/report.py

clean:
	rm -rf .venv build dist web/node_modules web/build firmware_host/dashboard/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
