"""Whether a picture can be a candidate here, by where in the study it is already."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from annotation.candidates.records import File, Place
from annotation.candidates.supplying import Lacking
from annotation.models import Candidate, Example, Origin, Study

ADDRESSES = ("http://", "https://")


def accept(study: Study, origin: Origin, files: list[File], lacking: Lacking) -> list[File]:
    pixels = {file.picture.pixel_sha256 for file in files}
    places, taught, gone = _places(study, pixels), _taught(study, pixels), _taken_down(files)
    accepted = []
    for file in files:
        target_class, its_pixels = file.target_class, file.picture.pixel_sha256
        assert target_class is not None
        here = Place(target_class.pk, target_class.class_id, origin, file.source)
        taken = places[its_pixels]
        if here in taken:
            file.is_existing, file.known_as = True, taken[here]
            continue
        if day := gone.get(file.source) or gone.get(file.said.page_url):
            file.reason = f"The picture at this address was taken down on {day}: it may not be kept here, in no size."
        elif its_pixels in taught:
            file.reason = (
                f"The image is an example of class {taught[its_pixels]!r}: workers are told its answer, "
                "so they can't judge it."
            )
        else:
            file.reason = _reason_against(here, taken)
        if not file.reason:
            lacking.match(file)
        if not file.reason:
            accepted.append(file)
            taken[here] = None
    return accepted


def _places(study: Study, pixels: set[str]) -> defaultdict[str, dict[Place, int | None]]:
    """By pixels, where they are in the study, and as which candidate."""
    rows = (
        Candidate.objects.filter(study=study, image__pixel_sha256__in=pixels)
        .order_by("id")
        .values_list("image__pixel_sha256", "id", "target_class_id", "target_class__class_id", "origin", "source")
    )
    places: defaultdict[str, dict[Place, int | None]] = defaultdict(dict)
    for pixel_sha256, pk, *place in rows:
        places[pixel_sha256].setdefault(Place(*place), pk)
    return places


def _taught(study: Study, pixels: set[str]) -> dict[str, str]:
    """The pictures whose answer workers are told, with the class they are an example of."""
    rows = Example.objects.filter(study=study, image__pixel_sha256__in=pixels).order_by("-id")
    return dict(rows.values_list("image__pixel_sha256", "target_class__class_id"))


def _taken_down(files: list[File]) -> dict[str, str]:
    """The addresses of pictures that were taken down, in whatever study, each with the day: servers offer one picture
    in many sizes."""
    addresses = {text for file in files for text in (file.source, file.said.page_url) if text.startswith(ADDRESSES)}
    if not addresses:
        return {}
    rows = (
        Candidate.objects.filter(Q(source__in=addresses) | Q(page_url__in=addresses), take_down__isnull=False)
        .select_related("take_down")
        .only("source", "page_url", "take_down__taken_down_at")
    )
    return {
        text: f"{row.take_down.taken_down_at:%Y-%m-%d}"
        for row in rows
        for text in (row.source, row.page_url)
        if text in addresses and row.take_down
    }


def _reason_against(here: Place, taken: Iterable[Place]) -> str:
    """Why a picture that is in these places can't be here as well; empty where it can."""
    for place in taken:
        if place.origin == Origin.ORIGINAL and here.origin == Origin.POOL:
            return f"The image is in the original test set: {place.source} of class {place.class_id!r}."
        if place.origin == here.origin and place.target_class_id != here.target_class_id:
            return f"The image is in class {place.class_id!r} already, as {place.source}; it can have one class only."
        if place.origin == here.origin:
            return f"The same image was taken from {place.source} already."
    return ""
