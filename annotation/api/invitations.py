from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import workers
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import Invitation, Study
from annotation.platforms.base import PLATFORMS


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    num_joined = serializers.IntegerField(read_only=True, help_text="Workers who have joined by it.")
    state = serializers.SerializerMethodField(help_text="open, full, over or withdrawn.")
    url = serializers.SerializerMethodField(help_text="The link: whoever opens it can join.")

    class Meta:
        model = Invitation
        fields = (
            "id", "study", "name", "platform", "is_simulated", "max_workers", "num_joined", "state", "url",
            "created_at", "expires_at", "withdrawn_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_state(self, invitation: Invitation) -> str:
        num_joined: int = invitation.num_joined  # type: ignore[attr-defined]  # annotated
        return invitation.state_at(timezone.now(), num_joined=num_joined).value

    def get_url(self, invitation: Invitation) -> str:
        return f"{settings.PUBLIC_URL}{PLATFORMS[invitation.platform].invitation_path(invitation)}"


class NewInvitationSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    name = serializers.CharField(max_length=workers.MAX_NAME, help_text="To whom it is sent; workers don't see it.")
    max_workers = serializers.IntegerField(
        min_value=1, max_value=1_000_000, default=None, allow_null=True, help_text="null: as many as come."
    )
    expires_at = serializers.DateTimeField(default=None, allow_null=True, help_text="null: until it is withdrawn.")


class InvitationViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Links by which workers join a study."""

    queryset = Invitation.objects.select_related("study").with_joined()
    serializer_class = InvitationSerializer
    filters = StudyFilters

    @extend_schema(request=NewInvitationSerializer, responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        """A new link, for as many people and as long as you say."""
        fields = self.validated(NewInvitationSerializer)
        return self.created(workers.invite(**fields, now=timezone.now(), by=self.person).pk)

    @extend_schema(request=None, responses={201: InvitationSerializer})
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: int) -> Response:
        """Let nobody join by it any more; who has joined goes on."""
        invitation = self.get_object()
        workers.withdraw(invitation=invitation, now=timezone.now())
        return self.created(invitation.pk)
