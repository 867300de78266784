"""Everything to be looked at, nothing to be changed: each table has one writer, and it isn't the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from evaluation import looks
from evaluation.models import AccuracyLook, Classifier, PredictionSet, Report, Run, RunShard, Score


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NotedAdmin(ReadOnlyAdmin):
    """Shows accuracies: whoever looks is remembered, for each study whose rows they may have seen."""

    study_path = "study"

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._note(request)
        return super().changelist_view(request, *args, **kwargs)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        self._note(request, pk=row.pk if row is not None else None)
        return super().change_view(request, object_id, *args, **kwargs)

    def _note(self, request: HttpRequest, **which: Any) -> None:
        studies = self.model._default_manager.filter(**which).order_by().values_list(self.study_path, flat=True)
        looks.note(
            study_ids=studies.distinct(), person=request.user, where=AccuracyLook.Where.ADMIN, now=timezone.now()
        )


@admin.register(AccuracyLook)
class AccuracyLookAdmin(ReadOnlyAdmin):
    list_display = ("person", "study", "where", "first_at", "last_at", "num_times")
    list_filter = ("study", "where")
    list_select_related = ("person", "study")


@admin.register(Classifier)
class ClassifierAdmin(ReadOnlyAdmin):
    list_display = ("name", "study", "runtime", "num_bytes", "registered_at")
    list_filter = ("study", "runtime")
    list_select_related = ("study",)
    search_fields = ("name", "file_sha256")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("id", "classifier", "test_set", "condition", "state", "requested_at", "ended_at")
    list_filter = ("state", "condition", "classifier__study")
    list_select_related = ("classifier", "test_set__study")
    search_fields = ("classifier__name", "failure")


@admin.register(RunShard)
class RunShardAdmin(ReadOnlyAdmin):
    list_display = ("run", "number", "start", "stop", "consumer", "num_attempts", "lease_expires_at", "finished_at")
    list_filter = ("run__state",)
    list_select_related = ("run",)
    search_fields = ("consumer",)


@admin.register(PredictionSet)
class PredictionSetAdmin(ReadOnlyAdmin):
    list_display = ("shard", "num_images", "sha256", "stored_at")
    list_select_related = ("shard",)
    search_fields = ("sha256",)


@admin.register(Score)
class ScoreAdmin(NotedAdmin):
    study_path = "run__classifier__study"
    list_display = ("run", "num_correct", "num_correct_top5", "num_images", "computed_at")
    list_select_related = ("run",)


@admin.register(Report)
class ReportAdmin(NotedAdmin):
    list_display = ("id", "study", "built_at")
    list_filter = ("study",)
    list_select_related = ("study",)
