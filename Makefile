# Every command a person or CI runs. On a fresh machine `make run` and `make test` are enough: they install,
# below this directory, what is missing, and name what only the system's administrator can install.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
# One profile, one feature set and one target directory for the extension, the tests and the lints:
# the DTLS library costs minutes and is compiled once (docs/adr/0010).
CARGO_SCOPE := --release --workspace --locked
CARGO := scripts/cargo.sh
MATURIN = VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin

sources = $(shell find $(1) \( -name node_modules -o -name target -o -name dist -o -name __pycache__ \) -prune \
            -o -type f -print 2>/dev/null)
RUST_SOURCES := $(filter-out native/fuzz/%,$(call sources,native)) Cargo.toml Cargo.lock rust-toolchain.toml
WEB_SOURCES := $(call sources,web)
WEB_MANIFESTS := $(filter %/package.json %/package-lock.json,$(WEB_SOURCES))

# A stamp lives inside what it vouches for, so that removing the one removes the other.
PYTHON_READY := $(VENV)/.requirements.stamp
NATIVE_READY := $(VENV)/.native.stamp
WEB_READY := web/node_modules/.package-lock.json
PAGE := adapters/web/static/index.html
LOADGEN := target/release/loadgen

##@ Use
.PHONY: help run serve setup setup-system
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## A demo world: the gateway with a phone, a radio and two responders; prints its link (ARGS="--help")
	@exec $(BIN)/python -m sim.demo $(ARGS)

serve: setup ## The gateway alone, as it is operated (ARGS="--config FILE")
	@exec $(BIN)/crosspatch run $(ARGS)

setup: $(PYTHON_READY) $(NATIVE_READY) $(PAGE) ## Everything `make run` needs, below this directory: no root

setup-system: ## The Debian packages that the tests need (requirements/system.txt): root
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
	  $$(scripts/prerequisites.sh list)

##@ Judge
.PHONY: test lint lint-python lint-rust lint-web test-rust test-web test-python instructions fuzz deny bench livekit sim
test: setup system-ready lint test-rust test-web test-python ## All of it: lint, then every test

lint: lint-python lint-rust lint-web ## Formats, types, clippy, the house's own rules

lint-python: $(PYTHON_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/lint

lint-rust: $(NATIVE_READY)
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path native/fuzz/Cargo.toml --check
	$(CARGO) clippy $(CARGO_SCOPE) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_SCOPE) --no-deps

lint-web: $(WEB_READY)
	npm run --prefix web lint
	npm run --prefix web check

test-rust: $(NATIVE_READY)
	$(CARGO) test $(CARGO_SCOPE)

test-web: $(WEB_READY)
	npm run --prefix web test

test-python: setup $(LOADGEN) ## Python's tests and the stories over a real gateway (ARGS="-k name" for a few)
	$(BIN)/pytest $(ARGS)

bench: setup $(LOADGEN) ## The gateway beside its peers, BENCH=relay, hostile, memory, sip_calls, mix, radio or floor: table and JSON in target/bench (ARGS="--help")
	$(BIN)/python -m bench.$(or $(BENCH),relay) $(ARGS)

livekit: ## Build LiveKit from its Go module (needs Go 1.22): a peer of `make bench`
	GOBIN=$(CURDIR)/target/bench go install github.com/livekit/livekit-server/cmd/server@v1.8.4
	mv target/bench/server target/bench/livekit-server

instructions: setup ## Count what a delivered audio packet costs under callgrind; fails above the limit
	scripts/instructions.sh

fuzz: setup ## Throw bad input at the doors for a minute each (FUZZ_S=60)
	$(BIN)/python tests/fuzz/fuzz_web.py --seconds $(or $(FUZZ_S),60)
	scripts/fuzz_native.sh $(or $(FUZZ_S),60)

deny: ## Judge the crates: licences, sources, published weaknesses (needs cargo-deny and a network)
	scripts/deny.sh

sim: setup ## The hub's stories in virtual time (ARGS="-k name" for a few)
	$(BIN)/pytest tests/sim $(ARGS)

.PHONY: system-ready
system-ready:
	@scripts/prerequisites.sh test || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && $(MAKE) setup-system; }

##@ Publish
.PHONY: docs wheel clean
docs: setup ## Write the generated files anew: reference pages, ADR index, wire types
	$(BIN)/python scripts/gen_wire.py
	$(BIN)/python scripts/gen_docs.py

wheel: $(PYTHON_READY) $(PAGE) ## One wheel into dist/: runs without Rust and Node
	$(MATURIN) build --release --locked --out dist

clean: ## Remove all that was built or installed here; var/ (the gateway's data) stays
	rm -rf target dist .cache $(VENV) web/node_modules adapters/web/static gateway/_native*.so
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# -- what the commands above stand on ------------------------------------------------------
$(BIN)/python:
	@scripts/prerequisites.sh build
	$(PYTHON) -m venv $(VENV)

$(PYTHON_READY): requirements/dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(NATIVE_READY): $(RUST_SOURCES) pyproject.toml $(PYTHON_READY)
	@scripts/prerequisites.sh build
	$(MATURIN) develop --release --locked
	@touch $@

# The whole workspace, not one package: another choice of packages is another set of features.
$(LOADGEN): $(call sources,bench/loadgen) $(NATIVE_READY)
	$(CARGO) build $(CARGO_SCOPE)
	@touch $@

$(WEB_READY): $(WEB_MANIFESTS)
	@scripts/prerequisites.sh build
	npm ci --prefix web --no-audit --no-fund
	@touch $@

$(PAGE): $(WEB_SOURCES) $(WEB_READY)
	npm run --prefix web build
	@touch $@
