"""Bodies of requests, read no further than the settings allow."""

import io
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework import exceptions, parsers

MAX_UPLOAD_BYTES = 1_000_000_000


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body of the request is too large."


class AnnouncedSize(FileUploadHandler):
    """Refuses forms with files by the size they announce, before anything fills memory or disk.

    On pages, Django unpacks such a form to look for its token, whoever sent it: who is nobody here uploads nothing.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        person = getattr(self.request, "user", None)
        is_known = person is not None and person.is_authenticated
        most = MAX_UPLOAD_BYTES if is_known else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > most:
            raise RequestDataTooBig(f"The upload is too large: at most {most:,} bytes are taken.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers that follow keep it."""


class UploadParser(parsers.MultiPartParser):
    """Forms with files, refused by their announced size before they are read."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        if request is not None and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_UPLOAD_BYTES:
            raise TooLarge(f"The upload is too large: at most {MAX_UPLOAD_BYTES:,} bytes are taken.")
        return super().parse(stream, media_type, parser_context)


class JSONParser(parsers.JSONParser):
    """JSON objects of bounded size."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise TooLarge
        try:
            return super().parse(io.BytesIO(content), media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - nested too deeply.") from error
