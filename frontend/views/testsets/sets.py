"""Test sets: build, look at, freeze."""

import logging
from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from annotation import frequencies, reviews, testsets
from annotation.errors import AnnotationError
from annotation.exports import citing
from annotation.models import DuplicatePair, Strategy, Study, TestSet, TestSetReview
from frontend import testset_charts
from frontend.build_form import BuildForm
from frontend.charts import FREQUENCY_BINS
from frontend.forms import ClassFilter
from frontend.views.researcher import covered_of, is_narrow, page_of, refusals_told, svg, theme_of, visible_study

logger = logging.getLogger(__name__)

PAGE_SIZE = 96


@require_safe
def test_set_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    return _list(request, study, BuildForm(study=study))


def _list(request: HttpRequest, study: Study, form: BuildForm) -> HttpResponse:
    rows = study.test_sets.select_related("study").annotate(num_images=Count("images")).order_by("-built_at", "-id")
    newest: dict[str, int] = {}
    for row in rows:
        newest[row.name] = max(newest.get(row.name, 0), row.revision)
    current = [row for row in rows if row.revision == newest[row.name]]
    context = {
        "study": study,
        "form": form,
        "current": sorted(current, key=lambda row: list(Strategy).index(Strategy(row.strategy))),
        "earlier": [row for row in rows if row.revision != newest[row.name]],
        "biased": {row.pk for row in current if _misses_original(row)},
        "num_drafts": sum(not row.is_frozen for row in current),
        "num_alike": study.duplicate_pairs.concerning().undecided().count(),
    }
    status = 400 if form.is_bound else 200
    return render(request, "frontend/testsets/list.html", context, status=status)


def _misses_original(test_set: TestSet) -> bool:
    """Whether a set that is to match does not, by judgements held out; others are chosen for their counts, and part."""
    figures = testsets.figures_of(test_set)
    return figures is not None and figures.is_matched and figures.is_biased


@require_POST
def test_set_build(request: HttpRequest, slug: str) -> HttpResponse:
    """The next revision of every set, or of none; what was wrong is said beside the form."""
    study = visible_study(request, slug)
    form = BuildForm(request.POST, study=study)
    if not form.is_valid():
        return _list(request, study, form)
    now = timezone.now()
    try:
        sets = _build(study, form.cleaned_data, now, by=_person(request))
    except AnnotationError as error:
        form.add_error(None, str(error))
        return _list(request, study, form)
    if built := [row for row in sets if row.built_at == now]:
        messages.success(request, f"Built {_named(built)}.")
    if same := [row for row in sets if row.built_at != now]:
        messages.info(request, f"Nothing has changed for {_named(same)}, so no other revision is built.")
    return redirect("frontend:test-set-list", slug)


def _named(rows: list[TestSet]) -> str:
    return ", ".join(f"{row.name} r{row.revision}" for row in rows)


@transaction.atomic
def _build(study: Study, fields: dict[str, Any], now: datetime, by: Any) -> list[TestSet]:
    used = fields["judgement_filter"]
    frequencies.recompute_stale(study=study, now=now)
    original = testsets.import_original(study=study, now=now, judgement_filter=used, by=by)
    drawn = testsets.build_all(
        study=study, parameters=fields["parameters"], seed=fields["seed"], now=now, judgement_filter=used, by=by
    )
    return [original, *drawn]


