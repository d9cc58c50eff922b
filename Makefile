# The Bitcoin Game. Needs Python 3.11 or newer and make; everything else is fetched into .venv.
#   make up PORT=8000 DATA=.tbg DEMO=5      make test PYTEST="tests/app -k local"

ifndef PYTHON
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
VENV := .venv/bin
# Each of them on its own servers; servers that TBG_TEST_… names can serve only one.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 5 --no-loadscope-reorder
NPM := $(VENV)/python tools/bootstrap.py npm
COMPILE := $(VENV)/uv pip compile --quiet --universal --generate-hashes --no-header \
	--no-emit-index-url --python-version 3.11 pyproject.toml
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Otherwise each process that tests start would compile the program again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

.PHONY: python
python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "setup: no Python 3.11 or newer: install one, or name it with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py python

.PHONY: setup
setup: python ## prepare everything without starting it
	@$(VENV)/python tools/bootstrap.py web

.PHONY: up
up: setup ## start the game here with demo miners (PORT=8000 DATA=.tbg DEMO=5, 0: none, HOST=127.0.0.1)
	@exec $(VENV)/tbg up $(if $(PORT),--port $(PORT)) $(if $(DATA),--data "$(DATA)") \
		--demo $(or $(DEMO),5) $(if $(filter command line,$(origin HOST)),--host $(HOST))

.PHONY: footprint
footprint: python ## measure the memory and disk of the running game (DATA=.tbg)
	@$(VENV)/python -m tools.footprint $(or $(DATA),.tbg)

.PHONY: check
check: setup ## lint, format, types and contracts, of the program and the web app
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	@$(VENV)/tbg openapi | cmp -s - web/openapi.json || { \
	echo "web/openapi.json is not what the routes say: run make api" >&2; exit 1; }
	$(NPM) run --silent check

.PHONY: test
test: setup ## every test, on real servers and in a real browser (PYTEST="…" passes options on)
	@$(VENV)/python tools/browser.py >/dev/null
	$(NPM) run --silent test
	$(VENV)/pytest --durations=25 $(if $(TBG_TEST_DATABASE_URL),,$(SIDE_BY_SIDE)) $(PYTEST)

.PHONY: quick
quick: setup ## the tests that a change touches, in under a minute (BASE=… compares with another commit)
	@BASE="$(BASE)" $(VENV)/python tools/quick.py $(if $(TBG_TEST_DATABASE_URL),,$(SIDE_BY_SIDE)) $(PYTEST)

.PHONY: coverage
coverage: ## every test, with coverage: fails below 90 % in total, 95 % in gamification and accounts
	$(MAKE) test PYTEST="--cov=tbg --cov-report= $(PYTEST)"
	$(VENV)/coverage report --fail-under=90
	$(VENV)/coverage report --include="*/domains/gamification/*" --fail-under=95
	$(VENV)/coverage report --include="*/domains/accounts/*" --fail-under=95
	$(VENV)/coverage report --include="*/domains/gamification/rules.py" --fail-under=100

.PHONY: test-debian
test-debian: setup ## every test on Debian's own PostgreSQL 15 and Redis 7
	$(VENV)/python tools/debian_servers.py $(VENV)/pytest $(PYTEST)

.PHONY: faults
faults: python ## 300 fault schedules on real servers, and every planted bug caught
	$(VENV)/tbg faults run --schedules 300 --mutants

.PHONY: signatures
signatures: python ## check a million damaged signatures (N=…); a second verifier must agree with each accepted one
	$(VENV)/python -m tests.adapters.bitcoin.mutations $(or $(N),1000000)

.PHONY: credentials
credentials: python ## npm's @digitalbazaar/vc judges our credentials: as made, changed, revoked
	cd tests/domains/credentials/outside && npm ci --silent --ignore-scripts
	$(VENV)/pytest tests/domains/credentials/test_outside.py -s $(PYTEST)

.PHONY: merges
merges: python ## 1,000 random histories (N=…) of accounts that are merged: no XP is lost or doubled
	$(VENV)/pytest tests/app/test_merge_xp.py --timeout 0 --histories $(or $(N),1000) $(PYTEST)

.PHONY: bench
bench: python ## shares per second, compared with event-at-a-time processing and a raw COPY
	$(VENV)/tbg bench pipeline

.PHONY: bench-scale
bench-scale: python ## the cost of a share after ten million others (minutes, 8 GB)
	$(VENV)/tbg bench scale

.PHONY: bench-rewards
bench-rewards: python ## a player's summary, and the backfill of a badge among a million users (USERS=…), while shares come in
	$(VENV)/tbg bench rewards --users $(or $(USERS),1000000)

.PHONY: web
web: setup ## build the web app into web/dist (nothing to do when its sources are unchanged)

.PHONY: web-dev
web-dev: setup ## the web app from its sources, live, in front of make up on port 8000
	@exec $(NPM) run --silent dev

.PHONY: messages
messages: python ## after a change of texts in the web app: its message catalogue
	$(NPM) run --silent messages

.PHONY: looks
looks: setup ## after a change of how the kit or a page looks: the pictures in web/looks; look at them, then commit
	@$(VENV)/python tools/browser.py >/dev/null
	$(NPM) run --silent looks

.PHONY: audit
audit: setup ## Lighthouse's marks of two pages of the running game (URL=http://127.0.0.1:8000): 95 at least
	@$(NPM) --prefix audit ci --ignore-scripts --loglevel=error >/dev/null
	@$(NPM) --prefix audit run --silent audit -- "$$($(VENV)/python tools/browser.py)" $(URL)

.PHONY: api
api: setup ## after a change of routes, schemas or frames: the documents in web/, the web app's types and bounds
	$(VENV)/tbg openapi > web/openapi.json
	$(VENV)/tbg openapi --frames > web/asyncapi.json
	$(NPM) run --silent gen

.PHONY: icons
icons: python ## after a change of the logo: the icons of the app on a phone
	$(VENV)/python tools/icons.py

.PHONY: lock
lock: python ## update the lock files from pyproject.toml (UPGRADE=1: from the registry)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev -o requirements-dev.lock
	cp requirements-dev.lock requirements.lock
	$(COMPILE) -o requirements.lock
	echo 'uv==$(shell $(VENV)/uv --version | cut -d " " -f 2)' | $(VENV)/uv pip compile --quiet \
		--universal --generate-hashes --no-header --no-emit-index-url -o requirements-uv.lock -

.PHONY: clean
clean: ## remove what make made (not the data in .tbg)
	rm -rf .venv web/node_modules web/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
