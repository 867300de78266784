"""Whether a picture can be a candidate here, by where in the study it is already."""

from collections import defaultdict

from annotation.candidates.records import File, Place
from annotation.candidates.supplying import Meant, match
from annotation.models import Candidate, Example, Origin, Study
from annotation.sources import naming


def accept(
    study: Study, origin: Origin, files: list[File], lacking: dict[naming.Key, Candidate], meant: Meant
) -> list[File]:
    pixels = {file.image.pixel_sha256 for file in files}
    places, taught = _places(study, pixels), _taught(study, pixels)
    accepted = []
    for file in files:
        target_class = file.target_class
        assert target_class is not None
        here = Place(target_class.pk, target_class.class_id, origin, file.source)
        taken = places[file.image.pixel_sha256]
        if here in taken:
            file.is_existing = True
            continue
        if file.image.pixel_sha256 in taught:
            file.reason = (
                f"The image is an example of class {taught[file.image.pixel_sha256]!r}: workers are told its answer, "
                "so they can't judge it."
            )
        else:
            file.reason = _reason_against(here, taken)
        if not file.reason:
            match(file, lacking, meant)
        if not file.reason:
            accepted.append(file)
            taken.append(here)
    return accepted


def _places(study: Study, pixels: set[str]) -> defaultdict[str, list[Place]]:
    rows = (
        Candidate.objects.filter(study=study, image__pixel_sha256__in=pixels)
        .order_by("id")
        .values_list("image__pixel_sha256", "target_class_id", "target_class__class_id", "origin", "source")
    )
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for pixel_sha256, *place in rows:
        places[pixel_sha256].append(Place(*place))
    return places


def _taught(study: Study, pixels: set[str]) -> dict[str, str]:
    """The pictures whose answer workers are told, with the class they are an example of."""
    rows = Example.objects.filter(study=study, image__pixel_sha256__in=pixels).order_by("-id")
    return dict(rows.values_list("image__pixel_sha256", "target_class__class_id"))


def _reason_against(here: Place, taken: list[Place]) -> str:
    """Why a picture that is in these places can't be here as well; empty where it can."""
    for place in taken:
        if place.origin == Origin.ORIGINAL and here.origin == Origin.POOL:
            return f"The image is in the original test set: {place.source} of class {place.class_id!r}."
        if place.origin == here.origin and place.target_class_id != here.target_class_id:
            return f"The image is in class {place.class_id!r} already, as {place.source}; it can have one class only."
        if place.origin == here.origin:
            return f"The same image was taken from {place.source} already."
    return ""
