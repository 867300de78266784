"""Which judgements of a table are taken: of a candidate that is there or can be made, clear, and not taken before."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.errors import RefusedJudgement
from annotation.judgements import recorded
from annotation.judgements.columns import ORIGINS, Table
from annotation.judgements.matching import Known, Matcher, Wanted
from annotation.judgements.report import Import
from annotation.models import IMPORTED, Worker

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
NUM_CLASSES = 1 << 20  # more than a table may have


class Judged(NamedTuple):
    """One entry per judgement; `worker` and `place` are numbers in lists of workers and candidates."""

    worker: IntArray
    place: IntArray
    selected: BoolArray
    time: IntArray
    line: IntArray

    def where(self, chosen: BoolArray | IntArray) -> "Judged":
        return Judged(
            self.worker[chosen], self.place[chosen], self.selected[chosen], self.time[chosen], self.line[chosen]
        )


def choose(table: Table, this: Import) -> tuple[Judged, list[Known | Wanted]]:
    """The judgements to be taken, by worker and candidate, and these candidates."""
    place, places = _places(table, this)
    is_selected = np.array(table.is_selected, dtype=np.bool_)[table.label]
    judged = Judged(table.worker.astype(np.int64), place, is_selected, table.time, table.line).where(place >= 0)
    return _not_yet_recorded(_once(judged, this), places, table, this), places


def _places(table: Table, this: Import) -> tuple[IntArray, list[Known | Wanted]]:
    """The number of each row's candidate, -1 for those refused; and the candidates."""
    how = this.how
    matcher = Matcher(
        this.study,
        table.images.texts,
        create_candidates=how.create_candidates,
        create_classes=how.create_classes,
    )
    asked = (table.image.astype(np.int64) * NUM_CLASSES + table.target_class + 1) * len(ORIGINS) + table.origin
    questions, question = np.unique(asked, return_inverse=True)
    places: dict[Known | Wanted, int] = {}
    place_of = np.full(len(questions), -1, dtype=np.int64)
    reasons: dict[int, str] = {}
    for number, code in enumerate(questions.tolist()):
        rest, origin = divmod(code, len(ORIGINS))
        image, target_class = divmod(rest, NUM_CLASSES)
        class_text = table.classes.texts[target_class - 1] if target_class else None
        try:
            found = matcher.find(table.images.texts[image], class_text, ORIGINS[origin])
            place_of[number] = places.setdefault(found, len(places))
        except RefusedJudgement as error:
            reasons[number] = str(error)
    place = place_of[question]
    for row in np.flatnonzero(place < 0).tolist():
        this.refuse(int(table.line[row]), reasons[int(question[row])])
    return place, list(places)


def _once(judged: Judged, this: Import) -> Judged:
    """One judgement per worker and candidate, in this order; where a table contradicts itself, none."""
    if not len(judged.line):
        return judged
    ordered = judged.where(np.lexsort((judged.line, judged.place, judged.worker)))
    is_first = np.ones(len(ordered.line), dtype=np.bool_)
    is_first[1:] = (ordered.worker[1:] != ordered.worker[:-1]) | (ordered.place[1:] != ordered.place[:-1])
    first = np.flatnonzero(is_first)
    size = np.diff(first, append=len(is_first))
    num_selected = np.add.reduceat(ordered.selected.astype(np.int64), first)
    is_clear = (num_selected == 0) | (num_selected == size)
    for start, length in zip(first[~is_clear].tolist(), size[~is_clear].tolist(), strict=True):
        _refuse_contradiction(ordered.where(np.arange(start, start + length)), this)
    this.report.num_repeated = int((size[is_clear] - 1).sum())
    return ordered.where(first[is_clear])


def _refuse_contradiction(rows: Judged, this: Import) -> None:
    first = {answer: int(rows.line[rows.selected == answer][0]) for answer in (False, True)}
    for line, selected in zip(rows.line.tolist(), rows.selected.tolist(), strict=True):
        other = first[not selected]
        this.refuse(line, f"Line {other} says the opposite of the same worker, image and class; neither is taken.")


def _not_yet_recorded(judged: Judged, places: list[Known | Wanted], table: Table, this: Import) -> Judged:
    """Without those that earlier imports have taken; what contradicts one of them is refused."""
    keys, selected = _recorded(places, table, this)
    if not len(keys) or not len(judged.line):
        return judged
    mine = judged.worker * len(places) + judged.place
    index = np.searchsorted(keys, mine).clip(max=len(keys) - 1)
    is_known = keys[index] == mine
    contradicts = is_known & (selected[index] != judged.selected)
    for line in judged.line[contradicts].tolist():
        this.refuse(line, "An earlier import says the opposite of the same worker, image and class; the first counts.")
    this.report.num_existing = int(is_known.sum() - contradicts.sum())
    return judged.where(~is_known)


def _recorded(places: list[Known | Wanted], table: Table, this: Import) -> tuple[IntArray, BoolArray]:
    """Earlier judgements of this table's workers and candidates as worker × candidate, ascending; and their answers."""
    earlier = recorded.judgements(this.study)
    numbers = {this.how.external_id(text): number for number, text in enumerate(table.workers.texts)}
    known = Worker.objects.filter(platform=IMPORTED, pk__in=np.unique(earlier.worker).tolist())
    worker_of = {pk: numbers.get(external_id, -1) for pk, external_id in known.values_list("pk", "external_id")}
    place_of = {place.pk: number for number, place in enumerate(places) if isinstance(place, Known)}
    worker, place = _translated(earlier.worker, worker_of), _translated(earlier.candidate, place_of)
    is_asked = (worker >= 0) & (place >= 0)
    keys = worker[is_asked] * len(places) + place[is_asked]
    order = np.argsort(keys)
    return keys[order], earlier.selected[is_asked][order]


def _translated(values: IntArray, numbers: dict[int, int]) -> IntArray:
    """The number of each value, -1 where it has none."""
    distinct, inverse = np.unique(values, return_inverse=True)
    return np.array([numbers.get(value, -1) for value in distinct.tolist()], dtype=np.int64)[inverse]
