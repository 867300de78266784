"""Pictures of a report small enough to stand inside a file."""

import base64
import io

from annotation import imaging, storage
from annotation.errors import MissingContent
from annotation.models import Candidate
from evaluation.models import Report
from frontend.reporting.pictures import candidates_of

SIDE = 120
QUALITY = 78


def thumbnails(report: Report) -> dict[int, str]:
    """Data addresses, by candidate; those whose picture is not here are left out."""
    shown = Candidate.objects.filter(
        study=report.study_id, pk__in=candidates_of(report.content), image__isnull=False
    ).values_list("pk", "image__rendition_sha256")
    found = {}
    for pk, sha256 in shown:
        try:
            found[pk] = _data_address(storage.get("renditions", sha256))
        except MissingContent:
            continue
    return found


def _data_address(rendition: bytes) -> str:
    picture = imaging.upright(rendition, at_least=SIDE)
    picture.thumbnail((SIDE, SIDE))
    small = io.BytesIO()
    picture.save(small, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(small.getvalue()).decode()}"
