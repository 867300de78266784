from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.study import Study, TargetClass
from annotation.models.worker import Worker


class Effect(models.TextChoices):
    """What a decision about a worker does in its study."""

    EXCLUDE = "exclude", "exclude from frequencies"
    STOP = "stop", "stop serving"


class RuleSetting(models.Model):
    """How a study uses a rule; a study without a row uses the rule's own threshold, and decides by hand."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="rule_settings")
    rule = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(help_text="Of the rule, when the threshold was chosen.")
    threshold = models.FloatField()
    effect = models.CharField(max_length=10, choices=Effect.choices)
    is_automatic = models.BooleanField(default=False, help_text="Whether it decides by itself at each review.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id", "rule"]
        constraints = [models.UniqueConstraint(fields=["study", "rule"], name="rule_set_once_per_study")]

    def __str__(self) -> str:
        return f"{self.rule} {self.version} at {self.threshold}"


class WorkerDecisionQuerySet(StudyOwnedQuerySet):
    def active(self) -> "WorkerDecisionQuerySet":
        """Those that nobody has reversed."""
        return self.filter(reversed_at__isnull=True)

    def workers_with(self, effect: Effect, *, study_id: int) -> set[int]:
        """Ids of the workers of a study for whom this holds."""
        rows = self.active().filter(study=study_id, effect=effect)
        return set(rows.values_list("worker_id", flat=True))


class WorkerDecision(models.Model):
    """That a worker's judgements don't count in a study, or that they get no more grids; why, and by whom.

    Taken by a rule, on evidence that can be computed again, or by a person for a reason. Never deleted: a
    reversal is written beside it.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="worker_decisions")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="decisions")
    effect = models.CharField(max_length=10, choices=Effect.choices)
    rule = models.CharField(max_length=40, blank=True, help_text="Empty where a person decided.")
    rule_version = models.PositiveSmallIntegerField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    evidence = models.JSONField(default=dict, blank=True, help_text="The numbers the rule found.")
    judged_until = models.DateTimeField(null=True, blank=True, help_text="The rule looked at what was in by then.")
    reason = models.CharField(max_length=500, blank=True, help_text="In the words of the person who decided.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversal_reason = models.CharField(max_length=500, blank=True)

    objects = WorkerDecisionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "worker", "effect"],
                condition=Q(reversed_at__isnull=True),
                name="one_active_decision_per_worker_and_effect",
            ),
            models.CheckConstraint(
                condition=Q(rule="", rule_version=None, threshold=None, judged_until=None) & ~Q(reason="")
                | ~Q(rule="") & Q(rule_version__isnull=False, threshold__isnull=False, judged_until__isnull=False),
                name="a_decision_has_a_rule_or_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(reversed_at=None, reversed_by=None, reversal_reason="")
                | Q(reversed_at__isnull=False) & ~Q(reversal_reason=""),
                name="a_reversal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_effect_display()}: {self.pseudonym}"

    @property
    def is_active(self) -> bool:
        return self.reversed_at is None

    @property
    def pseudonym(self) -> str:
        """What the study calls the worker."""
        return Worker.pseudonym_in(self.study_id, self.worker_id)


class KeptAway(models.Model):
    """What a worker's platform was last told of their being stopped in a study; one row a worker and study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="kept_away")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="kept_away")
    is_away = models.BooleanField(help_text="What it was told: whether to keep the worker from the study's postings.")
    refusal = models.TextField(blank=True, help_text="Why it said no; then it is as it was before.")
    at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "kept away"
        constraints = [models.UniqueConstraint(fields=["study", "worker"], name="kept_away_once_per_worker")]

    def __str__(self) -> str:
        return f"{self.pseudonym}: {'kept away' if self.is_away else 'may come'}"

    @property
    def pseudonym(self) -> str:
        """What the study calls the worker."""
        return Worker.pseudonym_in(self.study_id, self.worker_id)


class QualityReview(models.Model):
    """The workers and judgements of a study as they were at a time; asked for by a person, made by the queue."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="quality_review")
    content = models.JSONField(null=True, blank=True, help_text="Empty until the first review is done.")
    num_assignments = models.PositiveIntegerField(default=0, help_text="Handed in when it was made.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True, help_text="Empty while nobody waits for the next one.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["study_id"]

    def __str__(self) -> str:
        return f"review of study {self.study_id}"


class ClassPosterior(models.Model):
    """For each measured candidate of a class, how probable it is by a model of annotation that it shows the class.

    Beside the selection frequency, never in its place; made anew with each review.
    """

    study_path = "target_class__study"

    target_class = models.OneToOneField(TargetClass, on_delete=models.CASCADE, related_name="posterior")
    candidate_ids = ArrayField(models.BigIntegerField(), help_text="Ascending.")
    probabilities = ArrayField(models.FloatField(), help_text="In the order of the candidates.")

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["target_class_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(candidate_ids__len=models.F("probabilities__len")), name="a_probability_per_candidate"
            ),
        ]

    def __str__(self) -> str:
        return f"posterior of class {self.target_class_id}"
