"""Who is asking: a token of ours, or (for a new token only) a username and password."""

import re
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework import authentication, exceptions, serializers
from rest_framework.request import Request


class TokenAuthentication(KnoxTokenAuthentication):
    """A knox token; bytes that can't be one are refused before they are decoded."""

    def authenticate_credentials(self, token: bytes) -> tuple[AbstractBaseUser, Any]:
        if not re.fullmatch(rb"[0-9A-Za-z_-]+", token):
            raise exceptions.AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


def credentials_of(request: Request) -> tuple[str, str]:
    """The username and password of a request: from its Basic header if it has one, else from its body."""
    from_header = _BasicCredentials().authenticate(request)
    if from_header is None:
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
    else:
        serializer = CredentialsSerializer(data=dict(zip(("username", "password"), from_header, strict=True)))
        if not serializer.is_valid():
            raise exceptions.AuthenticationFailed("Invalid basic header.")
    return serializer.validated_data["username"], serializer.validated_data["password"]


class _BasicCredentials(authentication.BasicAuthentication):
    """Reads the header, and leaves the checking to the view, which counts attempts first."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> Any:
        return userid, password
