"""Before more is paid: what a test set would lack, class by class, and what should fill it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotation import frequencies, grids, testsets
from annotation.errors import CannotBuild
from annotation.models import IMPORTED, Strategy, Study
from annotation.stats.selection import BIN_EDGES
from annotation.strategies import STRATEGIES, Parameters, all_parameters, taken_by
from annotation.testsets import feasibility
from annotation.testsets.feasibility import Feasibility
from frontend.build_form import Folded, field_of, judgements_field, offer_filters
from frontend.forms import Filter
from frontend.views.researcher import page_of, usual_pay, visible_study

PAGE_SIZE = 50
USUAL_WORKERS = 10
MOST_MEASURED = 200
EDGES = (0.0, *(float(edge) for edge in BIN_EDGES), 1.0)


class FeasibilityForm(Filter, Folded):
    """Which set it is about, and with which parameters it would be built; what is left out is as usual."""

    strategy = forms.TypedChoiceField(
        label="Test set",
        choices=[(each.value, each.label.capitalize()) for each in STRATEGIES],
        coerce=Strategy,
        initial=next(iter(STRATEGIES)),
    )

    judgement_filter = judgements_field()
    num_measured = forms.IntegerField(
        label="Candidates per HIT", min_value=1, max_value=MOST_MEASURED, help_text="At first as in the newest grids."
    )

    def __init__(self, given: Mapping[str, str], *, study: Study) -> None:
        super().__init__()
        offer_filters(self, study)
        for name, spec in all_parameters().items():
            self.fields[name] = field_of(spec)
        self.fields["num_measured"].initial = grids.num_measured_of(study)
        usual = {name: field.initial for name, field in self.fields.items()}
        if "strategy" in given:  # a box that is not ticked is not in the address
            usual |= {name: False for name, spec in all_parameters().items() if spec.kind is bool}
        self.data = usual | {name: given[name] for name in self.fields if name in given}
        self.is_bound = True
        self.order_fields(["strategy", "images_per_class", "min_judgements", "num_measured", "judgement_filter"])

    @property
    def parameters(self) -> Parameters:
        """Those that the chosen strategy takes."""
        strategy = self.cleaned_data["strategy"]
        return testsets.read_parameters(strategy, taken_by(strategy, self.cleaned_data))

    def is_unfolded(self) -> bool:
        """Also where something there is not as usual: a reader must see what the numbers are of."""
        return any(field.errors or str(field.value()) != str(field.initial) for field in self.particular())


@dataclass(frozen=True)
class Price:
    """What it takes to have the candidates judged as in the newest batch."""

    num_grids: int
    num_workers: int
    pay_minor_units: int
    currency: str

    @classmethod
    def of(cls, study: Study, found: Feasibility) -> "Price":
        batch = study.batches.exclude(platform=IMPORTED).order_by("-id").first()
        return cls(found.num_grids, batch.num_assignments if batch else USUAL_WORKERS, *usual_pay(study))

    @property
    def num_assignments(self) -> int:
        return self.num_grids * self.num_workers

    @property
    def pay(self) -> int:
        return self.num_assignments * self.pay_minor_units


@require_safe
def test_set_feasibility(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = FeasibilityForm(request.GET.dict(), study=study)
    context: dict[str, Any] = {"study": study, "form": form}
    if form.is_valid():
        try:
            context |= _found(request, study, form)
        except CannotBuild as error:
            form.add_error(None, str(error))
    return render(request, "frontend/testsets/feasibility.html", context)


def _found(request: HttpRequest, study: Study, form: FeasibilityForm) -> dict[str, Any]:
    used = form.cleaned_data["judgement_filter"] or frequencies.standard_filter(study)
    found = feasibility.check(
        judgement_filter=used, parameters=form.parameters, num_measured=form.cleaned_data["num_measured"]
    )
    return {
        "found": found,
        "has_bins": any(len(each.bins) > 1 for each in found.classes),
        "edges": list(pairwise(EDGES)),
        "page": page_of(request, found.lacking, PAGE_SIZE),
        "price": Price.of(study, found),
        "set_name": form.cleaned_data["strategy"].label,
        "query": form.query(),
        "is_stale": frequencies.stale_target_classes().filter(study=study).exists(),
    }


urlpatterns = [
    path("studies/<slug:slug>/test-sets/feasibility/", test_set_feasibility, name="test-set-feasibility"),
]
