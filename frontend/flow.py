"""The flow of a study as a person reads it: its stages in order, and the one thing to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.urls import reverse

from annotation.models import Study
from frontend.overview import NUM_SETS, Counts

State = Literal["done", "active", "waiting", "attention"]


@dataclass(frozen=True)
class Figure:
    number: int
    label: str


@dataclass(frozen=True)
class Stage:
    """A stage with its counts; `waiting` has nothing yet, `attention` needs a person."""

    name: str
    address: str
    state: State
    figures: list[Figure]
    note: str = ""
    fraction: float | None = None


@dataclass(frozen=True)
class NextStep:
    """One thing to do: a page to open, a button (an address to POST to) or a command to run."""

    title: str
    text: str
    link: str = ""
    link_text: str = ""
    post_to: str = ""
    button: str = ""
    command: str = ""


def stages(study: Study, counts: Counts) -> list[Stage]:
    """All stages in the order of the flow."""
    return [*_annotation(study, counts), *_evaluation(study, counts)]


def _annotation(study: Study, c: Counts) -> Iterator[Stage]:
    yield Stage(
        "Candidates",
        _page(study, "candidate-list"),
        "done" if c.num_originals and c.num_pool else "waiting",
        [Figure(c.num_originals, "originals"), Figure(c.num_pool, "pool"), Figure(c.num_excluded, "excluded")],
        _num(c.num_classes, "target class", "target classes"),
    )
    yield Stage(
        "Duplicates",
        _page(study, "duplicates"),
        _search_state(c),
        [
            Figure(c.num_pairs, "pairs alike"),
            Figure(c.num_waiting_pairs, "to look at"),
            Figure(c.num_groups, "groups of duplicates"),
        ],
        _search_note(c),
    )
    yield Stage(
        "Guidelines",
        _page(study, "guidelines"),
        _done_if(c.num_examples or len(study.guidelines)),
        [Figure(c.num_examples, "examples")],
        "Guidelines written" if study.guidelines else "No guidelines written",
    )
    yield Stage(
        "Grids",
        _page(study, "grid-list"),
        "attention" if c.num_waiting_grids else _done_if(c.num_grids),
        [Figure(c.num_grids, "composed"), Figure(c.num_waiting_grids, "waiting")],
    )
    is_working = c.num_free + c.num_claimed
    yield Stage(
        "HITs",
        _page(study, "grid-list"),
        "attention" if c.num_launches and c.num_waiting_grids else "active" if is_working else _done_if(c.num_hits),
        [Figure(c.num_free, "slots free"), Figure(c.num_claimed, "claimed"), Figure(c.num_submitted, "submitted")],
        _hits_note(c),
        c.num_submitted / c.num_slots if c.num_slots else None,
    )
    yield Stage(
        "Quality",
        _page(study, "quality"),
        _done_if(c.is_reviewed),
        [Figure(c.num_workers_excluded, "workers excluded"), Figure(c.num_workers_stopped, "stopped")],
        "" if c.is_reviewed else "Not reviewed yet",
    )
    yield Stage(
        "Frequencies",
        _page(study, "frequency-list"),
        "attention" if c.num_stale else _done_if(c.num_measured),
        [Figure(c.num_measured, "measured"), Figure(c.num_stale, "stale classes")],
    )
    yield Stage(
        "Test sets",
        _page(study, "test-set-list"),
        "attention" if c.num_drafts else _done_if(c.num_sets),
        [Figure(c.num_sets, "built"), Figure(c.num_frozen, "frozen")],
    )


def _evaluation(study: Study, c: Counts) -> Iterator[Stage]:
    yield Stage(
        "Classifiers",
        _page(study, "classifier-list"),
        _done_if(c.num_classifiers),
        [Figure(c.num_classifiers, "registered")],
    )
    running: State = "active" if c.num_open else _done_if(c.num_finished)
    yield Stage(
        "Runs",
        _page(study, "run-list"),
        "attention" if c.num_failed else running,
        [Figure(c.num_open, "running"), Figure(c.num_finished, "finished"), Figure(c.num_failed, "failed")],
    )
    yield Stage(
        "Report",
        _page(study, "report-detail"),
        "waiting" if c.report_built_at is None else "done" if c.is_report_current else "attention",
        [],
        _when(c),
    )


def next_step(study: Study, counts: Counts) -> NextStep:
    """The first thing in the flow that is not done; at its end, reading the report."""
    found = _next_before_judging(study, counts) or _next_with_judgements(study, counts)
    return found or _next_with_sets(study, counts) or _next_with_runs(study, counts)


def _next_before_judging(study: Study, c: Counts) -> NextStep | None:
    if not c.num_classes:
        return NextStep(
            "Add target classes",
            "There is nothing to ask workers about yet. Import a list of classes, perhaps with definitions.",
            link=_page(study, "class-import"),
            link_text="Import classes",
        )
    for number, origin, what in (
        (c.num_originals, "original", "the original test set"),
        (c.num_pool, "pool", "the pool of candidates"),
    ):
        if not number:
            command = f"python manage.py import_images --study {study.slug} --origin {origin} FOLDER"
            text = "A folder with one folder per class (named by id or name), or a CSV manifest with path and class_id."
            link = _page(study, "collection-create")
            return NextStep(f"Import {what}", text, link=link, link_text="Take in images", command=command)
    if not c.num_grids:
        text = "Each pool and original image gets a place in a grid, with known images between them as controls."
        return NextStep("Compose grids", text, post_to=_page(study, "grid-compose"), button="Compose grids")
    if c.num_waiting_grids and c.num_launches:
        return _next_with_launches(study, c)
    if c.num_waiting_grids:
        text = f"Waiting for workers: {_num(c.num_waiting_grids, 'grid')}. Say how many workers shall see each."
        return NextStep("Launch HITs", text, link=_page(study, "grid-list") + "#launch", link_text="Launch HITs")
    return None


def _next_with_launches(study: Study, c: Counts) -> NextStep:
    link = _page(study, "grid-list") + "#launches"
    if c.num_launches_waiting:
        text = "One researcher has confirmed it. Above an amount it takes another, who reads it and agrees."
        return NextStep("Second a launch", text, link=link, link_text="See the launches")
    text = "Nothing has gone to workers yet. Read it once more, then confirm it, or withdraw it."
    title = f"Confirm {_num(c.num_launches, 'planned launch', 'planned launches')}"
    return NextStep(title, text, link=link, link_text="See the launches")


def _next_with_judgements(study: Study, c: Counts) -> NextStep | None:
    if c.num_free + c.num_claimed:
        text = (
            f"{c.num_submitted:,} of {c.num_slots:,} slots are handed in. Give the invitation link to your own people."
        )
        link = _page(study, "grid-list") + "#batches"
        return NextStep("Collect judgements", text, link=link, link_text="Batches and invitation links")
    if c.num_stale:
        text = f"Judgements came in that the frequencies of {_num(c.num_stale, 'class', 'classes')} do not count yet."
        return NextStep("Count the judgements", text, post_to=_page(study, "frequency-recount"), button="Count now")
    if not c.num_measured:
        text = "No judgement was collected, and no batch takes any more. Launch the grids again."
        link = _page(study, "grid-list") + "#again"
        return NextStep("Collect judgements", text, link=link, link_text="Launch again")
    return None


def _next_with_sets(study: Study, c: Counts) -> NextStep | None:
    link = _page(study, "test-set-list")
    if c.num_sets < NUM_SETS:
        text = "Draw new sets from the selection frequencies: calibrated, recalibrated, easier and easiest."
        return NextStep("Build the test sets", text, link=link + "#build", link_text="Build test sets")
    if c.num_reviews:
        text = "People look at every image before the set is frozen. The page of a review says what it still lacks."
        link = reverse("frontend:test-set-review-list")
        return NextStep(f"Finish {_num(c.num_reviews, 'review')}", text, link=link, link_text="Go to the reviews")
    if c.num_drafts:
        text = f"{c.num_drafts:,} of {c.num_sets:,} sets can still change. Look at them, then freeze them for good."
        return NextStep("Freeze the test sets", text, link=link, link_text="Look at the test sets")
    if not c.num_classifiers:
        command = (
            f"python manage.py register_classifier --study {study.slug} --name NAME "
            "--preprocessing FILE.json --classes ID,ID,… FILE.onnx"
        )
        return NextStep("Register classifiers", "Each as an ONNX file with its own preprocessing.", command=command)
    return None


def _next_with_runs(study: Study, c: Counts) -> NextStep:
    runs = _page(study, "run-list")
    if c.num_missing_runs:
        text = f"Without a run: {_num(c.num_missing_runs, 'pair')} of a classifier and a frozen test set."
        if c.num_failed:
            text += f" {_num(c.num_failed, 'run')} failed: see why first."
        post_to = _page(study, "run-request")
        return NextStep("Request runs", text, runs, "Look at the runs", post_to, "Request missing runs")
    if c.num_open:
        text = f"Queue consumers work on {_num(c.num_open, 'run')}."
        return NextStep("Wait for the runs", text, link=runs, link_text="Watch the runs")
    report = _page(study, "report-detail")
    if not c.is_report_current:
        text = "All runs have ended. The report says how accuracy moved, and how much of that is real."
        return NextStep("Build the report", text, post_to=_page(study, "report-build"), button="Build the report")
    return NextStep("Read the report", "Everything is done and counted.", link=report, link_text="Open the report")


def _page(study: Study, name: str) -> str:
    return reverse(f"frontend:{name}", args=[study.slug])


def _num(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _done_if(number: int) -> State:
    return "done" if number else "waiting"


def _hits_note(c: Counts) -> str:
    planned = f"; {_num(c.num_launches, 'launch', 'launches')} planned" if c.num_launches else ""
    return _num(c.num_hits, "HIT") + planned


def _search_state(c: Counts) -> State:
    if c.is_search_asked_for:
        return "active"
    if c.num_waiting_pairs or c.search_problem:
        return "attention"
    return "waiting" if c.searched_at is None else "done"


def _search_note(c: Counts) -> str:
    if c.is_search_asked_for:
        return "A search is under way"
    if c.search_problem:
        return "The last search broke off"
    return "Not searched yet" if c.searched_at is None else ""


def _when(c: Counts) -> str:
    if c.report_built_at is None:
        return "Not built yet"
    built = f"Built {c.report_built_at:%Y-%m-%d %H:%M} UTC"
    return built if c.is_report_current else f"{built}; runs have finished since"
