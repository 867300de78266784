"""Plan before paying: from a pilot to the precision, the power and the price of the whole measurement."""

from typing import Any

from django.db.models import Avg, F, FloatField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from annotation import frequencies
from annotation.grids import design_for
from annotation.models import Candidate, Origin, Strategy, Study
from evaluation.models import AccuracyLook, Run, Score
from frontend import planning_charts
from frontend.forms import PlanForm
from frontend.planning import NUM_WORKERS, Pilot, Question
from frontend.views.researcher import note_look, svg, theme_of, usual_pay, visible_study

USUAL_ACCURACY = 0.75


@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    pilot = _pilot(study)
    form = _form(request, study)
    context: dict[str, Any] = {"study": study, "form": form, "missing": pilot.num_missing, "is_ready": pilot.is_ready}
    if pilot.is_ready and form.is_valid():
        question, currency = _question(study, form)
        context |= {
            "question": question,
            "num_workers": NUM_WORKERS,
            "precision": pilot.precision(),
            "sizes": pilot.sizes(question),
            "candidates_per_image": pilot.candidates_per_image,
            "currency": currency,
            "query": request.GET.urlencode(),
        }
    return render(request, "frontend/planning/plan.html", context)


@require_safe
@cache_control(private=True, no_cache=True)
def precision_chart(request: HttpRequest, slug: str) -> HttpResponse:
    """Interval widths by workers per grid, drawn on the server."""
    pilot = _pilot(visible_study(request, slug))
    if not pilot.is_ready:
        raise Http404("Nothing is fitted to a pilot yet.")
    return svg(planning_charts.precision_chart(pilot.precision(), theme=theme_of(request)))


@require_safe
@cache_control(private=True, no_cache=True)
def power_chart(request: HttpRequest, slug: str) -> HttpResponse:
    """Power by images per class, drawn on the server."""
    study = visible_study(request, slug)
    form = _form(request, study)
    if not form.is_valid():
        raise Http404("The change or the accuracy can't be read.")
    return svg(planning_charts.power_chart(_question(study, form)[0], theme=theme_of(request)))


def _pilot(study: Study) -> Pilot:
    return Pilot.of(frequencies.standard_filter(study))


def _form(request: HttpRequest, study: Study) -> PlanForm:
    """What was asked, with the study's own accuracy where none was given."""
    given = {name: request.GET[name] for name in ("change", "accuracy") if name in request.GET}
    accuracy = None if "accuracy" in given else _accuracy(study)
    if accuracy is not None:
        note_look(request, study, AccuracyLook.Where.PLAN)
    usual = {"change": 2, "accuracy": round(100 * (USUAL_ACCURACY if accuracy is None else accuracy), 1)}
    return PlanForm(data=usual | given)


def _accuracy(study: Study) -> float | None:
    """The mean of the classifiers on the original test set, if any was scored."""
    scores = Score.objects.filter(
        run__classifier__study=study,
        run__test_set__strategy=Strategy.ORIGINAL,
        run__condition="clean",
        run__state=Run.State.FINISHED,
    )
    mean: float | None = scores.aggregate(mean=Avg(Cast("num_correct", FloatField()) / F("num_images")))["mean"]
    return None if mean is None else min(max(mean, 0.01), 0.99)


def _question(study: Study, form: PlanForm) -> tuple[Question, str]:
    """With the currency it is paid in."""
    pay, currency = usual_pay(study)
    originals = Candidate.objects.filter(study=study, origin=Origin.ORIGINAL).included().with_picture()
    question = Question(
        change=-form.cleaned_data["change"] / 100,
        original_accuracy=form.cleaned_data["accuracy"] / 100,
        num_original=max(1, originals.count()),
        num_classes=max(1, study.target_classes.count()),
        num_measured=design_for(study).num_measured,
        pay_minor_units=pay,
    )
    return question, currency


urlpatterns = [
    path("studies/<slug:slug>/plan/", plan, name="plan"),
    path("studies/<slug:slug>/plan/precision.svg", precision_chart, name="plan-precision"),
    path("studies/<slug:slug>/plan/power.svg", power_chart, name="plan-power"),
]
