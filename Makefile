# Every word here is one that CI uses too. `make` alone prints them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo run test soak bench bench-check profile mutants golden lint format types lock clean

help:  ## print these words
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: requirements/dev.txt requirements/runtime.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/runtime.stamp

demo: $(VENV)/runtime.stamp  ## samples through the gateway to stand-in vendors, then a simulated contact centre
	$(BIN)/wfm-gateway --config config/demo.yaml demo $(DEMO_ARGS)

run: $(VENV)/runtime.stamp  ## serve config/gateway.yaml
	$(BIN)/wfm-gateway --config config/gateway.yaml serve

test: $(VENV)/dev.stamp  ## the whole suite
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

soak: $(VENV)/dev.stamp  ## an hour of random faults and kills, then the mutants (SOAK_ARGS="--seconds 60 --seed 7")
	$(BIN)/python -m tests.acceptance.rig $(SOAK_ARGS)

bench: $(VENV)/dev.stamp  ## the gateway beside what one would have instead (BENCH_ARGS="--rounds 1 --quick")
	$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)

bench-check: $(VENV)/dev.stamp  ## red when the gateway has become slower beside the relay (CHECK_ARGS="--prove")
	$(BIN)/python -m benchmarks.bench.check $(CHECK_ARGS)

profile: $(VENV)/dev.stamp  ## where an event's microseconds go, as a flame graph (PROFILE_ARGS="--rate 1000 --keep FOLDER")
	$(BIN)/python -m benchmarks.bench.profile $(PROFILE_ARGS)

mutants: $(VENV)/dev.stamp  ## break the gateway on purpose: each time a test must turn red
	$(BIN)/python -m tests.mutants

golden: $(VENV)/dev.stamp  ## write the mappings' golden files and docs/mappings.md anew: the diff is the review
	$(BIN)/wfm-gateway mappings check --write
	$(BIN)/wfm-gateway mappings list --markdown > docs/mappings.md

lint: $(VENV)/dev.stamp  ## ruff, formatting, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/dev.stamp  ## mypy, strict
	$(BIN)/mypy

lock: $(VENV)/dev.stamp  ## write the hash-locked requirements anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group build pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group bench -o requirements/bench.txt

clean:  ## remove what the other words made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