@require_safe
def test_set_detail(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    study = visible_study(request, slug)
    test_set = _test_set(study, name, revision)
    wanted = ClassFilter(request.GET, study=study)
    images = test_set.images.select_related("target_class", "candidate").order_by("number")
    if target_class := wanted.chosen("class"):
        images = images.filter(target_class=target_class)
    swaps = Counter((row["class_id"], row["wanted_bin"], row["used_bin"]) for row in test_set.substitutions)
    page = page_of(request, images, PAGE_SIZE)
    figures = testsets.figures_of(test_set)
    num_images = test_set.images.count()
    context = {
        **(_shown(figures) if figures else {}),
        "study": study,
        "test_set": test_set,
        "num_images": num_images,
        "bibtex": _bibtex(test_set, num_images),
        "parameters": _readable(test_set.parameters),
        "filter": wanted,
        "page": page,
        "covered": covered_of(image.candidate_id for image in page),
        "query": wanted.query(),
        "substitutions": [(*key, num) for key, num in sorted(swaps.items())],
        "review": TestSetReview.objects.filter(test_set=test_set).first(),
        "reviewed_before": reviews.earlier(test_set).select_related("test_set").first(),
        "is_newest": not study.test_sets.filter(name=name, revision__gt=revision).exists(),
        "num_out": test_set.images.filter(candidate__exclusion__candidate__isnull=False).count(),
        "num_alike": 0 if test_set.is_frozen else DuplicatePair.objects.touching(test_set.pk).undecided().count(),
    }
    return render(request, "frontend/testsets/detail.html", context)


def _bibtex(test_set: TestSet, num_images: int) -> str:
    """Of a frozen set; none where its manifest is not to be had, rather than one that names the wrong people."""
    if not test_set.is_frozen:
        return ""
    try:
        return citing.bibtex(test_set, num_images, testsets.authors_of(test_set))
    except AnnotationError:
        logger.exception("The manifest of %s can't be read", test_set)
        return ""


def _shown(figures: testsets.Figures) -> dict[str, Any]:
    """The figures and their table: a row for each fifth, a pair of columns for each view."""
    views = [figures.whole, figures.chosen_by, figures.held_out]
    columns = [shares for view in views for shares in (view.set_bins, view.original_bins)]
    return {
        "figures": figures,
        "views": views,
        "bins": list(zip(FREQUENCY_BINS, zip(*columns, strict=True), strict=True)),
    }


@require_safe
@cache_control(private=True, no_cache=True)
def test_set_histogram(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    """The chart, drawn on the server."""
    figures = testsets.figures_of(_test_set(visible_study(request, slug), name, revision))
    if figures is None:
        raise Http404
    return svg(testset_charts.set_histogram(figures, name, theme=theme_of(request), is_narrow=is_narrow(request)))


@require_POST
def test_set_rebuild(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    """The next revision by the recipe of this one; its images that still fit are kept."""
    study = visible_study(request, slug)
    test_set, now = _test_set(study, name, revision), timezone.now()
    newest = study.test_sets.filter(name=name).order_by("-revision").first() or test_set
    if newest.revision > revision:  # such as by the first of two clicks
        messages.info(request, f"There is a newer revision already: r{newest.revision}, which you see here.")
        return redirect("frontend:test-set-detail", slug, name, newest.revision)
    with refusals_told(request):
        frequencies.recompute_stale(study=study, now=now)
        newest = testsets.rebuild(test_set=test_set, now=now, by=_person(request))
        messages.success(request, _rebuilt(test_set, newest, now))
    return redirect("frontend:test-set-detail", slug, name, newest.revision)


def _rebuilt(before: TestSet, after: TestSet, now: datetime) -> str:
    if after.built_at != now:
        return f"Nothing has changed since {after.citation}, so no other revision is built."
    num_kept = after.images.filter(candidate__in=before.images.order_by().values("candidate")).count()
    return f"{after.citation} is built; {num_kept:,} of its images were in r{before.revision} already."


@require_POST
def test_set_freeze(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    study = visible_study(request, slug)
    test_set = _test_set(study, name, revision)
    with refusals_told(request):
        frozen = testsets.freeze(test_set=test_set, now=timezone.now(), by=_person(request))
        messages.success(request, f"{frozen.citation} is frozen; it can be cited and never changes.")
    return redirect("frontend:test-set-detail", slug, name, revision)


@require_POST
def test_sets_freeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze the latest revision of every set."""
    study = visible_study(request, slug)
    now = timezone.now()
    for test_set in study.test_sets.current():
        if not test_set.is_frozen:
            with refusals_told(request):
                frozen = testsets.freeze(test_set=test_set, now=now, by=_person(request))
                messages.success(request, f"{frozen.citation} is frozen.")
    return redirect("frontend:test-set-list", slug)


def _readable(parameters: dict[str, Any]) -> list[tuple[str, Any]]:
    words = {True: "yes", False: "no"}
    return [
        (name.replace("_", " "), words[value] if isinstance(value, bool) else value)
        for name, value in sorted(parameters.items())
    ]


def _test_set(study: Study, name: str, revision: int) -> TestSet:
    test_set: TestSet = get_object_or_404(
        study.test_sets.select_related("study", "parent__study", "frozen_by"), name=name, revision=revision
    )
    return test_set


def _person(request: HttpRequest) -> Any:
    return request.user


_ONE = "studies/<slug:slug>/test-sets/<slug:name>/r<int:revision>/"
urlpatterns = [
    path("studies/<slug:slug>/test-sets/", test_set_list, name="test-set-list"),
    path("studies/<slug:slug>/test-sets/build/", test_set_build, name="test-set-build"),
    path("studies/<slug:slug>/test-sets/freeze/", test_sets_freeze, name="test-sets-freeze"),
    path(_ONE, test_set_detail, name="test-set-detail"),
    path(f"{_ONE}histogram.svg", test_set_histogram, name="test-set-histogram"),
    path(f"{_ONE}rebuild/", test_set_rebuild, name="test-set-rebuild"),
    path(f"{_ONE}freeze/", test_set_freeze, name="test-set-freeze"),
]
