"""Batches: launched at once to one's own people, or watched while their launch goes on."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import hits, workers
from annotation.errors import AnnotationError
from annotation.launches import pace
from annotation.models import Batch, Invitation, Study
from annotation.platforms.base import OUTSIDE, SIMULATED
from frontend.forms import LaunchForm
from frontend.launching import planning
from frontend.launching.live import live_figures
from frontend.templatetags.figures import money
from frontend.views.invitations import link_of
from frontend.views.researcher import visible_study

EVERY, EVERY_OF_PAY = 3, 20  # seconds after which the page counts again: work, and pay once all work is in


@require_safe
def batch_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The progress of a batch; to htmx, only the part that changes."""
    study = visible_study(request, slug)
    batch = get_object_or_404(with_progress(study.batches.select_related("launch")), pk=pk)
    now = timezone.now()
    is_open, live = _is_open(batch), live_figures(batch, now=now)
    is_paying = not is_open and live is not None and live.is_being_paid
    context = {
        "study": study,
        "batch": batch,
        "is_open": is_open,
        "live": live,
        "every": EVERY if is_open else EVERY_OF_PAY if is_paying else 0,
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "frontend/grids/_batch_progress.html", context)
    launch = getattr(batch, "launch", None)
    context |= {
        "pay": _pay(batch),
        "platform": planning.title_of(batch.platform),
        "launch": launch,
        "ends_at": pace.ends_at(batch, launch) if launch and batch.is_open else None,
        "standing": standing(request, [batch]),
        "invites": invites(batch),
    }
    return render(request, "frontend/grids/batch.html", context)


@require_POST
def batch_launch(request: HttpRequest, slug: str) -> HttpResponse:
    """Put every grid that waits for workers to them, or, asked for it, all grids again."""
    study = visible_study(request, slug)
    form = LaunchForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            label = f"{form.fields[field].label or field.capitalize()}: " if field in form.fields else ""
            messages.error(request, label + " ".join(str(error) for error in errors))
        return redirect("frontend:grid-list", slug)
    try:
        batch = _launch(study, form.cleaned_data, is_again="again" in request.POST)
    except AnnotationError as error:
        messages.error(request, str(error))
        return redirect("frontend:grid-list", slug)
    people = hits.num_workers_needed(batch)
    messages.success(
        request,
        "The batch is open. Send its invitation link to your workers. "
        f"It takes {people:,} of them or more, as nobody is shown an image twice.",
    )
    return redirect("frontend:batch-detail", slug, batch.pk)


@transaction.atomic
def _launch(study: Study, fields: dict[str, Any], *, is_again: bool) -> Batch:
    Study.objects.select_for_update().get(pk=study.pk)  # a second click must not pay for the same grids again
    terms = terms_of(fields)
    rows = study.grids.with_pictures() if is_again else study.grids.waiting()
    batch = hits.launch(study=study, grids=list(rows), terms=terms, now=timezone.now())
    workers.invite_everyone(study=study, now=timezone.now(), platform=batch.platform, is_simulated=batch.is_simulated)
    return batch


def terms_of(fields: dict[str, Any]) -> hits.Terms:
    """As the form of a launch says."""
    return hits.Terms(
        num_assignments=fields["num_assignments"],
        lease_seconds=fields["lease_minutes"] * 60,
        pay_minor_units=fields["pay_minor_units"],
        currency=fields["currency"],
    )


def with_progress(batches: QuerySet[Batch]) -> QuerySet[Any]:
    """With its slots; one of a HIT that was stopped, which nobody holds any more, is given to nobody and is none."""
    slot = "hits__assignments"
    unsubmitted = Q(**{f"{slot}__submitted_at__isnull": True, f"{slot}__isnull": False})
    is_held = Q(**{f"{slot}__lease_expires_at__gt": timezone.now()})
    counted = batches.annotate(
        num_hits=Count("hits", distinct=True),
        num_submitted=Count(slot, filter=Q(**{f"{slot}__submitted_at__isnull": False})),
        num_claimed=Count(slot, filter=unsubmitted & is_held),
        num_free=Count(slot, filter=unsubmitted & ~is_held & Q(hits__stopped_at__isnull=True)),
    )
    return counted.annotate(num_slots=F("num_submitted") + F("num_claimed") + F("num_free")).order_by("-id")


def _pay(batch: Any) -> dict[str, str]:
    """What each grid earns, what was earned so far and what it can come to; nothing where it is unpaid."""
    num_to_come = batch.num_claimed + (0 if batch.expired_at else batch.num_free)
    nums = {"each": 1, "so_far": batch.num_submitted, "at_most": batch.num_submitted + num_to_come}
    return {name: money(num * batch.pay_minor_units, batch.currency) for name, num in nums.items() if batch.is_paid}


def _is_open(batch: Any) -> bool:
    """Whether anything can still change."""
    return bool(batch.num_claimed or (batch.num_free and batch.expired_at is None))


def takes_workers(batch: Any) -> bool:
    """Whether somebody who comes now could still find a grid, now or when a lease ends."""
    return bool(batch.is_open and (batch.num_claimed or batch.num_free))


def invites(batch: Any) -> bool:
    """Whether somebody is to be sent the link: those outside are found there, simulated ones come by themselves."""
    return takes_workers(batch) and batch.platform not in OUTSIDE | {SIMULATED}


def standing(request: HttpRequest, batches: Sequence[Batch]) -> list[tuple[Invitation, str, str]]:
    """The study's links for everyone, by which workers find these batches; without those that were withdrawn."""
    kinds = dict.fromkeys((each.platform, each.is_simulated) for each in batches if each.platform not in OUTSIDE)
    links = []
    for platform, is_simulated in kinds:
        of_kind = Invitation.objects.standing().filter(platform=platform, is_simulated=is_simulated)
        found = of_kind.filter(study=batches[0].study).first()
        if found:
            label = "Invitation link for simulated workers" if is_simulated else "Invitation link for workers"
            links.append((found, link_of(request, found), label))
    return links


urlpatterns = [
    path("studies/<slug:slug>/batches/launch/", batch_launch, name="batch-launch"),
    path("studies/<slug:slug>/batches/<int:pk>/", batch_detail, name="batch-detail"),
]
