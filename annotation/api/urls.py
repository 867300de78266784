"""/api/v1/: what annotation has to show; config/urls.py joins it with what evaluation has."""

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from annotation.api.batches import BatchViewSet
from annotation.api.duplicates.pairs import DuplicatePairViewSet, DuplicateSearchViewSet
from annotation.api.duplicates.references import ReferenceImageViewSet
from annotation.api.duplicates.survivors import SurvivorChoiceViewSet
from annotation.api.frequencies import FrequencyViewSet, JudgementFilterViewSet
from annotation.api.grids import GridViewSet
from annotation.api.invitations import InvitationViewSet
from annotation.api.pool.bulk_exclusions import BulkExclusionViewSet
from annotation.api.pool.candidates import CandidateViewSet
from annotation.api.pool.collections import CollectionViewSet
from annotation.api.pool.comparisons import PoolComparisonViewSet
from annotation.api.quality.decisions import WorkerDecisionViewSet
from annotation.api.quality.reviews import ReviewViewSet
from annotation.api.studies import StudyViewSet
from annotation.api.target_classes import TargetClassViewSet
from annotation.api.test_sets.exports import ExportViewSet
from annotation.api.test_sets.plans import ChangesViewSet, FeasibilityViewSet
from annotation.api.test_sets.reviews import TestSetReviewViewSet
from annotation.api.test_sets.sets import TestSetViewSet
from annotation.api.tokens import CurrentToken, TokenList
from annotation.api.workforce.launches import LaunchViewSet
from annotation.api.workforce.messages import MessageViewSet
from annotation.api.workforce.notifications import prolific_notifications
from annotation.api.workforce.rejections import RejectionViewSet
from annotation.api.workforce.statements import PlaceViewSet, StatementViewSet

router = SimpleRouter(use_regex_path=False)
router.register("studies", StudyViewSet, "study")
router.register("target-classes", TargetClassViewSet, "target-class")
router.register("collections", CollectionViewSet, "collection")
router.register("candidates", CandidateViewSet, "candidate")
router.register("bulk-exclusions", BulkExclusionViewSet, "bulk-exclusion")
router.register("pool-comparisons", PoolComparisonViewSet, "pool-comparison")
router.register("duplicate-searches", DuplicateSearchViewSet, "duplicate-search")
router.register("duplicate-pairs", DuplicatePairViewSet, "duplicate-pair")
router.register("reference-images", ReferenceImageViewSet, "reference-image")
router.register("survivor-choices", SurvivorChoiceViewSet, "survivor-choice")
router.register("grids", GridViewSet, "grid")
router.register("launches", LaunchViewSet, "launch")
router.register("batches", BatchViewSet, "batch")
router.register("places", PlaceViewSet, "place")
router.register("rejections", RejectionViewSet, "rejection")
router.register("messages", MessageViewSet, "message")
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
    path("batches/<int:pk>/statement/", StatementViewSet.as_view({"get": "retrieve"}), name="batch-statement"),
    *router.urls,
]

# The platforms' entrance: they sign what they send, and have no account.
platform_urlpatterns: list[URLPattern | URLResolver] = [
    path("prolific/notifications/", prolific_notifications, name="prolific-notifications"),
]
