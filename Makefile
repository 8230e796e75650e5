# Two commands for everybody: `make demo` and `make test`. Each does all of its set-up, also on a
# machine that has only Python 3.11 and make; doing it again is fast.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check lint types imports format build sample screenshots calibrate bench clean torture bench-app bench-many

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || (command -v uv >/dev/null 2>&1 && uv venv -q --python ">=3.11" $(VENV)) || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; rm -rf $(VENV); exit 1)
	@if command -v uv >/dev/null 2>&1; then uv pip install -q --python $(BIN)/python -c constraints.txt -e ".[dev]"; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"; fi
	@touch $@

demo: $(READY)  ## a complete study in a minute, then the rating app
	@$(BIN)/rater-admin demo
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/rater demo; else echo "To rate the sample yourself: $(BIN)/rater demo"; fi

test: $(READY)  ## every test
	@$(BIN)/python -m pytest -q -n auto

torture: $(READY)  ## the app killed 500 times while keys are pressed, and power cuts at every system call
	@BLINDRATER_KILLS=500 $(BIN)/python -m pytest -q -n auto tests/tui/test_killed.py tests/storage/test_power_loss.py

bench-app: $(READY)  ## speed of the rating app, into docs/speed.md
	$(BIN)/python benchmarks/app_speed.py --write

bench-many: $(READY)  ## a thousand raters merged, locked, analysed and reported, into docs/speed.md
	$(BIN)/python benchmarks/many_raters.py --write

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint types imports test  ## everything the gate asks, on this machine

build: $(READY)  ## the wheel, in dist/
	$(BIN)/python -m build -q --wheel

sample: $(READY)  ## the shipped demo pack, anew from rater/sample
	$(BIN)/python scripts/make_demo_pack.py

screenshots: $(READY)  ## the pictures in docs/images
	$(BIN)/python scripts/screenshots.py

# Minutes of work on all processors; what earlier runs computed is kept in build/calibration and used again.
MINUTES ?= 20
calibrate: $(READY)  ## coverage and error rates by simulation, into docs/statistics.md
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/calibrate.py --minutes $(MINUTES)

bench: $(READY)  ## speed, into docs/statistics.md
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/bench.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
