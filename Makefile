# Parley's commands. `make run` needs Python 3.11 or newer with venv, and make; nothing else.

PY ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
# More words for pip, for example: make install PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_ARGS ?=
# More words for the command itself, for example: make chat ARGS="--interactive", make test ARGS="-k config".
# Settings are variables: BOT_HTTP_PORT=9000 make run
ARGS ?=
# Processes that share the tests; 0 runs them in this one, as pytest alone does.
TEST_PROCESSES ?= 2
# What is installed is named after what asked for it: nothing changed, nothing to do.
HASH := $(shell cat pyproject.toml constraints.txt | cksum | cut -d ' ' -f 1)
STAMP := $(VENV)/.parley-$(HASH)
DEV_STAMP := $(VENV)/.parley-dev-$(HASH)
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt $(PIP_ARGS)

.DEFAULT_GOAL := help
.PHONY: help run chat install install-dev test check bench eval soak secrets clean

help:
	@echo 'make run      install what is missing and start the bot (the playground, if no token is set)'
	@echo 'make chat     the same in this terminal'
	@echo 'make install  install only'
	@echo 'make test     all tests; ARGS="-k config" for some'
	@echo 'make check    lint, types, import layers, migrations, no secrets in the tree'
	@echo 'make bench    measure start-up, latency and speed'
	@echo 'make eval     measure quality: summaries, checks, translations, languages, memory; BOT_MODEL=... for another model'
	@echo 'make soak     kill the bot and its engine again and again'

run: $(STAMP)
	@exec $(BIN)/python -m bot run $(ARGS)

chat: $(STAMP)
	@exec $(BIN)/python -m bot chat $(ARGS)

install: $(STAMP)

install-dev: $(DEV_STAMP)

$(BIN)/python:
	@test -n "$(PY)" || { echo 'Parley needs Python 3.11 or newer. On Debian: apt install python3 python3-venv' >&2; exit 1; }
	@$(PY) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PY) has no venv module. On Debian: apt install $$($(PY) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }
	$(PY) -m venv $(VENV)

$(STAMP): | $(BIN)/python
	@echo 'Installing packages into $(VENV); the first time takes some minutes ...'
	@$(PIP) -e .
	@rm -f $(VENV)/.parley-[0-9]*
	@touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo 'Installing packages for development into $(VENV); the first time takes some minutes ...'
	@$(PIP) -e '.[dev,train]'
	@rm -f $(VENV)/.parley-*
	@touch $@ $(STAMP)

test: $(DEV_STAMP)
	@command -v chromedriver >/dev/null || test -x /usr/bin/chromedriver \
		|| echo 'Without Chromium the browser tests are skipped. On Debian: apt install chromium chromium-driver'
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadscope $(ARGS)

check: $(DEV_STAMP) secrets
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict bot
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m bot.storage.migrate check

# Shapes of real credentials; tests and examples use words that do not look like them.
SECRET_SHAPES := xox[abeprs]-[0-9]{9,}-|xapp-[0-9]-[A-Z0-9]{9,}-|hf_[A-Za-z]{30,}|gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|[MN][A-Za-z0-9]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}|BEGIN [A-Z ]*PRIVATE KEY-

secrets:
	@if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then echo 'secrets: not a git checkout, nothing to look at'; \
	elif git grep -nIE '$(SECRET_SHAPES)' -- ':!Makefile'; then echo 'secrets: the lines above look like credentials' >&2; exit 1; \
	elif git ls-files | grep -E '(^|/)\.env$$'; then echo 'secrets: .env must not be committed' >&2; exit 1; \
	else echo 'secrets: none found'; fi

bench: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.gateway
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.discord
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.translation_speed

# What answers are worth, beside baselines. The tables stay in benchmarks/.
eval: export BOT_MODEL ?= pocket
eval: $(DEV_STAMP)
	$(BIN)/python -m benchmarks.summaries
	$(BIN)/python -m benchmarks.faithfulness
	$(BIN)/python -m benchmarks.grounding
	$(BIN)/python -m benchmarks.translations
	$(BIN)/python -m benchmarks.masking
	$(BIN)/python -m benchmarks.detection
	$(BIN)/python -m benchmarks.needles
	$(BIN)/python -m benchmarks.summary_speed

# The bot and its engine killed again and again; stops by itself. PARLEY_SOAK is the number of kills.
soak: $(DEV_STAMP)
	PARLEY_SOAK=$${PARLEY_SOAK:-25} $(BIN)/python -m pytest tests/e2e/test_run.py tests/integration/worker $(ARGS)
	PARLEY_TALK_S=$${PARLEY_TALK_S:-120} PARLEY_DISCONNECTS=$${PARLEY_DISCONNECTS:-60} \
		$(BIN)/python -m pytest -s tests/integration/discord/test_soak.py tests/integration/discord/test_day.py \
		tests/integration/slack/test_week.py $(ARGS)
	PARLEY_FORGED=$${PARLEY_FORGED:-10000} $(BIN)/python -m pytest tests/integration/slack/test_forged.py $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
