"""Who works on a study: invitations, who has joined by them, and links that got into wrong hands."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import workers
from annotation.errors import AnnotationError
from annotation.models import Invitation, Study
from annotation.platforms.base import OUTSIDE, invitation_path
from frontend.forms import InvitationForm
from frontend.qr import qr_code
from frontend.views.researcher import outside_address, page_of, refusals_told, visible_study

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = workers.invite(study=study, **form.cleaned_data, now=timezone.now(), by=request.user)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"“{made.name}” is ready: send its link, or print this page.")
            return redirect("frontend:invitation-detail", slug, made.pk)
    rows = _with_links(study).for_many().order_by("-id")
    page = page_of(request, rows, PAGE_SIZE)
    context = {
        "study": study,
        "page": page,
        "invitations": [_shown(request, invitation) for invitation in page],
        "num_people": study.invitations.personal().count(),
        "num_workers": study.enrolments.count(),
        "has_batch": study.batches.filter(expired_at=None).exists(),
        "form": form,
    }
    return render(request, "frontend/invitations/list.html", context, status=400 if form.errors else 200)


@require_safe
def invitation_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One invitation, good to print, and who has joined by it."""
    study = visible_study(request, slug)
    invitation = _invitation(study, pk)
    shown = _shown(request, invitation)
    enrolments = study.enrolments.filter(invitation=invitation).with_progress().select_related("worker")
    context = shown | {
        "study": study,
        "page": page_of(request, enrolments.order_by("-id"), PAGE_SIZE),
        "qr_code": qr_code(shown["address"]),
    }
    return render(request, "frontend/invitations/detail.html", context)


def _invitation(study: Study, pk: int) -> Any:
    return get_object_or_404(_with_links(study), pk=pk)


def _with_links(study: Study) -> Any:
    """Invitations that somebody can follow; who works at a platform elsewhere comes by its postings."""
    return study.invitations.exclude(platform__in=OUTSIDE).with_joined()


def _shown(request: HttpRequest, invitation: Any) -> dict[str, Any]:
    """An invitation with its link, and whether anybody can join by it now."""
    return {
        "invitation": invitation,
        "state": invitation.state_at(timezone.now(), num_joined=invitation.num_joined),
        "address": link_of(request, invitation),
    }


def link_of(request: HttpRequest, invitation: Invitation) -> str:
    path = invitation_path(invitation)
    assert path is not None  # who comes by a posting has no invitation with a page
    return outside_address(request, path)


@require_POST
def invitation_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    invitation = _invitation(study, pk)
    with refusals_told(request):
        workers.withdraw(invitation=invitation, now=timezone.now())
        messages.success(request, "The invitation is withdrawn: nobody can join by it; who has joined goes on.")
    return redirect("frontend:invitation-detail", slug, pk)


@require_POST
def enrolment_revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make the links of a worker of this study useless."""
    study = visible_study(request, slug)
    enrolment = get_object_or_404(study.enrolments.select_related("worker"), pk=pk)
    with refusals_told(request):
        workers.revoke_links(worker=enrolment.worker)
        messages.success(request, f"The links of worker {enrolment.pseudonym} are dead.")
    return redirect("frontend:invitation-detail", slug, enrolment.invitation_id)


urlpatterns = [
    path("studies/<slug:slug>/invitations/", invitation_list, name="invitation-list"),
    path("studies/<slug:slug>/invitations/<int:pk>/", invitation_detail, name="invitation-detail"),
    path("studies/<slug:slug>/invitations/<int:pk>/withdraw/", invitation_withdraw, name="invitation-withdraw"),
    path("studies/<slug:slug>/enrolments/<int:pk>/revoke/", enrolment_revoke, name="enrolment-revoke"),
]
