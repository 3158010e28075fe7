# The same words as in the documentation. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Kedro looks its project up from here, and so do the tools.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONUNBUFFERED := 1
# Where it is set, every command compiles its libraries again: 8 s of processor time instead of 0.
unexport PYTHONDONTWRITEBYTECODE
# Another environment than the default one, such as ENV=orders.
ENV ?=
ifneq ($(ENV),)
export KEDRO_ENV := $(ENV)
endif
# Extra arguments for pytest, such as ARGS="-k gate", and for serve, mlflow and viz, such as ARGS="--port 8001".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: spark java test-spark clients postgres proxies node frontend frontend-check client browser help setup setup-dev run serve viz mlflow prefect check format unit test fuzz drills compose-test docs bench lock clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Weekwise needs Python 3.11 or newer; name one with: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

$(VENV)/.runtime: $(BIN)/uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-dev.lock
	@touch $@

setup: $(VENV)/.runtime ## Install what a run needs

setup-dev: $(VENV)/.dev ## Install what development needs too

APP := frontend
APP_SOURCES := $(APP)/index.html $(APP)/vite.config.ts $(APP)/svelte.config.js $(shell find $(APP)/src -type f)
# What the app's build needs of Node.js, in its own words.
NODE_FITS := const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)

node: $(BIN)/uv requirements-node.lock
	@{ node -e '$(NODE_FITS)' && npm --version; } >/dev/null 2>&1 || \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-node.lock

$(APP)/node_modules/.package-lock.json: $(APP)/package.json $(APP)/package-lock.json | node
	cd $(APP) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(APP)/dist/index.html: $(APP_SOURCES) $(APP)/node_modules/.package-lock.json
	cd $(APP) && npm run --silent build -- --logLevel warn
	@touch $@

frontend: $(APP)/dist/index.html ## Build the web app, if it is not built yet

frontend-check: setup-dev frontend ## The web app's checks, tests and size, and whether its client is fresh
	cd $(APP) && npm run --silent check
	cd $(APP) && npm run --silent test
	cd $(APP) && npm run --silent size
	python -m api openapi | cmp - $(APP)/src/lib/api/openapi.json && \
		cd $(APP) && npm run --silent client -- --check || \
		{ echo "The web app's client is not that of the API: make client" >&2; exit 1; }

client: setup-dev $(APP)/node_modules/.package-lock.json ## Generate the web app's client from the API
	python -m api openapi > $(APP)/src/lib/api/openapi.json
	cd $(APP) && npm run --silent client

# The generator of Python clients, apart: it wants an older typer than Prefect.
$(VENV)/.clients: $(BIN)/uv tests/clients.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/clients
	$(BIN)/uv pip install --quiet --python $(VENV)/clients/bin/python --require-hashes --requirements tests/clients.lock
	@touch $@

clients: $(VENV)/.clients

# The app is tested in Debian's Chromium; where it cannot be had, those tests say so.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "There is no Chromium, and no right to install it: tests of the web app in a browser are skipped."

# Feeds are read from a real PostgreSQL in the tests, Debian's; where it cannot be had, those tests say so.
postgres:
	@command -v initdb >/dev/null || [ -d /usr/lib/postgresql ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
		echo "There is no PostgreSQL, and no right to install it: tests that read from it are skipped."

# Spark runs on Java 17 or newer, Debian's; where it cannot be had, tests of Spark say so.
JAVA_FITS := java -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | awk '{ exit !($$1 >= 17) }'
java:
	@command -v java >/dev/null && $(JAVA_FITS) || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null; } || \
		echo "There is no Java 17 or newer, and no right to install it (Debian: apt-get install default-jre-headless): tests of Spark are skipped."

$(VENV)/.spark: $(VENV)/.runtime requirements-spark.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-spark.lock
	@touch $@

spark: $(VENV)/.spark java ## Install what environments with engine: spark need: PySpark and Java

# The documented configurations of nginx and Caddy are tested on both.
proxies:
	@{ command -v nginx && command -v caddy; } >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light caddy >/dev/null; } || \
		echo "There is no nginx or no Caddy, and no right to install them: tests of what stands before the service are skipped."

