"""Pictures taken down, as programs read and ask it."""

from typing import Any

from rest_framework import serializers

from annotation.api.base import Input
from annotation.models import TakeDown
from annotation.takedowns import Preview, Told


class TakeDownSerializer(serializers.ModelSerializer[TakeDown]):
    """Why a candidate has no picture any more."""

    taken_down_by = serializers.CharField(
        source="taken_down_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = TakeDown
        fields = ("sha256", "ground", "note", "taken_down_by", "taken_down_at")
        read_only_fields = fields


class TakeDownPreviewSerializer(serializers.Serializer[Preview]):
    """What it would change, in all studies."""

    fingerprint = serializers.CharField(help_text="To be sent back: another where anything else would be touched.")
    num_pictures = serializers.IntegerField()
    num_candidates = serializers.IntegerField()
    studies = serializers.ListField(child=serializers.CharField(), help_text="Their slugs.")
    num_examples = serializers.IntegerField()
    num_grids_cut = serializers.IntegerField(help_text="Nobody was given these: they go on without the picture.")
    num_grids_stopped = serializers.IntegerField(help_text="Workers were given these: nobody begins them any more.")
    num_slots_lost = serializers.IntegerField()
    num_at_work = serializers.IntegerField(help_text="Workers who may still hand in.")
    frozen_sets = serializers.ListField(child=serializers.CharField())
    drafts = serializers.ListField(child=serializers.CharField())
    num_downloads = serializers.IntegerField(help_text="Exports kept here, which go.")
    exported_to = serializers.ListField(
        child=serializers.CharField(),
        help_text="Folders and buckets with copies, or with what an export left that did not end, which only people "
        "can remove.",
    )


class NewTakeDownSerializer(Input):
    ground = serializers.ChoiceField(choices=TakeDown.Ground.choices)
    note = serializers.CharField(max_length=500, help_text="Who asked, and where that is written.")
    fingerprint = serializers.CharField(max_length=100, help_text="Of the preview.")


def told(fields: dict[str, Any]) -> Told:
    return Told(TakeDown.Ground(fields["ground"]), fields["note"], fields["fingerprint"])
