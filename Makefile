# Developers' verbs. Users need no make: ./ops/demo and ./ops/check are the two commands of the README.
# `make` alone lists the targets.

PYTHON = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo check test lint fmt revision bench fuzz soak reference docs pictures dist

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## show pydb at work on an embedded PostgreSQL (args="--keep")
	@./ops/demo $(args)

check: ## linters and all tests on both servers: what CI runs
	@./ops/check

test: ## tests only, in the environment that `make check` made (args="-k fuse --server=pg18")
	@$(PYTHON) -m pytest -n 2 --dist worksteal $(args)

lint: ## linters only, those that ask a server among them
	@./ops/check --lint

fmt: ## format Python and the layout of the SQL outside of routine bodies
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m sqlfluff fix --disable-progress-bar sql

revision: ## freeze the changes of sql/ into a migration (m="what changes")
	@$(PYTHON) migrations/freeze.py "$${m:?usage: make revision m=\"what changes\"}"

bench: ## measure against the references of docs/benchmarks.md, both sides in one run
	@$(PYTHON) -m tests.bench $(args)

fuzz: ## the Hypothesis tests with a hundred times the examples
	@$(PYTHON) -m pytest -n 2 -m hypothesis --hypothesis-profile=fuzz --timeout=7200 $(args)

soak: ## a quarter of an hour: held rows under fire, tampering, streams, the governor; or of=faults (n=rounds, 100), alerts, events, governor, holds, seals (seconds=)
	@case "$(or $(of),all)" in \
	all) for one in holds seals events governor; do echo "soak of=$$one" && $(MAKE) --no-print-directory soak of=$$one || exit 1; done;; \
	faults) for round in $$(seq $${n:-100}); do echo "round $$round" && \
		$(PYTHON) -m pytest -q -n 2 tests/faults $(args) || exit 1; done;; \
	alerts) PYDB_TEST_SOAK=$(or $(seconds),1800) $(PYTHON) -m pytest -q tests/alerts/test_fault_to_page.py $(args);; \
	events) $(PYTHON) -m tests.events.soak --seconds $(or $(seconds),180) $(args);; \
	governor) $(PYTHON) -m tests.bench.governor_lag $(or $(seconds),600);; \
	holds) PYDB_HOLDS_SECONDS=$(or $(seconds),60) PYDB_HOLDS_WORKERS=8 $(PYTHON) -m pytest -q tests/holds/test_race.py $(args);; \
	seals) $(PYTHON) -m tests.bench.sealing;; \
	*) echo "of=all, faults, alerts, events, governor, holds or seals"; exit 64;; \
	esac

reference: ## regenerate docs/ reference pages from COMMENT ON and --help
	@$(PYTHON) docs/reference.py
	@$(PYTHON) -m tests.lint.roles

docs: ## build the documentation as a site in build/docs (pip install -e ".[docs]")
	@$(PYTHON) -m sphinx -q -c docs -b html -n -W --keep-going -d build/doctrees . build/docs
	@echo build/docs/index.html

pictures: ## take the pictures of docs/pictures anew (needs Chromium)
	@$(PYTHON) docs/pictures.py

dist: ## build and check what is published in dist/, with a list of its dependencies (pip install -e ".[release,web]")
	@rm -rf dist && $(PYTHON) -m hatchling build && $(PYTHON) -m twine check --strict dist/*
	@$(PYTHON) -m cyclonedx_py environment --pyproject pyproject.toml --of JSON -o dist/pydb.cdx.json
