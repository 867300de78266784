"""The pictures of a grid, by token and position: nothing about them tells one origin from another."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from annotation import storage
from annotation.errors import MissingContent, NotYours
from annotation.platforms import local
from frontend.limits import limited

IMAGE_SECONDS = 3600
MAX_POSITIONS = 10_000  # beyond any grid; larger numbers would not fit the database's integers

# Written out because a worker asks for it 48 times a grid: building it from querysets takes longer than running it.
RENDITION = """
SELECT image.rendition_sha256
FROM annotation_assignment assignment
JOIN annotation_hit hit ON hit.id = assignment.hit_id
JOIN annotation_grid grid ON grid.id = hit.grid_id
JOIN annotation_candidate candidate ON candidate.id = grid.candidate_ids[%s + 1]
JOIN annotation_image image ON image.id = candidate.image_id
WHERE assignment.id = %s AND assignment.worker_id = %s
"""


@login_not_required
@require_safe
@limited("pictures", per_minute=2400, method="GET")
def picture(request: HttpRequest, *, token: str, position: int) -> HttpResponse:
    """A picture for the present holder of the assignment: same address, same headers, whatever its origin."""
    try:
        content = storage.get("renditions", _rendition(token, position))
    except (NotYours, MissingContent):
        return HttpResponse("There is no such picture for you.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def _rendition(token: str, position: int) -> str:
    claim = local.read_assignment_token(token)
    if position < MAX_POSITIONS:
        with connection.cursor() as cursor:
            cursor.execute(RENDITION, [position, claim.assignment_id, claim.worker_id])
            if row := cursor.fetchone():
                return str(row[0])
    raise NotYours("There is no such position, or the grid is no longer yours.")