run: setup ## One weekly run on the example: the week after the last one in the store
	kedro run

serve: setup frontend ## The API and the web app on http://127.0.0.1:8000, from the embedded registry
	python -m api $(ARGS)

viz: setup-dev ## The pipelines, drawn by kedro viz
	# Kedro-Viz 12.5 uses a response class of FastAPI that FastAPI warns of.
	PYTHONWARNINGS="ignore:ORJSONResponse is deprecated" kedro viz run $(ARGS)

mlflow: setup ## The runs and the registry, in MLflow's own UI
	kedro mlflow ui $(if $(ENV),--env $(ENV)) $(ARGS)

prefect: setup ## A Prefect server with its UI; set PREFECT_API_URL=http://127.0.0.1:4200/api to use it
	PREFECT_SERVER_ANALYTICS_ENABLED=false prefect server start --host 127.0.0.1

check: setup-dev ## Format, lint, types, import lines, unused code, container files
	ruff format --check .
	ruff check --no-cache .
	mypy
	lint-imports --no-logo
	vulture
	hadolint Dockerfile
	@sh docker/check-compose.sh

format: setup-dev ## Put the code in the house format
	ruff format .
	ruff check --fix .

unit: setup-dev ## The quick tests
	pytest -n 2 --dist worksteal -m "not slow" $(ARGS)

test: setup-dev clients browser postgres proxies java ## Every check and test
	$(MAKE) -j 2 check docs frontend-check
	pytest -n 2 --dist worksteal $(ARGS)

test-spark: setup-dev java ## The tests of Spark alone, which are part of `make test`
	pytest -m "spark and not drill" $(ARGS)

fuzz: setup-dev ## The property tests on fresh examples; what they find becomes an example
	HYPOTHESIS_PROFILE=fuzz pytest -n 2 --dist worksteal -m "hypothesis and not slow and not drill" $(ARGS)

drills: setup-dev ## More kill points and tables than there is time for in every test run
	pytest -n 2 --dist worksteal -m drill $(ARGS)

compose-test: setup-dev ## The whole system in containers, on a thin slice; needs a Docker engine
	pytest -n 0 -p no:cacheprovider tests/compose $(ARGS)

docs: setup-dev ## The documentation site, in docs/_build/html
	sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: setup-dev ## The benchmarks, each measured side by side
	python benchmarks/weekly_run.py
	python benchmarks/model_quality.py
	python benchmarks/leaks.py
	python benchmarks/orchestration.py
	python benchmarks/serving.py

lock: $(BIN)/uv ## Pin every dependency, with hashes
	$(BIN)/uv pip compile pyproject.toml --extra flights --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet --output-file requirements.lock
	$(BIN)/uv pip compile --group pyproject.toml:service --universal --python-version 3.11 --generate-hashes \
		--constraint requirements.lock --excludes requirements-api.excludes --custom-compile-command "make lock" --quiet --output-file requirements-api.lock
	$(BIN)/uv pip compile --group pyproject.toml:node --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet --output-file requirements-node.lock
	$(BIN)/uv pip compile pyproject.toml --extra flights --group dev --universal --python-version 3.11 --generate-hashes \
		--constraint requirements.lock --custom-compile-command "make lock" --quiet --output-file requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra spark --universal --python-version 3.11 --generate-hashes \
		--constraint requirements.lock --custom-compile-command "make lock" --quiet --output-file requirements-spark.lock
	for image in build mlflow; do \
		$(BIN)/uv pip compile docker/$$image.in --universal --python-version 3.11 --generate-hashes \
			--constraint requirements.lock --custom-compile-command "make lock" --quiet --output-file docker/$$image.lock; \
	done
	$(BIN)/uv pip compile benchmarks/autogluon.in --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet --output-file benchmarks/autogluon.lock
	$(BIN)/uv pip compile benchmarks/serving_peers.in --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet --output-file benchmarks/serving_peers.lock
	$(BIN)/uv pip compile tests/clients.in --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --quiet --output-file tests/clients.lock

clean: ## Forget what runs and tools made; the environment stays
	rm -rf data/*/ frontend/dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
