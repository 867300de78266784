"""One place: what happened, and what a person can decide about its pay. The queue tells the platform."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import messages as letters
from annotation import tasks
from annotation.errors import CannotPay
from annotation.models import LedgerEntry, Place, Rejection, Study
from annotation.payments import bonuses, corrections, paying, rejections, statements
from annotation.payments.reaching import reached_soon
from annotation.payments.statements import Standing
from annotation.platforms.base import OUTSIDE
from frontend.launching.planning import title_of
from frontend.templatetags.figures import money
from frontend.views.money.forms import BonusForm, GivingUpForm, RefundForm, RejectionForm, ReversalForm
from frontend.views.money.words import BADGES, LABELS, means, work_of
from frontend.views.researcher import refusals_told, visible_study

PAYABLE = (Standing.HELD, Standing.DUE, Standing.WAITING, Standing.REJECTED_THERE)
REJECTABLE = (Standing.HELD, Standing.DUE, Standing.WAITING, Standing.REJECTED_THERE, Standing.NO_WORK)
GIVEN = (Standing.PAID, Standing.UNDER_WAY, *PAYABLE, Standing.REJECTED, Standing.PAID_THERE)


@require_safe
def place_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    return _page(request, study, _place(study, pk))


def _page(request: HttpRequest, study: Study, place: Place, status: int = 200, **forms: Any) -> HttpResponse:
    now, batch = timezone.now(), place.posting.batch
    found = get_object_or_404(statements.places(batch, now=now), pk=place.pk)
    [row] = statements.rows_of(batch, [found], now=now)
    past = place.rejections.select_related("rejected_by", "reversed_by").order_by("id")
    active = past.filter(reversed_at=None).first()
    is_overtaken = active is not None and row.standing is Standing.PAID_THERE
    context: dict[str, Any] = {
        "study": study,
        "batch": batch,
        "place": found,
        "row": row,
        "label": LABELS[row.standing],
        "badge": BADGES.get(row.standing, ""),
        "means": means(found, row.standing),
        "work": work_of(place),
        "is_outside": batch.platform in OUTSIDE,
        "platform": title_of(batch.platform),
        "may_pay": row.standing in PAYABLE,
        "may_enter": row.standing is Standing.PAID_THERE,
        "past": past,
        "active": None if is_overtaken else active,
        "is_overtaken": is_overtaken,
        "may_reverse": active is not None and active.is_reversible_at(now),
        "entries": _entries(found),
        "rejection_form": RejectionForm(platform=batch.platform) if row.standing in REJECTABLE else None,
        "reversal_form": ReversalForm(),
        "giving_up_form": GivingUpForm() if corrections.refused(found).exists() else None,
        "refund_form": _refund_form(found),
        "bonus_form": _bonus_form(found) if row.standing in GIVEN else None,
    }
    return render(request, "frontend/money/place.html", context | forms, status=status)


def _place(study: Study, pk: int) -> Place:
    rows = Place.objects.filter(posting__batch__study=study).select_related(
        "posting__batch__study", "assignment__hit__grid__target_class"
    )
    found: Place = get_object_or_404(rows, pk=pk)
    return found


def _entries(place: Place) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.of_place(place).select_related("by").order_by("id"))


def _bonus_form(place: Place, data: Any = None) -> BonusForm:
    batch = place.posting.batch
    has_work = place.assignment_id is not None
    return BonusForm(data, currency=batch.currency, is_outside=batch.platform in OUTSIDE, has_work=has_work)


def _refund_form(place: Place, data: Any = None) -> RefundForm | None:
    """None where nothing was paid that could come back."""
    payments = list(corrections.refundable(place))
    return RefundForm(data, payments=payments, currency=place.posting.batch.currency) if payments else None


def _decided(request: HttpRequest, slug: str, pk: int, decide: Callable[[Place], str]) -> HttpResponse:
    """Write a decision down, ask the queue to tell of it, and say so."""
    place = _place(visible_study(request, slug), pk)
    with refusals_told(request):
        said = decide(place)
        tasks.enqueue_round(place.posting.batch_id)
        messages.success(request, said)
    return redirect("frontend:place-detail", slug, pk)


@require_POST
def place_pay(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Pay it now, though it is held or waits."""

    def decide(place: Place) -> str:
        paying.intend(place, now=timezone.now(), by=request.user)
        return "Written down to be paid; the queue pays it now."

    return _decided(request, slug, pk, decide)


