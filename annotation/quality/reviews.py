"""Reviews: all of a study's judgements looked at, at a time; kept, because it takes seconds where they are many."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet

from annotation.models import (
    Assignment,
    Candidate,
    ClassPosterior,
    QualityReview,
    RuleSetting,
    Study,
    Worker,
    WorkerDecision,
)
from annotation.quality import figures
from annotation.quality.collected import collect
from annotation.quality.decisions import Proposal, apply_rules, excluded_workers, findings, settings_of
from annotation.quality.rules import RULES, public

PATIENCE = timedelta(minutes=1)  # a request this old has lost its message
REST = timedelta(minutes=10)  # between two reviews that rules ask for by themselves


def request(*, study: Study, now: datetime) -> None:
    """Note that somebody waits for a review; the queue makes it, and a sweep finds it where the message was lost."""
    QualityReview.objects.update_or_create(study=study, defaults={"requested_at": now})


def review(*, study: Study, now: datetime) -> list[WorkerDecision]:
    """Look at all that was handed in, let the rules decide that may, and keep what was found.

    Returns the decisions that rules have taken; who calls asks for a count of their `affected_classes`.
    """
    collected = collect(study, until=now)
    proposals = findings(collected, settings_of(study), until=now)
    taken = apply_rules(study=study, proposals=proposals, now=now)
    is_excluded = np.isin(collected.worker_ids, sorted(excluded_workers(study.pk)))
    model = figures.fitted(collected, is_excluded)
    overall, classes = figures.of_classes(collected, is_excluded, seed=study.seed)
    workers = figures.of_workers(collected, is_excluded, model)
    flags = _flags(proposals)
    content = {
        "overall": overall,
        "classes": classes,
        "workers": [worker | {"flags": flags.get(worker["worker_id"], [])} for worker in workers],
        "hits": figures.of_hits(collected, is_excluded),
        "candidates": figures.of_candidates(collected, is_excluded, model),
        "num_judgements": int(collected.counted.sum()),
        "num_candidates": int(np.count_nonzero(collected.counts[1])),
        "model": model and {"prevalence": model.prevalence, "num_iterations": model.num_iterations},
    }
    rows = figures.posteriors(collected, model) if model else {}
    _keep(study, content, rows, num_assignments=collected.num_assignments, now=now)
    return taken


def _flags(proposals: Iterable[Proposal]) -> dict[int, list[dict[str, Any]]]:
    """What was found about each worker, by worker id."""
    flags: dict[int, list[dict[str, Any]]] = {}
    for proposal in proposals:
        setting = proposal.setting
        flags.setdefault(proposal.worker_id, []).append(
            {
                "rule": setting.rule,
                "version": RULES[setting.rule].version,
                "threshold": setting.threshold,
                "effect": setting.effect,
                "evidence": proposal.evidence,
            }
        )
    return flags


@transaction.atomic
def _keep(
    study: Study,
    content: dict[str, Any],
    posteriors: dict[int, tuple[list[int], list[float]]],
    *,
    num_assignments: int,
    now: datetime,
) -> None:
    kept = {"content": content, "num_assignments": num_assignments, "reviewed_at": now}
    row, _is_new = QualityReview.objects.select_for_update().get_or_create(study=study)
    if row.reviewed_at is not None and row.reviewed_at > now:
        return  # another was begun later and is done
    QualityReview.objects.filter(pk=row.pk).update(**kept)
    QualityReview.objects.filter(pk=row.pk, requested_at__lte=now).update(requested_at=None)
    ClassPosterior.objects.filter(target_class__study=study).exclude(target_class__in=list(posteriors)).delete()
    ClassPosterior.objects.bulk_create(
        [
            ClassPosterior(target_class_id=pk, candidate_ids=ids, probabilities=values)
            for pk, (ids, values) in posteriors.items()
        ],
        update_conflicts=True,
        unique_fields=["target_class"],
        update_fields=["candidate_ids", "probabilities"],
    )


def published(review: QualityReview) -> dict[str, Any] | None:
    """What a review has found, as it may leave the server: workers by the study's names for them."""
    if review.content is None:
        return None
    workers = [
        {"worker": Worker.pseudonym_in(review.study_id, row["worker_id"])}
        | {name: value for name, value in row.items() if name != "worker_id"}
        | {"flags": [flag | {"evidence": public(review.study_id, flag["evidence"])} for flag in row["flags"]]}
        for row in review.content["workers"]
    ]
    return dict(review.content) | {"workers": workers}


def due_studies(*, now: datetime) -> QuerySet[Study]:
    """Studies whose review is asked for and was not made, or whose rules decide by themselves and have new work."""
    is_forgotten = Q(quality_review__requested_at__lte=now - PATIENCE)
    has_rules = Q(pk__in=RuleSetting.objects.filter(is_automatic=True).values("study"))
    has_rested = Q(quality_review__isnull=True) | Q(quality_review__reviewed_at__lte=now - REST)
    due = Study.objects.filter(is_forgotten | has_rules & has_rested)
    stale = [study.pk for study in due.filter(has_rules) if num_since(study) != 0]
    return due.filter(is_forgotten | Q(pk__in=stale)).order_by("pk")


def num_since(study: Study) -> int:
    """How many assignments have come in since the last review."""
    kept = QualityReview.objects.filter(study=study).values_list("num_assignments", flat=True).first()
    handed_in = Assignment.objects.filter(hit__batch__study=study, submitted_at__isnull=False)
    return handed_in.count() - (kept or 0)


def posterior_of(candidate_ids: Iterable[int]) -> dict[int, float]:
    """By the last review, how probable each of these candidates is to show its class; without those it doesn't know."""
    wanted = set(candidate_ids)
    classes = Candidate.objects.filter(pk__in=wanted).values("target_class")
    rows = ClassPosterior.objects.filter(target_class__in=classes)  # no join: a class comes once, its arrays unsorted
    return {
        pk: value
        for row in rows
        for pk, value in zip(row.candidate_ids, row.probabilities, strict=True)
        if pk in wanted
    }
