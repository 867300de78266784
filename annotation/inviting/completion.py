"""Completion codes: what a worker shows for what they have done, which nobody can make up.

A code names the worker as the study does and how many grids they have handed in, with a proof over both and the study.
Nothing is stored: it is made when it is shown, and computed again when it is checked.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils.crypto import constant_time_compare, salted_hmac

from annotation.models import Assignment, Study, Worker
from annotation.models.worker import PSEUDONYM_LENGTH

PROOF_LENGTH = 10
"""Signs of five bits each."""
CODE = re.compile(rf"([a-z2-7]{{{PSEUDONYM_LENGTH}}})-(\d{{1,6}})-([a-z2-7]{{{PROOF_LENGTH}}})")


@dataclass(frozen=True)
class Checked:
    """One line that was pasted in: of whom, for how many grids; or why it proves nothing."""

    line: int
    text: str
    is_valid: bool
    pseudonym: str = ""
    num_done: int = 0
    num_now: int = 0
    """Handed in by now; more than the code says where they went on."""
    why: str = ""


def code_of(*, study_id: int, worker_id: int, num_done: int) -> str:
    return f"{Worker.pseudonym_in(study_id, worker_id)}-{num_done}-{_proof(study_id, worker_id, num_done)}"


def check(*, study: Study, pasted: str) -> list[Checked]:
    """Each line that holds something: valid or not, whose, how many grids."""
    lines = [(number, line.strip()) for number, line in enumerate(pasted.splitlines(), 1) if line.strip()]
    workers = {
        Worker.pseudonym_in(study.pk, worker_id): worker_id
        for worker_id in study.enrolments.order_by().values_list("worker", flat=True)
    }
    found: list[Checked] = []
    first: dict[str, int] = {}
    for number, line in lines:
        one = _checked(study, workers, number, line)
        if one.is_valid and one.pseudonym in first:
            why = f"The same worker's code is on line {first[one.pseudonym]} too; each code counts all grids so far."
            one = Checked(number, one.text, True, one.pseudonym, one.num_done, one.num_now, why)
        elif one.is_valid:
            first[one.pseudonym] = number
        found.append(one)
    nums_now = _nums_done(study, [workers[each.pseudonym] for each in found if each.is_valid])
    return [
        Checked(**vars(each) | {"num_now": nums_now.get(workers[each.pseudonym], 0)}) if each.is_valid else each
        for each in found
    ]


def _checked(study: Study, workers: dict[str, int], number: int, line: str) -> Checked:
    text = line[:80]
    parts = CODE.fullmatch(line.lower().replace(" ", ""))
    if parts is None:
        return Checked(number, text, False, why="This is no completion code; perhaps a part of it is missing.")
    pseudonym, count, proof = parts[1], int(parts[2]), parts[3]
    worker_id = workers.get(pseudonym)
    if worker_id is None or not constant_time_compare(proof, _proof(study.pk, worker_id, count)):
        return Checked(number, text, False, why="It was not made by this study for this worker and this number.")
    return Checked(number, text, True, pseudonym, count)


def _nums_done(study: Study, worker_ids: Iterable[int]) -> dict[int, int]:
    done = Assignment.objects.filter(worker__in=set(worker_ids), submitted_at__isnull=False, hit__batch__study=study)
    return dict(done.order_by().values_list("worker").annotate(Count("pk")))


def _proof(study_id: int, worker_id: int, num_done: int) -> str:
    value = f"{study_id}:{worker_id}:{num_done}"
    digest = salted_hmac("annotation.completion", value, algorithm="sha256").digest()
    return base64.b32encode(digest).decode().lower()[:PROOF_LENGTH]
