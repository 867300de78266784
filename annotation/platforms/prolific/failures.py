"""What it means when a request to Prolific does not end well. Whether something may have been done decides."""

import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformError, PlatformRefused, Uncertain

NO_MONEY = re.compile(r"(insufficient|not enough|too low)\b.{0,40}\b(funds?|balance|money)", re.IGNORECASE)
NO_MONEY_REVERSED = re.compile(r"\b(funds?|balance)\b.{0,40}\b(insufficient|not enough|too low)", re.IGNORECASE)
LONGEST_WAIT = 24 * 3600.0  # seconds that we let ourselves be sent away for


class NotThere(PlatformRefused):
    """Prolific does not have it, or not for this account."""


def of_connection(error: HTTPError, *, changes: bool) -> PlatformError:
    """The connection failed: before anything was sent, or after."""
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        return PlatformBusy("Prolific can't be reached. Nothing was done; try again later.")
    if isinstance(error, SSLError) and any(isinstance(each, ssl.SSLCertVerificationError) for each in error.args):
        return PlatformRefused(
            "Who answers at PROLIFIC_ENDPOINT does not prove to be it: its certificate is not valid."
        )
    return unanswered(changes=changes)


def unanswered(*, changes: bool) -> PlatformError:
    """It was sent, and no answer that can be read came back."""
    if changes:
        return Uncertain("Prolific did not answer in time: it may have done it, or not.")
    return PlatformBusy("Prolific did not answer in time. Nothing was done; try again later.")


def of_status(status: int, headers: Mapping[str, str], why: str, *, changes: bool) -> PlatformError | None:
    """Nothing where the request was answered well."""
    if 200 <= status < 300:
        return None
    why = why or f"status {status}"
    if status in (401, 402, 403) or (status < 500 and (NO_MONEY.search(why) or NO_MONEY_REVERSED.search(why))):
        return NoAccess(f"Prolific does not allow it: {why}. Look at the token, its rights and the balance.")
    if status == 429:
        return PlatformBusy("Prolific asks to come again later.", retry_after=retry_after(headers))
    if status == 408:
        return unanswered(changes=changes)
    if status >= 500:
        return _of_trouble(status, headers, changes=changes)
    if status == 404:
        return NotThere(f"Prolific does not have it: {why}")
    if status < 400:
        return PlatformRefused(f"PROLIFIC_ENDPOINT answers with status {status}, which leads elsewhere: not followed.")
    return PlatformRefused(f"Prolific refuses: {why}")


def _of_trouble(status: int, headers: Mapping[str, str], *, changes: bool) -> PlatformError:
    wait = retry_after(headers)
    if changes and not (status == 503 and wait is not None):  # only then does it say that it has not begun
        return Uncertain(f"Prolific has trouble (status {status}): it may have done it, or not.")
    return PlatformBusy(f"Prolific has trouble (status {status}). Nothing was done.", retry_after=wait)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; a time of day counts from the moment of the answer, which it says itself."""
    told = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", told):
        return min(float(told), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_WAIT)
