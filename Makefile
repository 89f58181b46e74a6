# Every target sets up what it needs; a fresh machine needs only Python 3.11 or newer, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OCTOKIT := $(VENV)/octokit/.ready
SOURCES := platform cli templates/twinlock_templates/__init__.py world stacks tests

# Compiled modules make every command start faster; some shells switch them off.
unexport PYTHONDONTWRITEBYTECODE
export UV_NO_PROGRESS = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test engine test-engine check bench fuzz wheel docs locks clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## Build .venv with everything that development needs

$(READY): pyproject.toml requirements/setup.lock requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make setup: $(PYTHON) is older than 3.11. Name a newer one: make setup PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "make setup: $(PYTHON) cannot make $(VENV). On Debian: apt-get install python3-venv" >&2; exit 3; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/setup.lock 2> $(VENV)/setup.log || { echo "make setup: the installer could not be had (see $(VENV)/setup.log). Run it again with a network." >&2; exit 3; }
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.lock 2> $(VENV)/setup.log || { echo "make setup: $$(grep -m1 -oE 'Failed to (fetch|download)[^:]*' $(VENV)/setup.log || echo 'a package could not be had') (see $(VENV)/setup.log). Run it again with a network; it goes on where it stopped." >&2; exit 3; }
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline --python $(BIN)/python --editable .
	@$(BIN)/python -m compileall -q platform cli world templates
	@$(BIN)/python -c 'import boto3, moto.server, moto.iam, moto.sts, pulumi_aws, pulumi_github, uvicorn'
	@touch $(READY)

demo: $(READY) ## Tell the whole story on a fresh local world
	@$(BIN)/twinlock demo

# The only thing of Node's: octokit is a client that people use, and tests hold the world to it.
$(OCTOKIT): $(READY) tests/conformance/octokit/package-lock.json
	@command -v npm > /dev/null || { echo "make test: npm is missing, and octokit is tested against the world. On Debian: apt-get install npm" >&2; exit 3; }
	@rm -rf $(@D) && mkdir $(@D) && cp tests/conformance/octokit/package*.json $(@D)
	@cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund || { echo "make test: octokit could not be had. Run it again with a network." >&2; exit 3; }
	@touch $@

test: $(READY) $(OCTOKIT) ## Run every test but those of the real engine
	@$(BIN)/python -m pytest -n 2 -q --ignore tests/engine

engine: $(READY) ## Install Pulumi and its GitHub provider into the user's cache, built from Go modules
	@$(BIN)/twinlock engine status > /dev/null || $(BIN)/twinlock engine install --from source

test-engine: engine ## Run the tests with the real engine
	@TWINLOCK_TEST_ENGINE=1 $(BIN)/python -m pytest -n 2 --dist loadfile -q tests/engine

check: $(READY) ## Lint, types, layers, lock files, generated pages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/mypy platform cli templates world
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m twinlock.controls.generate --check
	@$(BIN)/python -m twinlock.manifest.generate --check
	@sh requirements/check.sh $(BIN)/uv
	@$(BIN)/zizmor --offline --quiet --persona=pedantic .github
	@$(BIN)/actionlint .github/workflows/*.yml

docs: $(READY) ## Generate the controls' index and pages, and the manifest's schemas
	@$(BIN)/python -m twinlock.controls.generate
	@$(BIN)/python -m twinlock.manifest.generate

bench: $(READY) ## Measure, and print medians beside the budgets
	@$(BIN)/python tests/benchmarks/bench.py

SECONDS_OF_FUZZ ?= 600
fuzz: $(READY) ## Send a world what no honest client sends, for SECONDS_OF_FUZZ
	@$(BIN)/python tests/benchmarks/fuzz.py $(SECONDS_OF_FUZZ)

wheel: $(READY) ## Build the wheel, install it in a clean environment, and run the demo from there
	@sh tests/wheel.sh $(BIN)

locks: $(READY) ## Renew requirements/*.lock from pyproject.toml
	@sh requirements/compile.sh $(BIN)/uv requirements

clean: ## Remove what was built
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
