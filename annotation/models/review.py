from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from annotation.models.base import StudyOwnedQuerySet
from annotation.models.pool.candidate import Candidate
from annotation.models.study import Study, TargetClass
from annotation.models.testset import TestSet

MAX_NOTE = 500


class TestSetReviewQuerySet(StudyOwnedQuerySet):
    def reviewable_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those that this person may take part in: of studies that they run, or are asked to review for."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        mine = Study.objects.filter(Q(researchers=user.pk) | Q(reviewers=user.pk)).values("pk")
        return self.filter(test_set__study__in=mine)

    def going_on(self) -> Self:
        """Those of revisions that may still change: not frozen, and not followed by another round."""
        return self.filter(test_set__frozen_at__isnull=True, next_round__isnull=True)


class TestSetReview(models.Model):
    """A round of review: people look at every image of one revision, without hearing each other."""

    __test__ = False  # not a pytest class
    study_path = "test_set__study"

    test_set = models.OneToOneField(TestSet, on_delete=models.CASCADE, related_name="review")
    follows = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="next_round",
        help_text="The round before, of an earlier revision: "
        "what was said there of images that stayed in the set is said here too.",
    )
    num_reviewers = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1)], help_text="How many people look at each class."
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = TestSetReviewQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(num_reviewers__gte=1), name="a_review_needs_a_reviewer"),
        ]

    def __str__(self) -> str:
        return f"review of {self.test_set.citation}"

    @property
    def number(self) -> int:
        """Which round it is, from 1."""
        return 1 if self.follows is None else self.follows.number + 1


class ClassReviewQuerySet(StudyOwnedQuerySet):
    def finished(self) -> Self:
        """Those that count: marked reviewed or problematic."""
        return self.exclude(state=ClassReview.State.UNREVIEWED)


class ClassReview(models.Model):
    """What one person says about a class; made by their first word about it."""

    class State(models.TextChoices):
        UNREVIEWED = "unreviewed", "unreviewed"
        REVIEWED = "reviewed", "reviewed"
        PROBLEMATIC = "problematic", "problematic"

    study_path = "review__test_set__study"

    review = models.ForeignKey(TestSetReview, on_delete=models.CASCADE, related_name="class_reviews")
    target_class = models.ForeignKey(TargetClass, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.UNREVIEWED)
    note = models.CharField(max_length=MAX_NOTE, blank=True, help_text="What is the problem with the class.")
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ClassReviewQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "target_class", "reviewer"], name="a_person_reviews_a_class_once_per_round"
            ),
            models.CheckConstraint(
                condition=Q(state="unreviewed", finished_at__isnull=True)
                | ~Q(state="unreviewed") & Q(finished_at__isnull=False),
                name="a_finished_class_review_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="problematic", note=""), name="a_problem_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.target_class_id}: {self.get_state_display()}"

    @property
    def is_finished(self) -> bool:
        return self.state != self.State.UNREVIEWED


class Verdict(models.Model):
    """That a person would exclude an image, and why; who has no verdict about an image keeps it."""

    class Reason(models.TextChoices):
        """Each of them is a reason of `Exclusion` too."""

        WRONG_CLASS = "wrong_class", "wrong class"
        UNCLEAR = "unclear", "unclear"
        DRAWING = "drawing", "drawing"
        COMPOSITE = "composite", "composite"
        DUPLICATE = "duplicate", "duplicate"
        OFFENSIVE = "offensive", "offensive"
        ROTATED = "rotated", "rotated"
        OTHER = "other", "other"

    study_path = "candidate__study"

    class_review = models.ForeignKey(ClassReview, on_delete=models.CASCADE, related_name="verdicts")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    given_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["class_review", "candidate"], name="one_verdict_per_person_and_image"),
            models.CheckConstraint(condition=~Q(reason="other", note=""), name="another_reason_is_named"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id}: {self.get_reason_display()}"


class Resolution(models.Model):
    """What a third person says about an image that some of its reviewers exclude and others keep."""

    study_path = "candidate__study"

    review = models.ForeignKey(TestSetReview, on_delete=models.CASCADE, related_name="resolutions")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="+")
    is_excluded = models.BooleanField()
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField()

    objects = StudyOwnedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "candidate"], name="a_conflict_is_resolved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id}: {'excluded' if self.is_excluded else 'kept'}"
