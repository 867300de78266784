"""The search for near-duplicates: asked for, carried out, and how far it is."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from annotation import candidates
from annotation.duplicates import comparing
from annotation.duplicates.pairs import Measured, Other, keep_pairs, measured
from annotation.duplicates.resolving import resolve, take_turns
from annotation.duplicates.thinning import said_apart
from annotation.errors import CannotSearch
from annotation.models import Candidate, DuplicateSearch, Origin, ReferenceImage, Study

PATIENCE = timedelta(minutes=1)  # a request this old has lost its message
MAX_DISTANCE = 16
STANDARD_DISTANCE = 8
MAX_ATTEMPTS = 3
MAX_PROBLEM = 300
UNFORESEEN = (
    "The search broke off for a reason that nobody foresaw ({kind}). It is not begun again by itself. Search again; "
    "where that does not help, the log of the queue says more."
)
UNFINISHED = (
    f"The search was begun {MAX_ATTEMPTS} times and never came to an end, as when the memory is too small. It is not "
    "begun again by itself. Search with find_duplicates on a machine with more memory, or search again."
)

OnProgress = Callable[[DuplicateSearch], None]


def request(*, study: Study, max_distance: int, now: datetime) -> DuplicateSearch:
    """Note that somebody waits for a search; the queue makes it, and a sweep finds it where the message was lost."""
    if not 0 <= max_distance <= MAX_DISTANCE:
        raise CannotSearch(f"The distance must lie between 0 and {MAX_DISTANCE} bits; got {max_distance}.")
    if not Candidate.objects.with_picture().filter(study=study, origin=Origin.POOL).exists():
        raise CannotSearch("The pool has no pictures yet, so there is nothing to compare; import them first.")
    asked = {"max_distance": max_distance, "requested_at": now, "num_attempts": 0, "problem": ""}
    row, _is_new = DuplicateSearch.objects.update_or_create(study=study, defaults=asked)
    return row


def search(*, study: Study, now: datetime, on_progress: OnProgress | None = None) -> DuplicateSearch:
    """Find what looks alike, and keep it as pairs for people to look at; what has not changed stays as it is.

    Images without a signature are signed first. The pool is compared with itself, with the original and with the
    reference images; those are not compared among themselves. Of two searches at once the one that began later
    holds, whichever ends first.
    """
    row, _is_new = DuplicateSearch.objects.get_or_create(study=study, defaults={"max_distance": STANDARD_DISTANCE})
    DuplicateSearch.objects.filter(pk=row.pk).update(num_attempts=F("num_attempts") + 1)
    progress = _Progress(row, on_progress)
    try:
        numbers = _search(study, row.max_distance, progress, now)
    except CannotSearch as error:
        _finish(row, now, problem=str(error)[:MAX_PROBLEM])
        raise
    except Exception as error:  # whatever it is, people who wait have to know, and it must not be begun for ever
        _finish(row, now, problem=UNFORESEEN.format(kind=type(error).__name__))
        raise
    num_unreadable = candidates.unsigned(study).count()
    _finish(row, now, searched_at=now, num_unreadable=num_unreadable, problem="", **numbers)
    return row


def _search(study: Study, max_distance: int, progress: "_Progress", now: datetime) -> dict[str, int]:
    """Returns how many images were compared, and how many of them through another only."""
    candidates.sign_missing(
        study=study,
        on_progress=lambda report: progress.tell("signing images", report.num_read, report.num_wanted),
    )
    progress.tell("reading signatures", 0, 3)
    pool = comparing.pool_of(study)
    progress.tell("reading signatures", 1, 3)
    originals = comparing.originals_of(study)
    progress.tell("reading signatures", 2, 3)
    references = comparing.references_of(study)
    apart = said_apart(study)
    tell = progress.tell
    alike = comparing.within(pool, apart, max_distance, tell)
    taken = comparing.between(pool, originals, apart.candidates, "comparing with the original", max_distance, tell)
    known = comparing.between(pool, references, apart.references, "comparing with reference images", max_distance, tell)
    tell("measuring the pairs", 0, 1)
    _keep(
        study,
        {"second": measured("second", alike.pairs + taken.pairs), "reference": measured("reference", known.pairs)},
        now,
    )
    return {
        "num_images": sum(len(each.ids) for each in (pool, originals, references)),
        "num_thinned": sum(each.num_thinned for each in (alike, taken, known)),
    }


@transaction.atomic
def _keep(study: Study, found: Mapping[Other, Sequence[Measured]], now: datetime) -> None:
    """Unless a search that began later has ended before: it knows of more."""
    take_turns(study)
    rows = DuplicateSearch.objects.filter(study=study)
    if rows.filter(searched_at__gt=now).exists():
        return
    rows.update(searched_at=now)  # with the pairs, so that a search that ends meanwhile sees both or neither
    keep_pairs(study=study, found=found, now=now)
    resolve(study=study, by=None, now=now)


class _Progress:
    """Writes down how far a search is, so that a page can show it."""

    def __init__(self, row: DuplicateSearch, on_progress: OnProgress | None) -> None:
        self._row, self._on_progress = row, on_progress

    def tell(self, step: str, num_done: int, num_wanted: int) -> None:
        self._row.step, self._row.num_done, self._row.num_wanted = step, num_done, num_wanted
        self._row.save(update_fields=["step", "num_done", "num_wanted"])
        if self._on_progress is not None:
            self._on_progress(self._row)


def _finish(row: DuplicateSearch, now: datetime, **said: object) -> None:
    """What was asked for after this search began is still waited for, and what a later one has said stays."""
    rows = DuplicateSearch.objects.filter(pk=row.pk)
    rows.update(step="", num_done=0, num_wanted=0)
    rows.exclude(searched_at__gt=now).update(**said)
    rows.exclude(requested_at__gt=now).update(requested_at=None, num_attempts=0)
    row.refresh_from_db()


def give_up(*, study: Study, now: datetime) -> bool:
    """Where the search was begun too often without an end, say so and wait for it no more."""
    rows = DuplicateSearch.objects.filter(study=study, requested_at__lte=now, num_attempts__gte=MAX_ATTEMPTS)
    said = {"requested_at": None, "num_attempts": 0, "step": "", "num_done": 0, "num_wanted": 0}
    return bool(rows.update(problem=UNFINISHED, **said))


def due_studies(*, now: datetime) -> QuerySet[Study]:
    """Studies whose search is asked for and was not made."""
    return Study.objects.filter(duplicate_search__requested_at__lte=now - PATIENCE).order_by("pk")


def num_since(study: Study) -> int:
    """How many more images there are than at the last search, or how many less."""
    row = DuplicateSearch.objects.filter(study=study).first()
    num_signed = Candidate.objects.filter(study=study, image__isnull=False).exclude(
        origin=Origin.POOL, exclusion__stage=""
    )
    num_references = ReferenceImage.objects.filter(study=study).count()
    known = row.num_images + row.num_unreadable if row else 0
    return num_signed.count() + num_references - known