@require_POST
def place_enter(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write down what the platform has paid by itself."""

    def decide(place: Place) -> str:
        paying.enter(place=place, by=request.user, now=timezone.now())
        return "Entered: the books say now what the platform says."

    return _decided(request, slug, pk, decide)


@require_POST
def place_reject(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    place = _place(study, pk)
    form = RejectionForm(request.POST, platform=place.posting.batch.platform)
    if not form.is_valid():
        return _page(request, study, place, status=400, rejection_form=form)

    def decide(place: Place) -> str:
        reason = form.cleaned_data["reason"]
        rejections.reject(place=place, reason=reason, by=request.user, now=timezone.now())
        if (platform := place.posting.batch.platform) in OUTSIDE:
            return f"Rejected. {title_of(platform)} tells the worker why; it can be taken back for 30 days."
        return "Rejected. The worker reads the reason, and may ask for another look for 30 days."

    return _decided(request, slug, pk, decide)


@require_POST
def place_bonus(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Intend a bonus, or enter one; what the platform takes on top is asked for before anything is written."""
    study = visible_study(request, slug)
    place = _place(study, pk)
    form = _bonus_form(place, request.POST)
    if not form.is_valid():
        return _page(request, study, place, status=400, bonus_form=form)
    given, batch = form.cleaned_data, place.posting.batch

    def decide(place: Place) -> str:
        with reached_soon(batch.platform, clock=timezone.now) as platform:
            amount = bonuses.amount_of(given["amount"], platform=platform)
        terms = {"place": place, "amount": amount, "purpose": given["purpose"]}
        fee = f", and {money(amount.fee, batch.currency)} for {title_of(batch.platform)}" if amount.fee else ""
        if given["is_paid_there"]:
            bonuses.enter(**terms, by=request.user, now=timezone.now())
            return "Entered: the books say now what was paid."
        bonuses.intend(**terms, by=request.user, now=timezone.now())
        return f"Written down: {money(amount.minor_units, batch.currency)} for the worker{fee}. The queue pays it now."

    return _decided(request, slug, pk, decide)


@require_POST
def place_give_up(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the platform refuses is not asked for any more."""
    form = GivingUpForm(request.POST)

    def decide(place: Place) -> str:
        if not form.is_valid():
            raise CannotPay("Say why it is given up: it stays in the books.")
        corrections.give_up(place=place, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        return "Given up: the platform is not asked again. Reject the place, pay it anew, or pay a bonus instead."

    return _decided(request, slug, pk, decide)


@require_POST
def place_refund(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Write down what the platform has given back."""
    study = visible_study(request, slug)
    place = _place(study, pk)
    form = _refund_form(place, request.POST)
    if form is None:
        messages.error(request, "Nothing was paid for this place, or it has come back already.")
        return redirect("frontend:place-detail", slug, pk)
    if not form.is_valid():
        return _page(request, study, place, status=400, refund_form=form)
    given = form.cleaned_data

    def decide(place: Place) -> str:
        corrections.refund(
            place=place,
            token=given["payment"],
            minor_units=given["amount"],
            reason=given["reason"],
            by=request.user,
            now=timezone.now(),
        )
        return f"Entered: {money(given['amount'], place.posting.batch.currency)} came back, and can be spent again."

    return _decided(request, slug, pk, decide)


@require_POST
def rejection_reverse(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Pay it after all."""
    study = visible_study(request, slug)
    rows = Rejection.objects.filter(place__posting__batch__study=study)
    rejection = get_object_or_404(rows.select_related("place__posting__batch__study", "place__worker"), pk=pk)
    form = ReversalForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why it is paid after all: the worker reads it.")
        return redirect("frontend:place-detail", slug, rejection.place_id)

    def decide(place: Place) -> str:
        reason = form.cleaned_data["reason"]
        is_intended = letters.pay_after_all(rejection=rejection, reason=reason, by=request.user, now=timezone.now())
        if is_intended:
            return "The rejection is taken back, and the pay is written down; the queue pays it now."
        return "The rejection is taken back. The budget does not hold the pay: raise it, and the next round pays."

    return _decided(request, slug, rejection.place_id, decide)


urlpatterns = [
    path("studies/<slug:slug>/places/<int:pk>/", place_detail, name="place-detail"),
    path("studies/<slug:slug>/places/<int:pk>/payment/", place_pay, name="place-pay"),
    path("studies/<slug:slug>/places/<int:pk>/entry/", place_enter, name="place-enter"),
    path("studies/<slug:slug>/places/<int:pk>/rejection/", place_reject, name="place-reject"),
    path("studies/<slug:slug>/places/<int:pk>/bonus/", place_bonus, name="place-bonus"),
    path("studies/<slug:slug>/places/<int:pk>/giving-up/", place_give_up, name="place-give-up"),
    path("studies/<slug:slug>/places/<int:pk>/refund/", place_refund, name="place-refund"),
    path("studies/<slug:slug>/rejections/<int:pk>/reversal/", rejection_reverse, name="rejection-reverse"),
]
