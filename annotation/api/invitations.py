from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import inviting, workers
from annotation.api.base import Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.models import Invitation, Study
from annotation.platforms.base import OUTSIDE


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    num_joined = serializers.IntegerField(read_only=True, help_text="Workers who have joined by it.")
    state = serializers.SerializerMethodField(help_text="open, full, over or withdrawn.")
    url = serializers.SerializerMethodField(
        help_text="The link: whoever opens it can join; null where workers come by postings of a platform."
    )

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
        return inviting.link_of(invitation)


class NewInvitationSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    name = serializers.CharField(max_length=workers.MAX_NAME, help_text="To whom it is sent; workers don't see it.")
    max_workers = serializers.IntegerField(
        min_value=1, max_value=1_000_000, default=None, allow_null=True, help_text="null: as many as come."
    )
    expires_at = serializers.DateTimeField(default=None, allow_null=True, help_text="null: until it is withdrawn.")


class PeopleSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    csv = serializers.CharField(
        max_length=inviting.MAX_BYTES, trim_whitespace=False, help_text="First line: name,email; also language, note."
    )
    preview = serializers.BooleanField(default=False, help_text="Only say what would be done.")
    skip_refused = serializers.BooleanField(default=False, help_text="Leave out lines that can't be taken.")


class RefusedLineSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    reason = serializers.CharField()


class InvitedSerializer(serializers.Serializer[Any]):
    num_new = serializers.IntegerField(help_text="Invited now, or (in a preview) to be.")
    num_known = serializers.IntegerField(help_text="Whom the study has invited by their address before.")
    refusals = RefusedLineSerializer(many=True)


class InvitationViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Links by which workers join a study."""

    queryset = Invitation.objects.exclude(platform__in=OUTSIDE).select_related("study").with_joined()
    serializer_class = InvitationSerializer
    filters = StudyFilters

    @extend_schema(request=NewInvitationSerializer, responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        """A new link, for as many people and as long as you say."""
        fields = self.validated(NewInvitationSerializer)
        return self.created(workers.invite(**fields, now=timezone.now(), by=self.person).pk)

    @extend_schema(request=PeopleSerializer, responses={200: InvitedSerializer})
    @action(detail=False, methods=["post"])
    def people(self, request: Request) -> Response:
        """An invitation for each person of a list, all or none; the same list again makes nothing twice."""
        fields = self.validated(PeopleSerializer)
        study, reading = fields["study"], inviting.read(fields["csv"].encode())
        shown = inviting.preview(study=study, reading=reading)
        num_new = len(shown.fresh)
        if not fields["preview"]:
            made = inviting.invite(
                study=study,
                reading=reading,
                now=timezone.now(),
                by=self.person,
                without_refused=fields["skip_refused"],
            )
            num_new = len(made)
        told = {"num_new": num_new, "num_known": len(reading.people) - num_new, "refusals": shown.refusals}
        return Response(InvitedSerializer(told).data)

    @extend_schema(request=None, responses={201: InvitationSerializer})
    @action(detail=True, methods=["post"])
    def withdrawal(self, request: Request, pk: int) -> Response:
        """Let nobody join by it any more; who has joined goes on."""
        invitation = self.get_object()
        workers.withdraw(invitation=invitation, now=timezone.now())
        return self.created(invitation.pk)
