"""Everything to be looked at, nothing to be changed: each table has one writer, and it isn't the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evaluation.models import Classifier, PredictionSet, Report, Run, RunShard, Score


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
class ScoreAdmin(ReadOnlyAdmin):
    list_display = ("run", "num_correct", "num_correct_top5", "num_images", "computed_at")
    list_select_related = ("run",)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("id", "study", "built_at")
    list_filter = ("study",)
    list_select_related = ("study",)
