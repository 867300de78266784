"""The pictures of a grid, by token and number: nothing about them tells one origin from another.

A worker's page shows contact sheets, and a single picture only where it is enlarged.
"""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from annotation import grids, storage, tasks
from annotation.errors import MissingContent, NotYours
from annotation.models import Grid, Image
from annotation.platforms import local
from frontend.limits import limited, refused

IMAGE_SECONDS = 3600
MAX_NUMBER = 10_000  # beyond any grid; larger numbers would not fit the database's integers
MAX_ID = 2**63 - 1

# Written out because workers ask for them all the time: building them from querysets takes longer than running them.
RENDITION = """
SELECT image.rendition_sha256
FROM annotation_assignment assignment
JOIN annotation_hit hit ON hit.id = assignment.hit_id
JOIN annotation_grid grid ON grid.id = hit.grid_id
JOIN annotation_candidate candidate ON candidate.id = grid.candidate_ids[%s + 1]
JOIN annotation_image image ON image.id = candidate.image_id
JOIN annotation_worker worker ON worker.id = assignment.worker_id
WHERE assignment.id = %s AND worker.id = %s AND worker.link_number = %s
"""
SHEET = """
SELECT grid.sheets[%s + 1], grid.id, cardinality(grid.candidate_ids)
FROM annotation_assignment assignment
JOIN annotation_hit hit ON hit.id = assignment.hit_id
JOIN annotation_grid grid ON grid.id = hit.grid_id
JOIN annotation_worker worker ON worker.id = assignment.worker_id
WHERE assignment.id = %s AND worker.id = %s AND worker.link_number = %s
"""
EXAMPLE = """
SELECT image.rendition_sha256
FROM annotation_example example
JOIN annotation_grid grid ON grid.study_id = example.study_id
JOIN annotation_hit hit ON hit.grid_id = grid.id
JOIN annotation_assignment assignment ON assignment.hit_id = hit.id
JOIN annotation_image image ON image.id = example.image_id
JOIN annotation_worker worker ON worker.id = assignment.worker_id
WHERE example.id = %s AND assignment.id = %s AND worker.id = %s AND worker.link_number = %s
"""


@login_not_required
@require_safe
@limited("pictures", per_minute=2400, method="GET")
def picture(request: HttpRequest, *, token: str, position: int) -> HttpResponse:
    """A picture for the present holder of the assignment: same address, same headers, whatever its origin."""
    try:
        return _jpeg(storage.get("renditions", str(_row(RENDITION, token, position)[0])))
    except (NotYours, MissingContent):
        return _nothing()


@login_not_required
@require_safe
def sheet(request: HttpRequest, *, token: str, number: int) -> HttpResponse:
    """A contact sheet for the present holder; drawn on demand where the queue has not been or the file is gone."""
    try:
        sha256, grid_id, num_positions = _row(SHEET, token, number)
        if number >= grids.SHEETS.num_sheets(num_positions):
            raise NotYours("The grid has fewer sheets.")
        if content := _stored(sha256):
            return _jpeg(content)
        return refused("drawings", request, token, per_minute=120) or _jpeg(_drawn(grid_id, number))
    except (NotYours, MissingContent):
        return _nothing()


@login_not_required
@require_safe
@limited("pictures", per_minute=2400, method="GET")
def example(request: HttpRequest, *, token: str, pk: int) -> HttpResponse:
    """An example of the study, for whoever holds a grid of it."""
    try:
        return _jpeg(storage.get("renditions", str(_row(EXAMPLE, token, pk, limit=MAX_ID)[0])))
    except (NotYours, MissingContent):
        return _nothing()


def shown_or_nothing(image: Image | None) -> HttpResponse:
    """A picture that may be shown, as all pictures are sent; the same answer where it may not or is missing."""
    try:
        return _jpeg(storage.get("renditions", image.rendition_sha256)) if image else _nothing()
    except MissingContent:
        return _nothing()


def _stored(sha256: str | None) -> bytes | None:
    try:
        return storage.get("sheets", sha256) if sha256 else None
    except MissingContent:
        return None


def _drawn(grid_id: int, number: int) -> bytes:
    grid = Grid.objects.get(pk=grid_id)
    if grid.sheets:
        return grids.restore_sheet(grid=grid, number=number)
    tasks.enqueue_contact_sheets([grid_id])  # which stores them: only what the row names is found by a take-down
    return grids.draw_sheet(grid=grid, number=number)


def _row(query: str, token: str, number: int, *, limit: int = MAX_NUMBER) -> tuple[Any, ...]:
    claim = local.read_assignment_token(token)
    if number < limit:
        with connection.cursor() as cursor:
            cursor.execute(query, [number, claim.assignment_id, claim.worker_id, claim.link_number])
            if row := cursor.fetchone():
                return tuple(row)
    raise NotYours("There is no such picture, or the grid is no longer yours.")


def _jpeg(content: bytes) -> HttpResponse:
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def _nothing() -> HttpResponse:
    return HttpResponse("There is no such picture for you.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
