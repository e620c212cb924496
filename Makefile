# Everything a fresh machine needs is CPython 3.11 or later with venv and pip, and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help race test test-fast versions check fix cover bench soak demo smoke clean

race: $(READY)  ## set up, and render the default race
	$(BIN)/optirace render --lr 0.1 -o race.mp4
	@echo "The race is in $(CURDIR)/race.mp4"

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("optirace needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q src
	@touch $@

help:  ## print what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do printf '%-10s  %s\n' "$$name" "$$what"; done

test: check cover  ## set up, and run everything that CI runs

check: $(READY)  ## look at the form and the types of the code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	printf '%s\n' linux 'darwin src' 'win32 src' | xargs -P 2 -L 1 sh -c \
		'system=$$0; $(BIN)/mypy --platform "$$system" --cache-dir ".mypy_cache/$$system" "$$@"'

cover: $(READY)  ## run all tests, and see that they reach the code
	$(BIN)/python -m compileall -q src  # or every process that a test starts compiles what has changed
	$(BIN)/pytest --numprocesses auto --dist worksteal --cov --cov-report term-missing:skip-covered

test-fast: $(READY)  ## run the tests that are not marked as slow
	$(BIN)/python -m compileall -q src  # or every process that a test starts compiles what has changed
	$(BIN)/pytest --numprocesses auto --dist worksteal -m "not slow"

versions: $(READY)  ## run what calls libraries with the lowest and the newest versions of each that are permitted
	$(BIN)/python tests/versions.py

fix: $(READY)  ## form the code as `make check` wants it, and write what is told of options from their rows
	$(BIN)/python tests/make_options.py
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## measure films, pictures, sweeps and formulas, against others where there are any; takes an hour
	$(BIN)/python bench/bench.py
	$(BIN)/python bench/pictures.py
	$(BIN)/python bench/sweep.py
	$(BIN)/python bench/formulas.py
	$(BIN)/python bench/minima.py

soak: $(READY)  ## stop, fill, repeat and mistype a thousand times; takes half an hour, and CI runs a little of it
	$(BIN)/python tests/soak/kills.py 1000
	$(BIN)/python tests/soak/faults.py race.mp4 race.gif race.png race.webm race.webp race.apng race.svg race.pdf frames/ \
		race.png,race.gif,frames/,race.mp4 race.gif,race.vtt,race.alt.txt sweep:race.svg init:race.toml
	$(BIN)/python tests/soak/names.py mp4 gif png webm webp apng frames/
	unshare --user --map-root-user --mount $(BIN)/python tests/soak/disks.py 24
	$(BIN)/python tests/soak/streams.py
	$(BIN)/python tests/soak/lines.py 3000
	$(BIN)/python tests/soak/limits.py
	$(BIN)/python tests/soak/extremes.py
	$(BIN)/python tests/soak/options.py 40
	$(BIN)/python tests/soak/repeats.py 500
	$(BIN)/python tests/soak/notes.py 1000000
	$(BIN)/python tests/soak/records.py 1000000
	$(BIN)/python tests/soak/writers.py 12
	$(BIN)/python tests/soak/readers.py 1000000

demo: $(READY)  ## remake the pictures of the documents
	$(BIN)/optirace render -o docs/race.gif -o docs/race.png --size 960x540
	$(BIN)/optirace render -o docs/race-dark.png --theme dark --at 34
	$(BIN)/python docs/gallery.py

smoke:  ## prove that the wheel works in an empty environment
	rm -rf .venv-smoke dist
	$(PYTHON) -m venv .venv-smoke
	.venv-smoke/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	.venv-smoke/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd dist && ../.venv-smoke/bin/optirace render -q 480p --duration 1 -o smoke.mp4 && ../.venv-smoke/bin/python -m optirace table

clean:  ## delete all that the other targets have made here
	rm -rf $(VENV) .venv-smoke .venv-versions dist build .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
