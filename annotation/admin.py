"""Everything can be looked at here and nothing changed: each table has its one writer, and it is not the admin."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from annotation import models


class ReadOnlyAdmin(admin.ModelAdmin):
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.Study)
class StudyAdmin(ReadOnlyAdmin):
    list_display = ["slug", "name", "contact", "seed", "created_at"]
    search_fields = ["slug", "name"]


@admin.register(models.TargetClass)
class TargetClassAdmin(ReadOnlyAdmin):
    list_display = ["class_id", "name", "number", "study_id"]
    list_filter = ["study"]
    search_fields = ["class_id", "name"]


@admin.register(models.Image)
class ImageAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "format", "width", "height", "num_bytes", "created_at"]
    list_filter = ["format"]
    search_fields = ["=sha256", "=pixel_sha256"]


@admin.register(models.ImageSignature)
class ImageSignatureAdmin(ReadOnlyAdmin):
    list_display = ["image_id", "hash"]
    search_fields = ["=image__sha256"]


@admin.register(models.Candidate)
class CandidateAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "target_class_id", "image_id", "origin", "source"]
    list_filter = ["study", "origin"]
    search_fields = ["=id", "=image__sha256", "source"]
    list_select_related = False


@admin.register(models.Exclusion)
class ExclusionAdmin(ReadOnlyAdmin):
    list_display = ["candidate_id", "reason", "stage", "excluded_by_id", "excluded_at"]
    list_filter = ["reason", "stage", "candidate__study"]
    search_fields = ["=candidate__id", "=candidate__image__sha256"]


@admin.register(models.TakeDown)
class TakeDownAdmin(ReadOnlyAdmin):
    list_display = ["id", "sha256", "ground", "note", "taken_down_by_id", "taken_down_at"]
    list_filter = ["ground"]
    search_fields = ["=sha256", "note"]


@admin.register(models.ReplacedExclusion)
class ReplacedExclusionAdmin(ReadOnlyAdmin):
    list_display = ["candidate_id", "reason", "stage", "excluded_by_id", "excluded_at", "replaced_by_id", "replaced_at"]
    list_filter = ["reason", "candidate__study"]
    search_fields = ["=candidate__id"]


@admin.register(models.ClassCorrection)
class ClassCorrectionAdmin(ReadOnlyAdmin):
    list_display = ["target_class_id", "before", "after", "corrected_by_id", "corrected_at"]
    list_filter = ["target_class__study"]
    search_fields = ["=target_class__class_id"]


@admin.register(models.Grid)
class GridAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "target_class_id", "number", "num_positions", "created_at"]
    list_filter = ["study"]
    search_fields = ["=id", "=target_class__class_id"]


@admin.register(models.Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "platform", "is_simulated", "launched_at", "expired_at", "imported_from"]
    list_filter = ["study", "platform", "is_simulated"]


@admin.register(models.HIT)
class HITAdmin(ReadOnlyAdmin):
    list_display = ["id", "batch_id", "grid_id"]
    list_filter = ["batch__study"]
    search_fields = ["=id", "=grid__id"]


@admin.register(models.Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["id", "platform", "external_id", "is_simulated", "created_at"]
    list_filter = ["platform", "is_simulated"]
    search_fields = ["=id", "=external_id"]


@admin.register(models.Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["name", "study_id", "platform", "is_simulated", "max_workers", "expires_at", "withdrawn_at"]
    list_filter = ["study", "platform", "is_simulated"]
    search_fields = ["name"]


@admin.register(models.Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "worker_id", "invitation_id", "consented_at", "practised_at"]
    list_filter = ["study"]
    search_fields = ["=id", "=worker__id"]


@admin.register(models.Example)
class ExampleAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "target_class_id", "image_id", "shows_class", "caption"]
    list_filter = ["study", "shows_class"]
    search_fields = ["=id", "=target_class__class_id", "caption"]


@admin.register(models.Complaint)
class ComplaintAdmin(ReadOnlyAdmin):
    list_display = ["id", "candidate_id", "worker_id", "reason", "filed_at", "settled_at", "is_upheld"]
    list_filter = ["candidate__study", "reason", "is_upheld"]
    search_fields = ["=candidate__id", "=worker__id"]


@admin.register(models.RuleSetting)
class RuleSettingAdmin(ReadOnlyAdmin):
    list_display = ["study_id", "rule", "version", "threshold", "effect", "is_automatic"]
    list_filter = ["study", "rule", "is_automatic"]


@admin.register(models.WorkerDecision)
class WorkerDecisionAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "worker_id", "effect", "rule", "reason", "decided_at", "reversed_at"]
    list_filter = ["study", "effect", "rule", ("reversed_at", admin.EmptyFieldListFilter)]
    search_fields = ["=worker__id"]


@admin.register(models.KeptAway)
class KeptAwayAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "worker_id", "is_away", "refusal", "at"]


@admin.register(models.QualityReview)
class QualityReviewAdmin(ReadOnlyAdmin):
    list_display = ["study_id", "num_assignments", "reviewed_at", "requested_at"]


@admin.register(models.ClassPosterior)
class ClassPosteriorAdmin(ReadOnlyAdmin):
    list_display = ["target_class_id"]
    list_filter = ["target_class__study"]


@admin.register(models.ReferenceImage)
class ReferenceImageAdmin(ReadOnlyAdmin):
    list_display = ["name", "source", "study_id", "hash"]
    list_filter = ["study"]
    search_fields = ["name"]


@admin.register(models.DuplicateSearch)
class DuplicateSearchAdmin(ReadOnlyAdmin):
    list_display = ["study_id", "max_distance", "requested_at", "step", "searched_at"]


@admin.register(models.DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "first_id", "second_id", "reference_id", "hamming", "found_at"]
    list_filter = ["study"]
    search_fields = ["=first__id", "=second__id"]


@admin.register(models.DuplicateDecision)
class DuplicateDecisionAdmin(ReadOnlyAdmin):
    list_display = ["id", "pair_id", "is_duplicate", "decided_by", "decided_at", "undone_by", "undone_at"]
    list_filter = ["pair__study", "is_duplicate", ("undone_at", admin.EmptyFieldListFilter)]


@admin.register(models.SurvivorChoice)
class SurvivorChoiceAdmin(ReadOnlyAdmin):
    list_display = ["candidate_id", "chosen_by", "chosen_at"]
    list_filter = ["candidate__study"]


@admin.register(models.Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ["id", "hit_id", "worker_id", "claimed_at", "lease_expires_at", "submitted_at", "is_late"]
    list_filter = ["hit__batch__study", "is_late", ("submitted_at", admin.EmptyFieldListFilter)]
    search_fields = ["=id", "=hit__id", "=worker__id"]


@admin.register(models.JudgementFilter)
class JudgementFilterAdmin(ReadOnlyAdmin):
    list_display = ["slug", "name", "study_id", "until", "leaves_out_excluded", "min_control_accuracy", "created_at"]
    list_filter = ["study"]
    search_fields = ["slug", "name"]


@admin.register(models.SelectionFrequency)
class SelectionFrequencyAdmin(ReadOnlyAdmin):
    list_display = ["candidate_id", "judgement_filter_id", "num_selected", "num_seen"]
    list_filter = ["judgement_filter", "candidate__origin"]
    search_fields = ["=candidate__id"]


@admin.register(models.FrequencyTally)
class FrequencyTallyAdmin(ReadOnlyAdmin):
    list_display = [
        "target_class_id",
        "judgement_filter_id",
        "num_assignments",
        "num_counted",
        "is_stale",
        "counted_at",
    ]
    list_filter = ["judgement_filter", "is_stale"]


@admin.register(models.FrequencyMixture)
class FrequencyMixtureAdmin(ReadOnlyAdmin):
    list_display = ["judgement_filter_id", "origin", "num_images", "num_selected", "num_seen", "weight", "fitted_at"]
    list_filter = ["judgement_filter", "origin"]


@admin.register(models.TestSet)
class TestSetAdmin(ReadOnlyAdmin):
    list_display = ["citation", "strategy", "seed", "is_simulated", "built_at", "frozen_at", "content_sha256"]
    list_filter = ["study", "strategy", "is_simulated", ("frozen_at", admin.EmptyFieldListFilter)]
    search_fields = ["study__slug", "name", "=content_sha256"]
    list_select_related = ["study"]


@admin.register(models.Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ["id", "test_set_id", "layout", "target", "address", "state", "requested_by_id", "requested_at"]
    list_filter = ["test_set__study", "layout", "target", "state"]


@admin.register(models.ExportPiece)
class ExportPieceAdmin(ReadOnlyAdmin):
    list_display = ["export_id", "number", "name", "num_images", "num_bytes", "finished_at"]
    list_filter = ["export__test_set__study"]
    search_fields = ["=export__id"]


@admin.register(models.TestSetImage)
class TestSetImageAdmin(ReadOnlyAdmin):
    list_display = ["test_set_id", "number", "candidate_id", "target_class_id", "num_selected", "num_seen"]
    list_filter = ["test_set__study", "test_set__name"]
    search_fields = ["=candidate__id", "=candidate__image__sha256"]


@admin.register(models.TestSetReview)
class TestSetReviewAdmin(ReadOnlyAdmin):
    list_display = ["id", "test_set_id", "follows_id", "num_reviewers", "opened_at", "opened_by_id"]
    list_filter = ["test_set__study"]


@admin.register(models.ClassReview)
class ClassReviewAdmin(ReadOnlyAdmin):
    list_display = ["id", "review_id", "target_class_id", "reviewer_id", "state", "note", "finished_at"]
    list_filter = ["review__test_set__study", "state"]
    search_fields = ["note"]


@admin.register(models.Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    list_display = ["id", "class_review_id", "candidate_id", "reason", "note", "given_at"]
    list_filter = ["reason", "class_review__review__test_set__study"]
    search_fields = ["=candidate__id", "note"]


@admin.register(models.Resolution)
class ResolutionAdmin(ReadOnlyAdmin):
    list_display = ["id", "review_id", "candidate_id", "is_excluded", "resolved_by_id", "resolved_at"]
    list_filter = ["review__test_set__study", "is_excluded"]
    search_fields = ["=candidate__id"]


@admin.register(models.LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "batch_id",
        "assignment_id",
        "place_id",
        "kind",
        "step",
        "minor_units",
        "currency",
        "note",
        "at",
        "by_id",
    ]
    list_filter = ["kind", "step", "batch__study"]
    search_fields = ["=token", "=assignment__id", "=place__id"]


@admin.register(models.BonusOrder)
class BonusOrderAdmin(ReadOnlyAdmin):
    list_display = ["id", "intent_id", "ordered_at"]


@admin.register(models.Posting)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ["id", "batch_id", "hit_id", "external_id", "state", "pending", "num_places", "refusal", "posted_at"]
    list_filter = ["state", "batch__study"]
    search_fields = ["=token", "=external_id"]


@admin.register(models.Place)
class PlaceAdmin(ReadOnlyAdmin):
    list_display = ["id", "posting_id", "external_id", "worker_id", "assignment_id", "state", "submitted_at", "seen_at"]
    list_filter = ["state", "posting__batch__study"]
    search_fields = ["=external_id", "=assignment__id"]


@admin.register(models.Rejection)
class RejectionAdmin(ReadOnlyAdmin):
    list_display = ["id", "place_id", "reason", "rejected_by_id", "rejected_at", "told_at", "reversed_at"]
    search_fields = ["=place__external_id", "reason"]


@admin.register(models.Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ["id", "batch_id", "at", "is_complete", "num_fixed", "num_left", "paid_here", "paid_there"]
    list_filter = ["batch__study"]


@admin.register(models.LastRound)
class LastRoundAdmin(ReadOnlyAdmin):
    list_display = ["id", "batch_id", "at", "come_back_at", "problems"]
    list_filter = ["batch__study"]


@admin.register(models.Launch)
class LaunchAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "platform", "batch_id", "made_by_id", "confirmed_by_id", "seconded_by_id"]
    list_filter = ["study", "platform"]


@admin.register(models.Arrival)
class ArrivalAdmin(ReadOnlyAdmin):
    list_display = ["id", "posting_id", "worker_id", "external_id", "arrived_at"]
    search_fields = ["=external_id"]


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "worker_id", "is_from_worker", "text", "sent_at", "read_at", "by_id"]
    list_filter = ["study"]


@admin.register(models.Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "kind", "address", "state", "num_read", "requested_by_id", "requested_at"]
    list_filter = ["study", "kind", "state"]
    search_fields = ["address"]


@admin.register(models.CollectionRefusal)
class CollectionRefusalAdmin(ReadOnlyAdmin):
    list_display = ["id", "collection_id", "source", "reason"]
    list_filter = ["collection__study"]
    search_fields = ["source", "reason"]


@admin.register(models.Readmission)
class ReadmissionAdmin(ReadOnlyAdmin):
    list_display = ["id", "candidate_id", "reason", "excluded_by_id", "excluded_at", "let_in_by_id", "let_in_at"]
    list_filter = ["reason"]
    search_fields = ["=candidate__id"]


@admin.register(models.BulkExclusion)
class BulkExclusionAdmin(ReadOnlyAdmin):
    list_display = ["id", "study_id", "reason", "num_excluded", "made_by_id", "made_at", "undone_by_id", "undone_at"]
    list_filter = ["study", "reason"]
