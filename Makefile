# Twinset: every command starts here. `make` alone lists them.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do command -v $$p && break; done)
BIN := .venv/bin
STATIC_CHECK := DATABASE_URL=postgres:///none REDIS_URL=redis://127.0.0.1:1

.PHONY: help demo test serve lint check format lock messages screens worker-screens real-screens statistics \
	bench-serving bench-page bench-aggregation bench-duplicates bench-exports bench-testsets bench-conditions bench-scoring \
	bench-report bench-launch bench-import

help:
	@echo "make demo    build a twin of a real test set, end to end, in about two minutes"
	@echo "make serve   web server, queue consumers and beat, until Ctrl-C"
	@echo "make test    the whole test suite, browser included"
	@echo "make lint    style, types, architecture"
	@echo "make check   lint + test + production settings + missing migrations"
	@echo "make format  rewrite the sources in the house style"
	@echo "make messages  collect the texts of workers' pages for translation, and compile the translations"
	@echo "make worker-screens  pictures of a worker's way, for docs/workers.md"
	@echo "make screens pictures of the researchers' pages, for README.md and docs/tour.md, from the newest demonstration"
	@echo "make real-screens  pictures of quality and plan on real judgements, where there are some"
	@echo "make statistics  tables and charts of docs/statistics.md: simulations, and real judgements where there are some"
	@echo "make bench-serving  pairs of a grid served and handed in, per second, next to the floor"
	@echo "make bench-page  what the page of 48 photographs weighs, and when its first row is there"
	@echo "make bench-duplicates  images signed and near-duplicates found per second, and what of planted copies is found"
	@echo "make bench-aggregation  from judgements in the database to written frequencies, beside other tools"
	@echo "make bench-exports  a frozen set of ten thousand images in each layout, beside tar, pyarrow and cp"
	@echo "make bench-testsets  all figures of test sets: near-duplicates, building, exports, and the demonstration's sets"
	@echo "make bench-conditions  milliseconds per image of each corruption"
	@echo "make bench-scoring  images scored per second, beside the runtime alone and decoding alone"
	@echo "make bench-report  a report of 67 classifiers on five sets: seconds to build, bytes, memory, milliseconds to read"
	@echo "make bench-launch  a batch of 7,300 HITs put up at a local server of MTurk's protocol, beside the bare client library"
	@echo "make bench-import  100,000 photographs and a million names taken in, beside decoding alone, cp and COPY"
	@echo "make lock    renew requirements.lock from pyproject.toml, and what the image for a GPU has on top"

.venv/installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Twinset needs Python 3.11, 3.12 or 3.13; $(PYTHON) is another. Try: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

demo: .venv/installed
	$(BIN)/python manage.py demo

serve: .venv/installed
	$(BIN)/python -m config.embedded sh -c '$(BIN)/python manage.py migrate -v 0 \
		&& $(BIN)/python manage.py create_first_admin && echo "Twinset is at http://127.0.0.1:$${PORT:-8000}/" \
		&& PATH=$(BIN):$$PATH exec $(BIN)/honcho start --port $${PORT:-8000}'

# Tests that read WordNet need Debian's wordnet-base, in /usr/share/wordnet, and are left out without it.
test: .venv/installed
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=20

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(STATIC_CHECK) $(BIN)/mypy
	$(STATIC_CHECK) $(BIN)/lint-imports --no-cache

check: lint test
	$(BIN)/python -m config.embedded $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.check_deploy

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs GNU gettext. A new language: make messages LANGUAGES="ar xx", translate, make messages again.
LANGUAGES ?= ar
NO_TEXTS := .venv config docs evaluation static tests var
messages: .venv/installed
	$(STATIC_CHECK) $(BIN)/python manage.py makemessages --no-location --no-wrap --no-obsolete \
		$(foreach folder,$(NO_TEXTS),--ignore $(folder)) $(foreach language,$(LANGUAGES),--locale $(language))
	sed -i.old '/^"POT-Creation-Date/d' frontend/locale/*/LC_MESSAGES/django.po
	rm frontend/locale/*/LC_MESSAGES/django.po.old
	cd frontend && $(STATIC_CHECK) ../$(BIN)/python ../manage.py compilemessages

lock: .venv/installed
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra demo --extra dev --output-file requirements.lock pyproject.toml
	echo 'onnxruntime-gpu[cuda,cudnn]>=1.21' | $(BIN)/uv pip compile --quiet --python-version 3.12 \
		--python-platform x86_64-manylinux_2_28 --generate-hashes --no-header --no-annotate \
		--constraints requirements.lock --output-file requirements-gpu.lock -

worker-screens: .venv/installed
	$(BIN)/python -m tests.browser.worker_screens

screens: .venv/installed
	$(BIN)/python -m tests.browser.screens

real-screens: .venv/installed
	$(BIN)/python -m tests.browser.real_screens

statistics: .venv/installed
	$(STATIC_CHECK) $(BIN)/python -m tests.verification.statistics

bench-serving: .venv/installed
	$(BIN)/python -m tests.benchmarks.serving

bench-page: .venv/installed
	$(BIN)/python -m tests.benchmarks.page

bench-testsets: .venv/installed
	$(BIN)/python -m tests.benchmarks.testsets

# Peers: pip install -e '.[aggregation]' and polars; what is not installed is left out with a line that says so.
bench-aggregation: .venv/installed
	$(BIN)/python -m tests.benchmarks.aggregation

bench-conditions: .venv/installed
	$(BIN)/python -m tests.benchmarks.conditions

bench-duplicates: .venv/installed
	$(BIN)/python -m tests.benchmarks.duplicates

bench-exports: .venv/installed
	$(BIN)/python -m tests.benchmarks.exports

bench-scoring: .venv/installed
	$(BIN)/python -m tests.benchmarks.scoring

bench-report: .venv/installed
	$(BIN)/python -m tests.benchmarks.reports

bench-launch: .venv/installed
	$(BIN)/python -m tests.benchmarks.launching

bench-import: .venv/installed
	$(BIN)/python -m tests.benchmarks.importing
