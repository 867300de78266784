"""The floor under the pages: Django with no middleware, and two views that run the statements and nothing else."""

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from annotation.models import Batch
from annotation.serving import slots

FIND = "SELECT * FROM annotation_assignment WHERE id = %s AND worker_id = %s FOR UPDATE"
SUBMIT = r"""
UPDATE annotation_assignment SET seen = '\xffffffffffff', selected = '\x081800400080', submitted_at = %s WHERE id = %s
"""
TAKE_TURNS = "SELECT 1 FROM annotation_worker WHERE id = %s FOR NO KEY UPDATE"


@transaction.atomic
def claim(request: HttpRequest, worker: int) -> HttpResponse:
    batch = Batch(pk=1, lease_seconds=1800)
    with connection.cursor() as cursor:
        cursor.execute(TAKE_TURNS, [worker])
    claimed = slots.held_by(worker, batch=batch) or slots.take(worker, batch=batch, most=2, now=timezone.now())
    assert claimed is not None
    return HttpResponse(str(claimed.pk))


@transaction.atomic
def submit(request: HttpRequest, worker: int, slot: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [slot, worker])
        cursor.execute(SUBMIT, [timezone.now(), slot])
    return HttpResponse("saved")


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ready")


urlpatterns = [
    path("claim/<int:worker>/", claim),
    path("submit/<int:worker>/<int:slot>/", submit),
    path("login/", ready),
]
