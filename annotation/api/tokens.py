"""Tokens for programs: asked for with a username and password, hashed, expiring, revocable."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import exceptions, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api import problems
from annotation.api.authentication import CredentialsSerializer, credentials_of
from annotation.api.throttling import TokenAddressThrottle, TokenUsernameThrottle


class TooManyTokens(Exception):
    """A person holds as many tokens as one may."""


problems.register(TooManyTokens)


class EndsWithPassword:
    """Django's word that a password was changed, wherever that was: tokens that were got by the old one end."""

    def validate(self, password: str, user: Any = None) -> None:
        """Any will do."""

    def get_help_text(self) -> str:
        return "Tokens of programs end with the old password."

    def password_changed(self, password: str, user: Any = None) -> None:
        AuthToken.objects.filter(user=user).delete()


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Shown once. Send it as: Authorization: Token …")
    expires_at = serializers.DateTimeField()


class TokenList(APIView):
    """The one address that takes a password; everything else takes what it hands out."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    throttle_classes = (TokenAddressThrottle, TokenUsernameThrottle)

    def get_authenticate_header(self, request: Request) -> str:
        return 'Basic realm="Twinset"'

    @extend_schema(
        operation_id="tokens_create",
        request=CredentialsSerializer,
        responses={201: TokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Get a token for your username and password, sent in the body or as HTTP Basic authentication."""
        username, password = credentials_of(request)
        user = authenticate(request._request, username=username, password=password)
        if user is None:
            raise exceptions.AuthenticationFailed("Invalid username/password.")
        token, expires_at = _create_token(user)
        return Response(TokenSerializer({"token": token, "expires_at": expires_at}).data, HTTPStatus.CREATED)


class CurrentToken(APIView):
    """The token that the request came with."""

    @extend_schema(operation_id="tokens_destroy_current", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Revoke the token this request is made with."""
        if not isinstance(request.auth, AuthToken):
            raise exceptions.NotFound("This request came with no token.")
        request.auth.delete()
        return Response(status=HTTPStatus.NO_CONTENT)


@transaction.atomic
def _create_token(user: AbstractBaseUser) -> tuple[str, Any]:
    User.objects.select_for_update().get(pk=user.pk)  # two requests at once must not both take the last place
    now = timezone.now()
    held = AuthToken.objects.filter(Q(expiry__isnull=True) | Q(expiry__gt=now), user=user).count()
    if held >= knox_settings.TOKEN_LIMIT_PER_USER:
        raise TooManyTokens(f"You hold {held} tokens, which is the limit: revoke one, or wait until one expires.")
    row, token = AuthToken.objects.create(user=user)
    return token, row.expiry
