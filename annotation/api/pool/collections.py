from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import collecting, tasks
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.api.parsers import UploadParser
from annotation.collecting import Wanted
from annotation.errors import AnnotationError
from annotation.models import Collection, CollectionRefusal, Origin, Study


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    per_second = serializers.SerializerMethodField(help_text="Records, as long as it was at work; null before any.")
    seconds_left = serializers.SerializerMethodField(help_text="Null where the source does not tell how much it has.")

    class Meta:
        model = Collection
        fields = (
            "id", "study", "origin", "kind", "address", "options", "state", "failure", "is_queued",
            "num_read", "num_created", "num_supplied", "num_existing", "num_refused", "num_expected",
            "per_second", "seconds_left", "requested_at", "come_back_at", "ended_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_per_second(self, row: Collection) -> float | None:
        return collecting.progress_of(row, now=timezone.now()).per_second

    def get_seconds_left(self, row: Collection) -> float | None:
        return collecting.progress_of(row, now=timezone.now()).seconds_left


class CollectionRefusalSerializer(serializers.ModelSerializer[CollectionRefusal]):
    class Meta:
        model = CollectionRefusal
        fields = ("id", "source", "reason")
        read_only_fields = fields


class CollectionFilters(StudyFilters):
    origin = serializers.ChoiceField(required=False, choices=Origin.choices)
    state = serializers.ChoiceField(required=False, choices=Collection.State.choices)


class NewCollectionSerializer(Input):
    """Either an address or what Flickr is asked."""

    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    origin = serializers.ChoiceField(choices=Origin.choices)
    address = serializers.CharField(
        required=False,
        max_length=collecting.MAX_ADDRESS,
        help_text="A folder or manifest in one of COLLECT_FROM, or s3://BUCKET/PREFIX with one of COLLECT_BUCKETS.",
    )
    flickr = serializers.DictField(
        required=False,
        child=serializers.JSONField(),
        help_text="What is asked for each class: min_taken, max_taken, min_uploaded, max_uploaded, licences, sort, "
        "per_query, wanted_per_class, use_wider, safe_search, max_side.",
    )

    def validate(self, fields: dict[str, Any]) -> dict[str, Any]:
        if ("address" in fields) == ("flickr" in fields):
            raise serializers.ValidationError("Give either an address or what Flickr is asked.")
        return fields


class NewManifestSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    origin = serializers.ChoiceField(choices=Origin.choices)
    file = serializers.FileField(
        max_length=200, help_text="A table that ends in .csv, .jsonl or .parquet, with addresses of pictures."
    )


class CollectionViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Images taken in from a source: asked for, watched, stopped, resumed."""

    queryset = Collection.objects.select_related("study")
    serializer_class: type[serializers.Serializer[Any]] = CollectionSerializer
    filters: type[Filters] = CollectionFilters

    @extend_schema(request=NewCollectionSerializer, responses={201: CollectionSerializer})
    def create(self, request: Request) -> Response:
        """Take images in; a collection from the same place that is not finished goes on instead."""
        fields = self.validated(NewCollectionSerializer)
        origin = Origin(fields["origin"])
        try:
            if "flickr" in fields:
                wanted = collecting.searched(options=fields["flickr"], origin=origin)
            else:
                wanted = collecting.allowed(address=fields["address"], origin=origin)
        except AnnotationError as error:
            name = "flickr" if "flickr" in fields else "address"
            raise serializers.ValidationError({name: [str(error)]}) from error
        return self._requested(fields["study"], wanted)

    @extend_schema(request=NewManifestSerializer, responses={201: CollectionSerializer})
    @action(detail=False, methods=["post"], parser_classes=[UploadParser])
    def manifests(self, request: Request) -> Response:
        """Take in the pictures whose addresses a table names that is handed in."""
        fields = self.validated(NewManifestSerializer)
        file, origin = fields["file"], Origin(fields["origin"])
        try:
            content = file.read(collecting.MAX_UPLOAD_BYTES + 1)
            wanted = collecting.uploaded(name=file.name, content=content, origin=origin)
        except AnnotationError as error:
            raise serializers.ValidationError({"file": [str(error)]}) from error
        return self._requested(fields["study"], wanted)

    @extend_schema(responses={200: CollectionRefusalSerializer(many=True)})
    @action(detail=True, methods=["get"], serializer_class=CollectionRefusalSerializer, filters=Filters)
    def refusals(self, request: Request, pk: int) -> Response:
        """What was found there and not taken, and why."""
        return self.page(self.get_object().refusals.all())

    @extend_schema(request=None, responses={201: CollectionSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: int) -> Response:
        """Take in no more; what is here stays. One that has ended stays as it is."""
        collection = collecting.stop(collection=self.get_object(), now=timezone.now())
        return self.created(collection.pk)

    @extend_schema(request=None, responses={201: CollectionSerializer})
    @action(detail=True, methods=["post"])
    def resumption(self, request: Request, pk: int) -> Response:
        """Go on behind what was done last, by the queue; also after a failure."""
        collection = collecting.resume_queued(collection=self.get_object(), now=timezone.now())
        tasks.enqueue_collection(collection.pk)
        return self.created(collection.pk)

    def _requested(self, study: Study, wanted: Wanted) -> Response:
        collection = collecting.request(study=study, wanted=wanted, by=self.person, now=timezone.now())
        tasks.enqueue_collection(collection.pk)
        return self.created(collection.pk)
