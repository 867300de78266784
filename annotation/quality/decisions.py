"""Decisions about workers: taken by a rule or by a person, reversed by a person, never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from annotation import frequencies, workers
from annotation.errors import InvalidDecision
from annotation.models import (
    Assignment,
    Effect,
    Enrolment,
    RuleSetting,
    Study,
    TargetClass,
    Worker,
    WorkerDecision,
)
from annotation.quality.collected import Collected, collect
from annotation.quality.rules import RULES, Evidence

MAX_REASON = 500


@dataclass(frozen=True)
class Proposal:
    """What a rule, as the study has set it, would decide about a worker, and on what."""

    worker_id: int
    setting: RuleSetting
    evidence: Evidence
    judged_until: datetime


def settings_of(study: Study) -> list[RuleSetting]:
    """How the study uses each rule; where nobody has said, as the rule itself proposes, and by hand."""
    chosen = {row.rule: row for row in study.rule_settings.all()}
    return [
        chosen.get(rule.name)
        or RuleSetting(study=study, rule=rule.name, version=rule.version, threshold=rule.default, effect=rule.effect)
        for rule in RULES.values()
    ]


def set_rule(*, study: Study, rule: str, threshold: float, effect: Effect, is_automatic: bool) -> RuleSetting:
    """Use the rule so from now on; decisions it has taken stay as they are."""
    if rule not in RULES:
        raise InvalidDecision(f"There is no rule {rule!r}; choose one of {', '.join(RULES)}.")
    chosen = {"threshold": RULES[rule].checked(threshold), "effect": effect, "is_automatic": is_automatic}
    row, _is_new = RuleSetting.objects.update_or_create(
        study=study, rule=rule, defaults=chosen | {"version": RULES[rule].version}
    )
    return row


def judge_workers(*, study: Study, now: datetime) -> list[Proposal]:
    """What every rule finds in all that was handed in; nothing is decided by it."""
    return findings(collect(study, until=now), settings_of(study), until=now)


def findings(collected: Collected, settings: Iterable[RuleSetting], *, until: datetime) -> list[Proposal]:
    """By rule, then by worker."""
    return [
        Proposal(int(collected.worker_ids[place]), setting, evidence, until)
        for setting in settings
        for place, evidence in RULES[setting.rule].find(collected, setting.threshold).items()
    ]


def apply_rules(*, study: Study, proposals: Iterable[Proposal], now: datetime) -> list[WorkerDecision]:
    """Decide what the study lets its rules decide, unless it holds, or a person has reversed it: their word stands.

    It does not matter whether it was this rule, another one or a person who had decided it before.

    A rule that has changed since it was let decide only proposes, until somebody has looked at it and saved it again.
    """
    taken = []
    for proposal in proposals:
        setting = proposal.setting
        if setting.is_automatic and setting.version == RULES[setting.rule].version:
            taken += _decide_unless_settled(study=study, proposal=proposal, now=now)
    return taken


@transaction.atomic
def _decide_unless_settled(*, study: Study, proposal: Proposal, now: datetime) -> list[WorkerDecision]:
    """The decision, or none: a review takes a while, and somebody may have decided meanwhile."""
    _take_turns(study)
    of_worker = WorkerDecision.objects.filter(study=study, worker=proposal.worker_id, effect=proposal.setting.effect)
    return [] if of_worker.exists() else [decide_by_rule(study=study, proposal=proposal, now=now)]


def decide_by_rule(*, study: Study, proposal: Proposal, now: datetime) -> WorkerDecision:
    """Take the decision that a rule proposes."""
    setting = proposal.setting
    decision = WorkerDecision(
        study=study,
        worker_id=proposal.worker_id,
        effect=setting.effect,
        rule=setting.rule,
        rule_version=RULES[setting.rule].version,
        threshold=setting.threshold,
        evidence=proposal.evidence,
        judged_until=proposal.judged_until,
        decided_at=now,
    )
    return _take(decision)


def decide(*, study: Study, worker: Worker, effect: Effect, reason: str, by: Any, now: datetime) -> WorkerDecision:
    """A person's decision, for a reason. Who calls asks for a count of `affected_classes` after an exclusion."""
    return _take(
        WorkerDecision(
            study=study, worker=worker, effect=effect, reason=_checked(reason), decided_by=by, decided_at=now
        )
    )


