"""The statement of a batch: sums, where each place stands, what waits for a person, and whether the books agree."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import tasks
from annotation.models import Assignment, Batch, LastRound, Reconciliation
from annotation.payments import by_hand, statements
from annotation.payments.statements import FOR_A_PERSON, Group, Standing
from annotation.platforms.base import OUTSIDE
from frontend import limits
from frontend.launching.planning import title_of
from frontend.limits import limited
from frontend.templatetags.figures import money
from frontend.views.money import sheet
from frontend.views.money.words import LABELS
from frontend.views.researcher import page_of, refusals_told, visible_study
from frontend.views.sending import sent

PAGE_SIZE = 50


@require_safe
def statement(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    batch = _paid_batch(study, pk)
    now, chosen = timezone.now(), _chosen(request)
    found = statements.places(batch, now=now).order_by("pk")
    page = page_of(request, found.filter(standing=chosen) if chosen else found, PAGE_SIZE)
    groups = statements.groups(batch, now=now)
    context = {
        "study": study,
        "batch": batch,
        "is_outside": batch.platform in OUTSIDE,
        "platform": title_of(batch.platform),
        "sums": statements.sums(batch),
        "page": page,
        "rows": statements.rows_of(batch, list(page.object_list), now=now),
        "chosen": chosen,
        "query": f"standing={chosen.value}" if chosen else "",
        "chips": [(standing, LABELS[standing], group.num) for standing, group in groups.items()],
        "num_places": sum(group.num for group in groups.values()),
        "num_before_books": _before_books(batch),
        "next": _next(batch, groups),
        "last_round": LastRound.objects.filter(batch=batch).first(),
        "reconciliation": Reconciliation.objects.filter(batch=batch).first(),
    }
    return render(request, "frontend/money/statement.html", context)


def _next(batch: Batch, found: dict[Standing, Group]) -> dict[str, Any]:
    """What is to be paid and when, and what waits for a person."""
    return {
        "due": found.get(Standing.DUE),
        "waiting": found.get(Standing.WAITING),
        "refused": found.get(Standing.REFUSED),
        "for_a_person": [(each, LABELS[each], found[each].num) for each in FOR_A_PERSON if each in found],
        "num_unplaced": statements.num_unplaced(batch),
    }


def _before_books(batch: Batch) -> int:
    """Grids handed in where no books are kept: what was launched before there were any."""
    if batch.postings.exists():
        return 0
    return Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False).count()


def _chosen(request: HttpRequest) -> Standing | None:
    name = request.GET.get("standing", "")
    try:
        return Standing(name) if name else None
    except ValueError as error:
        raise Http404("No place stands so.") from error


def _paid_batch(study: Any, pk: int) -> Batch:
    found: Batch = get_object_or_404(study.batches.select_related("study"), pk=pk)
    return found


@require_safe
def statement_csv(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """All places; their columns add up to the sums of the page."""
    batch = _paid_batch(visible_study(request, slug), pk)
    rows = statements.all_rows(batch, now=timezone.now())
    name = sheet.file_name(batch)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return sent(request, sheet.lines(batch, rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@limited("paying-all", per_minute=30, by=limits.signed_in)
def pay_all(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Intend the pay of all that waits and nothing holds; the queue pays it."""
    batch = _paid_batch(visible_study(request, slug), pk)
    with refusals_told(request):
        found = by_hand.pay_all(batch=batch, by=request.user, now=timezone.now())
        tasks.enqueue_round(batch.pk)
        messages.success(request, _what_was_intended(found))
        if found.missing:
            missing = money(found.missing, batch.currency)
            messages.error(request, f"{missing} more are due than the budget holds: raise it, and pay the rest then.")
    return redirect("frontend:batch-statement", slug, pk)


def _what_was_intended(found: by_hand.Intended) -> str:
    text = f"{found.num_intended:,} {_places(found.num_intended)} written down to be paid; the queue pays them now."
    if found.num_left:
        text += f" {found.num_left:,} more wait: press the button again."
    if found.num_held:
        text += f" {found.num_held:,} are held and wait for a person."
    return text


def _places(count: int) -> str:
    return "place is" if count == 1 else "places are"


@require_POST
@limited("comparing", per_minute=6, by=limits.signed_in)
def compare(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask the queue to compare the books with the platform's."""
    batch = _paid_batch(visible_study(request, slug), pk)
    tasks.enqueue_reconciliation(batch.pk)
    messages.info(request, "The books are being compared; reload this page in a minute to see what was found.")
    return redirect("frontend:batch-statement", slug, pk)


urlpatterns = [
    path("studies/<slug:slug>/batches/<int:pk>/statement/", statement, name="batch-statement"),
    path("studies/<slug:slug>/batches/<int:pk>/statement.csv", statement_csv, name="batch-statement-csv"),
    path("studies/<slug:slug>/batches/<int:pk>/statement/payment/", pay_all, name="batch-pay-all"),
    path("studies/<slug:slug>/batches/<int:pk>/statement/comparison/", compare, name="batch-compare"),
]
