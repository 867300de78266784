"""What workers wrote, and answering them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import messages, quality
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import Message, Rejection, Study, Worker


class MessageSerializer(serializers.ModelSerializer[Message]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    worker = serializers.SerializerMethodField(help_text="The study's name for the worker.")
    by = serializers.CharField(source="by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Message
        fields = ("id", "study", "worker", "is_from_worker", "text", "rejection", "by", "sent_at", "read_at")
        read_only_fields = fields

    def get_worker(self, message: Message) -> str:
        return Worker.pseudonym_in(message.study_id, message.worker_id)


class MessageFilters(StudyFilters):
    is_from_worker = serializers.BooleanField(required=False, allow_null=True, default=None)
    is_read = serializers.BooleanField(required=False, allow_null=True, default=None, source="read_at__isnull")

    @property
    def lookups(self) -> dict[str, Any]:
        found = super().lookups
        is_read = found.pop("read_at__isnull", None)
        asked = {name: value for name, value in found.items() if value is not None}
        return asked if is_read is None else asked | {"read_at__isnull": not is_read}


class NewMessageSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    worker = serializers.SlugField(max_length=20, help_text="The study's name for the worker.")
    text = serializers.CharField(max_length=messages.MAX_LENGTH)
    rejection = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Which the answer is about; it ends the appeal."
    )


class MessageViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Between workers and the researchers of a study."""

    queryset = Message.objects.select_related("study", "by")
    serializer_class = MessageSerializer
    filters = MessageFilters

    @extend_schema(request=NewMessageSerializer, responses={201: MessageSerializer})
    def create(self, request: Request) -> Response:
        """Write to a worker of the study; what they wrote before counts as answered."""
        fields = self.validated(NewMessageSerializer)
        study, about = fields["study"], fields.get("rejection")
        worker = quality.worker_called(study, fields["worker"])
        if worker is None:
            raise exceptions.ValidationError({"worker": ["The study has no worker of this name."]})
        of_study = Rejection.objects.filter(place__posting__batch__study=study)
        rejection = of_study.filter(pk=about).first() if about else None
        if about and rejection is None:
            raise exceptions.ValidationError({"rejection": ["The study has no such rejection."]})
        row = messages.answer(
            study=study, worker=worker, text=fields["text"], by=self.person, now=timezone.now(), rejection=rejection
        )
        return self.created(row.pk)
