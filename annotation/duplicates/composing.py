"""Grids of what takes part now: where the image of a group of duplicates that stayed is out by now, another is in."""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation import grids
from annotation.duplicates.resolving import resolve
from annotation.grids import Composition, GridDesign
from annotation.models import Study


@transaction.atomic
def compose(*, study: Study, now: datetime, by: Any, design: GridDesign | None = None) -> Composition:
    """Settle anew which image of each group stays, then compose."""
    resolve(study=study, by=by, now=now)
    return grids.compose(study=study, now=now, design=design)