@transaction.atomic
def reverse(*, decision: WorkerDecision, reason: str, by: Any, now: datetime) -> WorkerDecision:
    """Undo it: their judgements count again, or they get grids again. It stays on record, with the reason."""
    words = _checked(reason)
    row = WorkerDecision.objects.select_for_update(of=("self",)).select_related("study", "worker").get(pk=decision.pk)
    if not row.is_active:
        raise InvalidDecision(f"The decision about worker {row.pseudonym} was reversed before.")
    row.reversed_at, row.reversed_by, row.reversal_reason = now, by, words
    row.save(update_fields=["reversed_at", "reversed_by", "reversal_reason"])
    if row.effect == Effect.STOP:
        workers.resume(study=row.study, worker=row.worker)
    _mark_stale(row)
    return row


@transaction.atomic
def _take(decision: WorkerDecision) -> WorkerDecision:
    study = decision.study
    _take_turns(study)
    if not takes_part(study, decision.worker_id):
        raise InvalidDecision("This worker takes no part in the study, so there is nothing to decide about them.")
    same = WorkerDecision.objects.filter(study=study, worker=decision.worker_id, effect=decision.effect)
    if same.active().exists():
        raise InvalidDecision(
            f"“{decision.get_effect_display()}” holds for worker {decision.pseudonym} already; reload the page."
        )
    decision.save(force_insert=True)
    if decision.effect == Effect.STOP:
        workers.stop(study=study, worker=decision.worker, now=decision.decided_at)
    _mark_stale(decision)
    return decision


def _mark_stale(decision: WorkerDecision) -> None:
    if decision.effect == Effect.EXCLUDE:
        frequencies.mark_stale(affected_classes(decision), study=decision.study)


def _take_turns(study: Study) -> None:
    """Who decides about the study's workers at the same time waits until this transaction ends."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _checked(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > MAX_REASON:
        raise InvalidDecision(f"Give a reason of 1 to {MAX_REASON} characters: others will read it after you.")
    return words


def takes_part(study: Study, worker_id: int) -> bool:
    """Whether the worker has joined the study, or handed in something for it."""
    return (
        Enrolment.objects.filter(study=study, worker=worker_id).exists()
        or Assignment.objects.filter(worker=worker_id, hit__batch__study=study).exists()
    )


def excluded_workers(study_id: int) -> set[int]:
    """The ids of the workers whose judgements don't count in the study's frequencies."""
    return WorkerDecision.objects.workers_with(Effect.EXCLUDE, study_id=study_id)


def stopped_workers(study_id: int) -> set[int]:
    """The ids of the workers who get no more grids of the study."""
    return WorkerDecision.objects.workers_with(Effect.STOP, study_id=study_id)


def affected_classes(decision: WorkerDecision) -> QuerySet[TargetClass]:
    """The classes whose frequencies change by an exclusion or its reversal; none by anything else."""
    if decision.effect != Effect.EXCLUDE:
        return TargetClass.objects.none()
    handed_in = Assignment.objects.filter(worker=decision.worker_id, submitted_at__isnull=False)
    return TargetClass.objects.filter(
        study=decision.study_id, pk__in=handed_in.values("hit__grid__target_class")
    ).order_by("number")


def worker_called(study: Study, pseudonym: str) -> Worker | None:
    """Who is meant by the study's name for them, if they take part in it."""
    joined = study.enrolments.values_list("worker_id", flat=True)
    handed_in = Assignment.objects.filter(hit__batch__study=study, submitted_at__isnull=False)
    for ids in (joined, handed_in.order_by().values_list("worker_id", flat=True).distinct()):
        for worker_id in ids:
            if worker_id is not None and Worker.pseudonym_in(study.pk, worker_id) == pseudonym:
                return Worker.objects.get(pk=worker_id)
    return None
