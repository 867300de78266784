"""Top up: candidates whose interval straddles a cut are put to more workers, as far as that should settle them."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation import frequencies, hits, tasks, workers
from annotation.counting import beliefs, unsettled
from annotation.errors import AnnotationError, CannotLaunch
from annotation.grids import design_for
from annotation.models import Study
from frontend.forms import CutForm, TopUpForm
from frontend.views.launching.batches import terms_of
from frontend.views.researcher import usual_pay, visible_study

USUAL_CUT = 70
NUM_MORE = (5, 10, 20, 40, 80, 160)


@dataclass(frozen=True)
class Offer:
    """What so many workers more should settle, and what that takes."""

    num_more: int
    num_candidates: int
    num_grids: int
    pay_minor_units: int

    @property
    def num_assignments(self) -> int:
        return self.num_grids * self.num_more

    @property
    def pay(self) -> int:
        return self.num_assignments * self.pay_minor_units


@require_http_methods(["GET", "HEAD", "POST"])
def top_up(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = TopUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if "plan" in request.POST:
                return _plan(request, study, form.cleaned_data)
            done = _top_up(study, form.cleaned_data)
        except AnnotationError as error:
            messages.error(request, str(error))
            return redirect("frontend:top-up", slug)
        tasks.enqueue_contact_sheets(done.batch.hits.values_list("grid_id", flat=True))
        for warning in done.warnings:
            messages.warning(request, warning)
        messages.success(
            request, "The batch is open. Workers who have judged one of these images before are not asked again."
        )
        return redirect("frontend:batch-detail", slug, done.batch.pk)
    return render(request, "frontend/planning/top_up.html", _context(request, study, form))


@transaction.atomic
def _top_up(study: Study, fields: dict[str, Any]) -> hits.TopUp:
    Study.objects.select_for_update().get(pk=study.pk)  # a second click must not pay for the same images again
    terms = terms_of(fields)
    found = unsettled.of_pool(frequencies.standard_filter(study), cut=fields["cut"] / 100)
    now = timezone.now()
    done = hits.top_up(study=study, candidate_ids=_wanted(found, terms.num_assignments), terms=terms, now=now)
    workers.invite_everyone(study=study, now=now, platform=terms.platform, is_simulated=terms.is_simulated)
    return done


@transaction.atomic
def _plan(request: HttpRequest, study: Study, fields: dict[str, Any]) -> HttpResponse:
    """The grids only; what they are paid and where is planned on the page of a launch."""
    Study.objects.select_for_update().get(pk=study.pk)
    found, num_more = (
        unsettled.of_pool(frequencies.standard_filter(study), cut=fields["cut"] / 100),
        fields["num_assignments"],
    )
    made = hits.compose_top_up(study=study, candidate_ids=_wanted(found, num_more), now=timezone.now())
    grid_ids = [grid.pk for grid in made.grids]
    transaction.on_commit(lambda: tasks.enqueue_contact_sheets(grid_ids))
    for warning in made.warnings:
        messages.warning(request, warning)
    num = f"{len(grid_ids):,} grid{'' if len(grid_ids) == 1 else 's'}"
    messages.success(request, f"{num} composed. Plan the launch of them; nobody is asked before it is confirmed.")
    return redirect(f"{reverse('frontend:launch-create', args=[study.slug])}?workers={num_more}")


def _wanted(found: unsettled.Unsettled, num_more: int) -> list[int]:
    wanted = found.within(num_more)
    if wanted:
        return wanted
    if found.num_asked and not len(found.candidate):
        raise CannotLaunch("Workers are being asked about all of them already; there is nothing to top up.")
    raise CannotLaunch("So many workers should settle none of them; there is nothing to top up.")


def _context(request: HttpRequest, study: Study, form: TopUpForm) -> dict[str, Any]:
    given = form.data.get("cut") or request.GET.get("cut", USUAL_CUT)
    cut_form = CutForm({"cut": given})
    context: dict[str, Any] = {"study": study, "cut_form": cut_form, "form": form}
    if cut_form.is_valid():
        cut = cut_form.cleaned_data["cut"]
        judgement_filter = frequencies.standard_filter(study)
        found = unsettled.of_pool(judgement_filter, cut=cut / 100)
        pay, currency = usual_pay(study)
        size = design_for(study).num_measured
        offers = [Offer(number, len(found.within(number)), found.num_grids(number, size), pay) for number in NUM_MORE]
        context |= {
            "cut": cut,
            "has_no_pictures": beliefs.measured(judgement_filter).filter(candidate__image__isnull=True).exists(),
            "num_unsettled": len(found.candidate),
            "num_settled": found.num_settled,
            "num_asked": found.num_asked,
            "offers": offers,
            "currency": currency,
        }
        if not form.is_bound:
            least = next((offer.num_more for offer in offers if offer.num_candidates), NUM_MORE[-1])
            context["form"] = TopUpForm(initial={"cut": cut, "num_assignments": least})
    return context


urlpatterns = [path("studies/<slug:slug>/top-up/", top_up, name="top-up")]
