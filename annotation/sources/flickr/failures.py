"""What it means when a search does not end well: whether another try may help, and what to tell the person."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from urllib3.exceptions import HTTPError, SSLError

from annotation.errors import AnnotationError, SourceBusy, UnreadableSource

BUSY_SECONDS = 300.0
"""To come again after, where Flickr does not say when."""
LONGEST_WAIT = 24 * 3600.0
OF_THE_WORDS = {
    1: "has too many words for a search",
    3: "has no word to search for",
    18: "contradicts itself",
    116: "holds an address that Flickr bars",
}
OUT_OF_ORDER = {10, 105, 106, 201, 0}
KEY_REFUSED = {96, 97, 98, 99, 100}


class RefusedSearch(AnnotationError):
    """Flickr does not search for these words; for others it may."""


@dataclass(frozen=True)
class Trouble:
    """What may pass by itself: after how many seconds, if that was said, and what to raise where it does not."""

    finally_: AnnotationError
    seconds: float | None = None


Failure = Trouble | AnnotationError


def of_connection(error: HTTPError) -> Failure:
    if isinstance(error, SSLError) and any(isinstance(each, ssl.SSLCertVerificationError) for each in error.args):
        return UnreadableSource("Who answers at FLICKR_ENDPOINT does not prove to be it: its certificate is not valid.")
    return _busy("Flickr can't be reached, or does not answer in time. What was found so far is kept.", None)


def of_status(status: int, headers: Mapping[str, str]) -> Failure | None:
    """Nothing where the answer is one of the API's."""
    if status == 200:
        return None
    if status == 429:
        return _busy("Flickr asks to come again later. What was found so far is kept.", retry_after(headers))
    if status >= 500 or status == 408:
        return _busy(f"Flickr has trouble (status {status}). What was found so far is kept.", retry_after(headers))
    if 300 <= status < 400:
        return UnreadableSource(f"FLICKR_ENDPOINT answers with status {status}, which leads elsewhere: not followed.")
    if status in (401, 403):
        return UnreadableSource(
            f"Flickr does not let Twinset in (status {status}): the operator looks at FLICKR_API_KEY and its rights."
        )
    return UnreadableSource(f"Flickr refuses with status {status}: the operator looks at FLICKR_ENDPOINT.")


def of_code(code: int, message: str) -> Failure:
    """Where the answer says `fail`, with one of the codes that the API documents."""
    if code in KEY_REFUSED:
        return UnreadableSource(
            "Flickr does not accept the key: the operator sets FLICKR_API_KEY to one that is valid."
        )
    if code in OUT_OF_ORDER:
        return _busy(f"Flickr's search is out of order for now (code {code}). What was found so far is kept.", None)
    if code in OF_THE_WORDS:
        return RefusedSearch(f"Flickr does not search for it, as it {OF_THE_WORDS[code]} (code {code}).")
    return UnreadableSource(f"Flickr refuses the search with code {code}: {message}")


def malformed(what: str) -> Failure:
    """An answer that is none of the API's; now and then one comes that is broken, so it is asked again first."""
    return Trouble(UnreadableSource(f"Flickr answers otherwise than documented: {what}."))


def _busy(sentence: str, seconds: float | None) -> Trouble:
    return Trouble(SourceBusy(sentence, seconds=BUSY_SECONDS if seconds is None else seconds), seconds)


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
