"""One call over there, and what its failure means. What is raised holds nothing of the request but names and codes."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformError, PlatformRefused, Uncertain

PAGE_WAITS = 6  # of a throttled page, each twice as long as the one before: six seconds in all
NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
COME_AGAIN = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        # "Temporarily unable to process your request. Try your call again", in the service's own words.
        "ServiceFault",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
NOT_LET_IN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
NO_MONEY = frozenset({"AWS.MechanicalTurk.InsufficientFunds"})
LONGEST_MESSAGE = 300
REPEATED = re.compile(r"idempotency token .* has already been processed|already exists", re.IGNORECASE | re.DOTALL)
SERVERS_CLOCK = re.compile(r"\s*\(\d{10,}( s)?\)\s*$")  # every message of the service ends in one


class TurkRefused(PlatformRefused):
    """A refusal with the service's own code, for those that mean "this was done before"."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_repeat(self) -> bool:
        """The token was used before. No code for it is documented but that of HITs, so the message counts too."""
        name = self.code.rpartition(".")[2].lower()
        return name in ("hitalreadyexists", "duplicaterequest") or bool(REPEATED.search(str(self)))

    @property
    def is_of_state(self) -> bool:
        """The assignment is not in the state that the operation asks for."""
        return self.code.endswith("InvalidAssignmentState") or "can be called with a status of" in str(self)


class Answer(dict[str, Any]):
    """What came back; a part that is missing leaves open what was done."""

    def __missing__(self, key: str) -> NoReturn:
        raise Uncertain(f"The platform's answer holds no {key}.")


def call(operation: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
    """Ask once; failures are those of `annotation.platforms.paid`.

    They are raised outside of `except`, so that no traceback leads to the frames that hold the signed request.
    """
    try:
        answer = operation(**parameters)
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        failure = failure_of(error)
    else:
        kind = answer["ResponseMetadata"]["HTTPHeaders"].get("content-type", "")
        if "json" in kind:
            return Answer(answer)
        failure = Uncertain("What answered does not speak the platform's protocol; something may stand in between.")
    raise failure


def pages(operation: Callable[..., dict[str, Any]], key: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """All rows of a list, page after page. Beginning again is no help where it is throttled on its way: a long list
    would never end. So a later page is waited for."""
    token = None
    while True:
        paging = {"MaxResults": 100, **({"NextToken": token} if token else {})}
        answer = _patiently(operation, paging | parameters) if token else call(operation, **paging, **parameters)
        yield from answer.get(key, ())
        previous, token = token, answer.get("NextToken")
        if not token:
            return
        if token == previous:
            raise Uncertain("The platform's list does not end.")


def _patiently(operation: Callable[..., dict[str, Any]], parameters: dict[str, Any]) -> dict[str, Any]:
    for number in range(PAGE_WAITS):
        try:
            return call(operation, **parameters)
        except PlatformBusy:
            time.sleep(0.1 * 2**number)
    return call(operation, **parameters)


def failure_of(error: Exception) -> PlatformError:
    """What a failure of the client library, or an answer that is one, means for whoever called."""
    if isinstance(error, ClientError):
        return _answered(error.response)
    if isinstance(error, NEVER_SENT):
        return PlatformBusy(f"The platform can't be reached ({type(error).__name__}).")
    if isinstance(error, ParamValidationError):
        return PlatformRefused(_told(str(error)))
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return NoAccess("There are no keys for the platform.")
    return Uncertain(f"The platform did not answer ({type(error).__name__}).")


def _answered(response: dict[str, Any]) -> PlatformError:
    code = str(response["Error"].get("Code", ""))
    metadata = response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 0)
    turk_code = str(response.get("TurkErrorCode") or code)
    message = _told(str(response["Error"].get("Message", "")))
    if code in COME_AGAIN or status in (429, 503):
        wait = metadata.get("HTTPHeaders", {}).get("retry-after", "")
        return PlatformBusy(
            f"The platform asks to come again later ({code}).", retry_after=float(wait) if wait.isdecimal() else None
        )
    if status >= 500:
        return Uncertain(f"The platform failed ({code}); it may have done it, or not.")
    if code in NOT_LET_IN or status in (401, 403):  # its message may repeat parts of the signed request
        return NoAccess(f"The platform does not take the keys ({code}); check them, and this machine's clock.")
    if turk_code in NO_MONEY:
        return NoAccess(f"{message} Add money to the account first.")
    return TurkRefused(message or code, code=turk_code)


def _told(message: str) -> str:
    message = " ".join(SERVERS_CLOCK.sub("", message).split())
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
