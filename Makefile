.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
FRONTEND := node_modules/.installed
TRAINING := .venv-training/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check install --require-hashes --progress-bar off

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: install
install: $(RUNTIME) $(FRONTEND)  ## install what running needs, and nothing else

.PHONY: run
run: install  ## start everything and print one address to open (PORT=8000)
	@$(BIN)/python -m surveyapp.launcher $(if $(PORT),--port $(PORT))

.PHONY: test
test: $(DEVELOPMENT) $(FRONTEND)  ## run the tests, with PostgreSQL, Redis and Chromium (ARGS=…)
	@.ci/prepare
	@$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadfile $(ARGS)

.PHONY: check
check: $(DEVELOPMENT)  ## lint and type-check
	@echo "Linting"
	@$(BIN)/ruff check .
	@echo "Checking types"
	@$(BIN)/mypy
	@echo "Checking templates"
	@$(BIN)/djlint templates --lint --quiet

.PHONY: words
words: $(DEVELOPMENT)  ## collect the words of pages for the catalogues, and compile these
	@$(BIN)/pybabel --quiet extract -F pyproject.toml -k message --add-location=file --no-wrap \
		--output-file=$(VENV)/words.pot surveyapp templates
	@$(BIN)/pybabel --quiet update --input-file=$(VENV)/words.pot --output-dir=surveyapp/translations \
		--no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date
	@# The tool's own head has names of nobody.
	@for file in surveyapp/translations/*/LC_MESSAGES/messages.po; do \
		grep -vE '^"(Report-Msgid|Last-Translator|Language-Team|Generated-By)' \
			$$file >$(VENV)/words.po && cp $(VENV)/words.po $$file; done
	@$(BIN)/pybabel --quiet compile --directory=surveyapp/translations

.PHONY: bench
bench: install  ## measure speed; prints one line a measurement
	@$(BIN)/python -m benchmarks

.PHONY: training
training: $(TRAINING)  ## install PyTorch beside it all, to train a model and to compare speeds

.PHONY: soak
soak: $(DEVELOPMENT) $(FRONTEND)  ## run the long tests
	@.ci/prepare
	@$(BIN)/python -m pytest -m soak $(ARGS)

.PHONY: eval
eval: install  ## measure the comment model on its labelled comments
	@$(BIN)/python -m nlp evaluate

.PHONY: backup
backup: install  ## copy the database to a new file (FILE=…)
	@$(BIN)/flask --app wsgi backup make $(or $(FILE),$(error Name the file: make backup FILE=pulse.backup))

.PHONY: restore
restore: install  ## put a backup in the place of the database (FILE=… [REPLACE=yes])
	@$(BIN)/flask --app wsgi backup restore $(if $(REPLACE),--replace) \
		$(or $(FILE),$(error Name the file: make restore FILE=pulse.backup))

.PHONY: clean
clean:  ## remove what was installed; keeps instance/, which holds data
	rm -rf $(VENV) .venv-training node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(RUNTIME): requirements.txt
	@echo "Making the Python environment in $(VENV)"
	@python=$$(.ci/tools python) && \
		{ $(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv $(VENV); }
	@echo "Installing the Python packages (a few minutes, the first time)"
	@PYTHONUNBUFFERED=1 $(PIP) -r requirements.txt 2>$(VENV)/pip.log | \
		.ci/tools count-packages $$(grep -c '^[^ #]*==' requirements.txt) || { cat $(VENV)/pip.log; exit 1; }
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	@echo "Installing the packages of tests and checks"
	@$(PIP) --quiet -r requirements.txt -r requirements-dev.txt
	@touch $@

$(TRAINING): requirements.txt requirements-train.txt
	@echo "Making the Python environment in .venv-training (a large download)"
	@python=$$(.ci/tools python) && "$$python" -m venv .venv-training
	@.venv-training/bin/python -m pip --disable-pip-version-check install --quiet \
		-r <(sed -nE 's/^([a-z0-9_.-]+==[^\\]+).*/\1/p' requirements.txt) -r requirements-train.txt
	@touch $@

$(FRONTEND): package.json package-lock.json
	@echo "Installing the front-end packages"
	@npm=$$(.ci/tools npm) && "$$npm" ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
