"""Whether a request was signed (Signature Version 4) by the one key that the server knows."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.fakes.mturk.protocol import TurkError

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)"
)
LASTS = timedelta(minutes=15)


def check(headers: Mapping[str, str], *, address: str, body: bytes, keys: Credentials, region: str) -> None:
    given = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if given is None:
        raise TurkError("MissingAuthenticationTokenException", "Missing Authentication Token")
    access_key, day, signed_region, service, names, signature = given.groups()
    if access_key != keys.access_key:
        raise TurkError("UnrecognizedClientException", "The security token included in the request is invalid.")
    if (signed_region, service) != (region, "mturk-requester"):
        raise TurkError("InvalidSignatureException", f"Credential should be scoped to a valid region, not {region!r}.")
    at = headers.get("X-Amz-Date", "")
    _check_time(at, day)
    request = AWSRequest(method="POST", url=address, data=body)
    for name in names.split(";"):
        if name != "host":
            request.headers[name] = headers.get(name, "")
    request.context["timestamp"] = at
    signer = SigV4Auth(keys, service, signed_region)
    canonical = signer.canonical_request(request)
    if signer.signature(signer.string_to_sign(request, canonical), request) != signature:
        raise TurkError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            f"Access Key and signing method.\n\nThe Canonical String for this request should have been\n'{canonical}'",
        )


def _check_time(at: str, day: str) -> None:
    try:
        moment = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise TurkError("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.") from error
    if at[:8] != day or abs(datetime.now(UTC) - moment) > LASTS:
        raise TurkError("InvalidSignatureException", f"Signature expired: {at} is not within 15 minutes of now.")
