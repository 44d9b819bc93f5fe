# Needs python3 (3.11 to 3.13) with venv, git and make; everything else is installed into .venv.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
STAMP := .venv/.installed
# The caller's settings are not the tests'.
CALLERS := $(filter UNDERTOW_% DISCORD_TOKEN DATABASE_URL,$(.VARIABLES))

# A locked set, compiled at the install: the first start need not compile it, nor a read-only one.
$(STAMP): uv.lock pyproject.toml
	@echo "installing the locked dependencies into .venv (about half a minute, once)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode --python $(BIN)/python
	@$(BIN)/python -m compileall -q bot cogs sandbox
	@touch $@

.PHONY: install demo test lint tests bench clean

install: $(STAMP)  ## Install the locked dependencies into .venv.

demo: $(STAMP)  ## Run the real bot against the sandbox: [EPISODE=FOLDER] [AT=TIME] [ONCE=1].
	@$(BIN)/python -m sandbox.demo $(if $(EPISODE),--episode "$(EPISODE)") $(if $(AT),--at "$(AT)") $(if $(ONCE),--once)

test: lint tests  ## Run every check and every test.

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

tests: $(STAMP)
	env $(addprefix -u ,$(CALLERS)) $(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

bench: $(STAMP)  ## Run one benchmark: NAME=latency.
	@test -n "$(NAME)" || { echo "bench: say which, such as NAME=latency" >&2; exit 2; }
	$(BIN)/python -m benchmarks.$(NAME)

clean:
	rm -rf .venv
