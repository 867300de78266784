"""The OpenAPI document: typed filters and problems are part of every operation without being written out."""

from typing import Any

from drf_spectacular import openapi
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme

from annotation.api.authentication import TokenAuthentication
from annotation.api.base import Input
from annotation.api.problems import MEDIA_TYPE, ProblemSerializer


class AutoSchema(openapi.AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        filters = getattr(self.view, "filters", None)
        is_list = self.method == "GET" and self._is_list_view()
        return [filters] if is_list and filters is not None and filters().fields else []

    def _map_basic_serializer(self, serializer: Any, direction: openapi.Direction) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        return schema | {"additionalProperties": False} if isinstance(serializer, Input) else schema

    def _get_response_bodies(self, direction: openapi.Direction = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            responses.setdefault(
                status, self._get_response_for_code(ProblemSerializer, status, [MEDIA_TYPE], direction)
            )
        return dict(sorted(responses.items()))

    def _problem_statuses(self) -> list[str]:
        statuses = ["400", "401", "403", "404", "406", "429"]
        if self.method != "GET":
            statuses += ["409", "413", "415"]
        return statuses


class TokenScheme(KnoxTokenScheme):
    """How the OpenAPI document describes our token."""

    target_class = TokenAuthentication  # type: ignore[assignment]  # a class is taken too
    name = "token"
