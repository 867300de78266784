"""Launched grids whose pictures can really be fetched, for tests of the worker's pages."""

from typing import Any

from annotation import storage
from annotation.models import Batch, Candidate, Example, Origin, TargetClass
from tests import cast


def pictured(of: TargetClass, origin: Origin = Origin.POOL, seed: int = 0) -> Candidate:
    """A candidate with a rendition in the storage."""
    row = cast.candidate(of, origin)
    row.image.rendition_sha256 = storage.put("renditions", cast.png(seed, (400, 400), "JPEG"))
    row.image.save()
    return row


def launched(num_images: int = 6, num_grids: int = 1, **fields: Any) -> Batch:
    """A batch of grids of a bow (or longbow), every other image an original."""
    study = cast.study(name="Twin of the bows", contact="Rosa Rossi, rosa@example.org", guidelines="Toys count.")
    bow = cast.target_class(study, "n02879718", "bow")
    bow.synonyms, bow.definition = ["longbow"], "a weapon for shooting arrows"
    bow.save()
    origins = [Origin.ORIGINAL, Origin.POOL]
    grids = [cast.grid(bow, [pictured(bow, origins[i % 2], i) for i in range(num_images)]) for _ in range(num_grids)]
    return cast.batch(study, grids, **fields)


def taught(of: TargetClass, num_showing: int = 3, num_others: int = 3) -> list[Example]:
    """Examples of the class with their answers and captions, for the guidelines and for practice."""
    answers = [True] * num_showing + [False] * num_others
    return [
        cast.example(of, cast.png(1000 + seed), shows_class=shows, caption="A bow." if shows else "A ribbon.")
        for seed, shows in enumerate(answers)
    ]
