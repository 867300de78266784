"""Rehearsing a study on made-up workers: one button."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation import rehearsals
from annotation.errors import AnnotationError
from annotation.tasks import enqueue_contact_sheets, enqueue_rehearsal
from frontend.views.researcher import visible_study


@require_POST
def rehearsal(request: HttpRequest, slug: str) -> HttpResponse:
    """A copy of the study under the terms at hand, its batch, and the crowd: all of it or nothing."""
    study, now = visible_study(request, slug), timezone.now()
    try:
        with transaction.atomic():
            made = rehearsals.copy(study=study, by=request.user, now=now)
            batch = rehearsals.launch(study=made, plan=rehearsals.plan_of(study), now=now)
    except AnnotationError as error:
        messages.error(request, str(error))
        return redirect("frontend:grid-list", slug)
    enqueue_contact_sheets(made.grids.order_by("pk").values_list("pk", flat=True))
    enqueue_rehearsal(batch.pk)
    messages.success(request, f"This is “{made.name}”, a copy: nothing that happens here touches {study.name}.")
    return redirect("frontend:batch-detail", made.slug, batch.pk)


urlpatterns = [path("studies/<slug:slug>/rehearsal/", rehearsal, name="rehearsal")]
