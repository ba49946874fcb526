# The targets are for a machine of one's own, so DEBUG is on here; a server sets its own environment.
export DEBUG ?= 1
PYTHON ?=
python := .venv/bin/python
.PHONY: setup run test browser bench mutants security lock

setup:
	@PYTHON="$(PYTHON)" .ci/setup

run: setup
	@exec $(python) -m kpi_ops.serve --stop-with-parent

test: setup
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .
	@.venv/bin/lint-imports
	@$(python) -m mypy . > .venv/types.txt 2>&1 & types=$$!; \
	$(python) -W "ignore:Unable to activate pytest" -m slipcover --json --out .venv/covered.json -m \
		pytest -n auto --maxprocesses 4 --dist worksteal; tests=$$?; \
	$(python) -m slipcover --fail-under 90 --merge .venv/covered.json --out .venv/covered.json || tests=1; \
	wait $$types || { cat .venv/types.txt; exit 1; }; exit $$tests

# Every page as every role in Debian's chromium: content security policy, scripts, requests, widths.
browser: setup
	@command -v chromium >/dev/null || { echo "make browser opens the pages in chromium, and there is" \
		"none on PATH. On Debian: apt-get install -y chromium" >&2; exit 1; }
	@$(python) -m pip install -qq --disable-pip-version-check --no-input --require-hashes \
		--requirement requirements/browser.txt
	@$(python) -m pytest -n 2 --dist worksteal tests/browser

bench: setup
	@$(python) manage.py bench

# Takes the defences away, one at a time, in copies; each time a test has to go red.
mutants: setup
	@$(python) -m tests.mutants

# Writes the table of docs/security.md again, from the names of the tests.
security: setup
	@$(python) -m tests.promises

lock: setup
	@.venv/bin/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements/base.txt
	@.venv/bin/uv pip compile pyproject.toml --group dev --constraint requirements/base.txt \
		--universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --quiet -o requirements/dev.txt
	@.venv/bin/uv pip compile --group browser --constraint requirements/dev.txt \
		--universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --quiet -o requirements/browser.txt
	@! grep -n '://' requirements/*.txt
