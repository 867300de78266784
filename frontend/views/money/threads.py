"""What workers wrote and were answered, by worker; appeals with the rejection they are about."""

from typing import Any

from django.contrib import messages as notices
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import messages, quality
from annotation.models import Message, Rejection, Study, Worker
from annotation.platforms.base import OUTSIDE
from frontend.launching.planning import title_of
from frontend.views.money.forms import MessageForm, ReversalForm
from frontend.views.money.words import work_of
from frontend.views.researcher import page_of, refusals_told, visible_study

PAGE_SIZE = 30
SHOWN = 200  # of one thread, the newest


@require_safe
def message_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A thread a worker: what waits for an answer first, then the newest."""
    study = visible_study(request, slug)
    waits = Count("pk", filter=Q(is_from_worker=True, read_at=None))
    threads = (
        Message.objects.filter(study=study)
        .order_by()
        .values("worker")
        .annotate(num_unread=waits, num=Count("pk"), last=Max("pk"))
        .order_by("-num_unread", "-last")
    )
    page = page_of(request, threads, PAGE_SIZE)
    last = Message.objects.select_related("by").in_bulk([each["last"] for each in page])
    appealing = set(messages.open_appeals(study).values_list("worker_id", flat=True))
    rows = [
        each
        | {
            "pseudonym": Worker.pseudonym_in(study.pk, each["worker"]),
            "last": last[each["last"]],
            "is_appeal": each["worker"] in appealing,
        }
        for each in page
    ]
    context = {"study": study, "page": page, "rows": rows, "num_unread": messages.unread(study)}
    return render(request, "frontend/money/messages.html", context)


@require_safe
def message_thread(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    study = visible_study(request, slug)
    return _page(request, study, pseudonym, MessageForm())


def _page(request: HttpRequest, study: Study, pseudonym: str, form: MessageForm, status: int = 200) -> HttpResponse:
    worker = _worker(study, pseudonym)
    newest = Message.objects.filter(study=study, worker=worker).select_related("by", "rejection").order_by("-id")
    appeals = messages.open_appeals(study, worker=worker).select_related(
        "rejection__place__posting__batch", "rejection__place__assignment__hit__grid__target_class"
    )
    now = timezone.now()
    context: dict[str, Any] = {
        "study": study,
        "pseudonym": pseudonym,
        "thread": list(newest[:SHOWN])[::-1],
        "appeals": [
            {
                "message": each,
                "rejection": each.rejection,
                "may_reverse": each.rejection.is_reversible_at(now),
                "work": work_of(each.rejection.place),
            }
            for each in appeals.order_by("id")
            if each.rejection is not None
        ],
        "num_unread": newest.filter(is_from_worker=True, read_at=None, rejection=None).count(),
        "form": form,
        "elsewhere": title_of(worker.platform) if worker.platform in OUTSIDE else "",
        "reversal_form": ReversalForm(),
    }
    return render(request, "frontend/money/thread.html", context, status=status)


def _worker(study: Study, pseudonym: str) -> Worker:
    found = quality.worker_called(study, pseudonym)
    if found is None:
        raise Http404("The study has no such worker.")
    return found


@require_POST
def message_answer(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    study = visible_study(request, slug)
    worker = _worker(study, pseudonym)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _page(request, study, pseudonym, form, status=400)
    about = form.cleaned_data["rejection"]
    rejection = None
    if about is not None:
        rejection = get_object_or_404(Rejection.objects.filter(place__posting__batch__study=study), pk=about)
    with refusals_told(request):
        text = form.cleaned_data["text"]
        messages.answer(study=study, worker=worker, text=text, by=request.user, now=timezone.now(), rejection=rejection)
        notices.success(request, "Sent: the worker reads it on their own page.")
    return redirect("frontend:message-thread", slug, pseudonym)


@require_POST
def message_read(request: HttpRequest, slug: str, pseudonym: str) -> HttpResponse:
    """Nothing of this thread needs an answer; appeals stay."""
    study = visible_study(request, slug)
    messages.mark_read(study=study, worker=_worker(study, pseudonym), by_worker=False, now=timezone.now())
    return redirect("frontend:message-list", slug)


urlpatterns = [
    path("studies/<slug:slug>/messages/", message_list, name="message-list"),
    path("studies/<slug:slug>/messages/<slug:pseudonym>/", message_thread, name="message-thread"),
    path("studies/<slug:slug>/messages/<slug:pseudonym>/answer/", message_answer, name="message-answer"),
    path("studies/<slug:slug>/messages/<slug:pseudonym>/reading/", message_read, name="message-read"),
]
