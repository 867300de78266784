"""Originals and a pool whose dates, sizes and colours are drawn; no files behind them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from annotation.models import Candidate, Image, Origin, TargetClass
from tests.cast import NOW

START = datetime(2010, 1, 1, tzinfo=UTC)


def images(
    of: TargetClass, origin: Origin, number: int, *, seed: int, days: float = 0, **fields: Any
) -> list[Candidate]:
    """Taken around 2010, `days` later; what else is told of each is in `fields`, of the candidate or its image."""
    rng = np.random.default_rng(seed)
    first = Image.objects.count()
    own = {name: fields.pop(name) for name in list(fields) if hasattr(Image, name)}
    pictures = Image.objects.bulk_create(
        Image(**_picture(first + i, rng) | own) for i in range(number)
    )  # fmt: skip
    rows = []
    for picture, taken in zip(pictures, _dates(number, days, rng), strict=True):
        told = {"taken_at": taken, "uploaded_at": taken + timedelta(days=30), "source": f"{origin}/{picture.pk}.jpg"}
        kind = {"study": of.study, "target_class": of, "image": picture, "origin": origin, "created_at": NOW}
        rows.append(Candidate(**kind | told | fields))
    return Candidate.objects.bulk_create(rows)


def _dates(number: int, days: float, rng: np.random.Generator) -> list[datetime]:
    return [START + timedelta(days=float(each)) for each in rng.normal(days, 300, number)]


def _picture(number: int, rng: np.random.Generator) -> dict[str, Any]:
    red, green, blue = (int(each) for each in rng.integers(60, 200, 3))
    return {
        "sha256": f"{number:064x}", "pixel_sha256": f"{number:064x}", "rendition_sha256": f"{number:064x}",
        "format": "JPEG", "width": int(rng.integers(400, 1000)), "height": int(rng.integers(300, 800)),
        "num_bytes": int(rng.integers(50_000, 200_000)), "created_at": NOW,
        "mean_red": red, "mean_green": green, "mean_blue": blue,
    }  # fmt: skip
