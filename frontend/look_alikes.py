"""Pairs of images as a person reads them: what each is, and how alike the two are, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.duplicates import Component
from annotation.models import Candidate, DuplicateDecision, DuplicatePair, Exclusion, Origin, ReferenceImage

NEARLY, VERY, SOMEWHAT = 0.02, 0.1, 0.25
NUM_BITS = 64


@dataclass(frozen=True)
class Side:
    """One of the two images; neither its frequency nor what classifiers say of it."""

    name: str
    kind: str
    class_name: str
    source: str
    candidate_id: int | None = None
    is_here: bool = True
    reference_id: int | None = None
    exclusion: str = ""

    @property
    def has_grey(self) -> bool:
        return self.reference_id is not None and self.is_here


@dataclass(frozen=True)
class Distance:
    name: str
    value: str
    words: str


@dataclass(frozen=True)
class Shown:
    """A pair with its two sides, its distances and what was said of it."""

    pair: DuplicatePair
    sides: tuple[Side, Side]
    distances: list[Distance]
    decision: DuplicateDecision | None

    @property
    def likeness(self) -> str:
        return likeness(self.pair)


def likeness(pair: DuplicatePair) -> str:
    """The first impression of the numbers; who looks may find otherwise."""
    copy = f", if one is {pair.copy}" if pair.copy else ""
    apart = pair.structural_distance
    if apart is None:
        return f"Only the hashes can be compared{copy}"
    for bound, words in ((NEARLY, "Nearly the same"), (VERY, "Very alike"), (SOMEWHAT, "Alike in parts")):
        if apart < bound:
            return f"{words}{copy}"
    return f"Little alike but for the coarse shapes{copy}"


def shown(pair: DuplicatePair, decision: DuplicateDecision | None) -> Shown:
    second = _candidate(pair.second) if pair.second is not None else _reference(pair.reference)
    return Shown(pair, (_candidate(pair.first), second), list(_distances(pair)), decision)


def _candidate(row: Candidate) -> Side:
    held: Exclusion | None = getattr(row, "exclusion", None)
    return Side(
        name=f"Candidate {row.pk}",
        kind="of the original test set" if row.origin == Origin.ORIGINAL else "of the pool",
        class_name=row.target_class.name,
        source=row.source,
        candidate_id=row.pk,
        is_here=row.image_id is not None,
        exclusion=held.get_reason_display() if held is not None else "",
    )


def _reference(row: ReferenceImage | None) -> Side:
    assert row is not None  # the database holds that a pair has one other
    return Side(
        name="Reference image",
        kind="not to be in the new test set" + (f", from {row.folder}" if row.folder else ""),
        class_name="",
        source=row.name,
        is_here=row.grey is not None,
        reference_id=row.pk,
    )


def _distances(pair: DuplicatePair) -> Iterable[Distance]:
    yield Distance("Hashes", str(pair.hamming), f"of {NUM_BITS} bits differ")
    if pair.pixel_distance is not None:
        yield Distance("Pixels", f"{pair.pixel_distance:.3f}", "0 is the same picture, 1 black beside white")
    if pair.structural_distance is not None:
        yield Distance("Structure", f"{pair.structural_distance:.3f}", "0 is the same, 0.5 are unrelated pictures")
    if pair.embedding_distance is not None:
        words = f"by the features of {pair.embedded_by}: 0 is the same, 1 unrelated"
        yield Distance("Embedding", f"{pair.embedding_distance:.3f}", words)


@dataclass(frozen=True)
class Member:
    """An image of a group of duplicates."""

    side: Side
    stays: bool
    can_stay: bool


@dataclass(frozen=True)
class Group:
    """A group of duplicates with what becomes of each image."""

    component: Component
    members: list[Member]

    @property
    def outcome(self) -> str:
        if self.component.touches_reference:
            return "All of the pool are out: one shows an image of the original or a reference image."
        if self.component.survivor is None:
            return "None stays: all are excluded for other reasons."
        return "Chosen by a person." if self.component.is_chosen else "Chosen by the rule."


def groups_of(components: Iterable[Component]) -> list[Group]:
    listed = list(components)
    ids = {pk for each in listed for pk in (*each.pool, *each.originals)}
    found = Candidate.objects.select_related("target_class", "exclusion").in_bulk(ids)
    references = ReferenceImage.objects.in_bulk({pk for each in listed for pk in each.references})
    return [_group(each, found, references) for each in listed]


def _group(component: Component, found: dict[int, Candidate], references: dict[int, ReferenceImage]) -> Group:
    members = [
        Member(
            _candidate(found[pk]),
            stays=pk == component.survivor,
            can_stay=pk in component.eligible and not component.touches_reference and pk != component.survivor,
        )
        for pk in component.pool
    ]
    others = [_candidate(found[pk]) for pk in component.originals]
    others += [_reference(references[pk]) for pk in component.references]
    return Group(component, members + [Member(side, stays=False, can_stay=False) for side in others])
