"""/api/v1/: what annotation has to show; config/urls.py joins it with what evaluation has."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from annotation.api.batches import BatchViewSet
from annotation.api.candidates import CandidateViewSet
from annotation.api.duplicates.pairs import DuplicatePairViewSet, DuplicateSearchViewSet
from annotation.api.duplicates.references import ReferenceImageViewSet
from annotation.api.duplicates.survivors import SurvivorChoiceViewSet
from annotation.api.frequencies import FrequencyViewSet, JudgementFilterViewSet
from annotation.api.grids import GridViewSet
from annotation.api.invitations import InvitationViewSet
from annotation.api.quality.decisions import WorkerDecisionViewSet
from annotation.api.quality.reviews import ReviewViewSet
from annotation.api.studies import StudyViewSet
from annotation.api.target_classes import TargetClassViewSet
from annotation.api.test_sets.exports import ExportViewSet
from annotation.api.test_sets.plans import ChangesViewSet, FeasibilityViewSet
from annotation.api.test_sets.reviews import TestSetReviewViewSet
from annotation.api.test_sets.sets import TestSetViewSet
from annotation.api.tokens import CurrentToken, TokenList

router = SimpleRouter(use_regex_path=False)
router.register("studies", StudyViewSet, "study")
router.register("target-classes", TargetClassViewSet, "target-class")
router.register("candidates", CandidateViewSet, "candidate")
router.register("duplicate-searches", DuplicateSearchViewSet, "duplicate-search")
router.register("duplicate-pairs", DuplicatePairViewSet, "duplicate-pair")
router.register("reference-images", ReferenceImageViewSet, "reference-image")
router.register("survivor-choices", SurvivorChoiceViewSet, "survivor-choice")
router.register("grids", GridViewSet, "grid")
router.register("batches", BatchViewSet, "batch")
router.register("invitations", InvitationViewSet, "invitation")
router.register("worker-decisions", WorkerDecisionViewSet, "worker-decision")
router.register("reviews", ReviewViewSet, "review")
router.register("frequencies", FrequencyViewSet, "frequency")
router.register("judgement-filters", JudgementFilterViewSet, "judgement-filter")
router.register("test-sets", TestSetViewSet, "test-set")
router.register("test-set-plans", FeasibilityViewSet, "test-set-plan")
router.register("test-set-changes", ChangesViewSet, "test-set-changes")
router.register("test-set-reviews", TestSetReviewViewSet, "test-set-review")
router.register("exports", ExportViewSet, "export")

urlpatterns: list[URLPattern | URLResolver] = [
    path("tokens/", TokenList.as_view(), name="token-list"),
    path("tokens/current/", CurrentToken.as_view(), name="token-current"),
    *router.urls,
]
