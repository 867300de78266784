"""The content behind an address, whatever its server does."""

import io
import ssl
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

import urllib3
from django.conf import settings
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as TooSlow

from annotation import imaging
from annotation.errors import RefusedImage, SourceBusy
from annotation.sources.downloads import connecting
from annotation.sources.downloads.addresses import Address, parsed

PIECE = 64 * 1024
MAX_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
PAUSES = (1, 3)
"""Seconds between one try and the next: there is one try more than pauses."""
PATIENCE = 10
"""A server that wants a longer pause isn't waited for here."""
BUSY_SECONDS = 60
LONGEST_BUSY_SECONDS = 3600


class _Again(Exception):
    """What another try may mend; otherwise `then` is what became of it."""

    def __init__(self, then: RefusedImage | SourceBusy, seconds: float = 0) -> None:
        super().__init__(str(then))
        self.then = then
        self.seconds = seconds


class _Elsewhere(Exception):
    """A redirect."""


class _Download:
    """One picture on its way: its time and its tries are for all redirects together."""

    def __init__(self, address: Address, *, keeps_name: bool) -> None:
        self._address = address
        self._keeps_name = keeps_name
        self._seconds = float(settings.DOWNLOAD_SECONDS)
        self._pauses = list(PAUSES)

    def content(self) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return self._patiently()
            except _Elsewhere as redirect:
                there = self._address.leading_to(str(redirect))
            if self._keeps_name and _name(there) != _name(self._address):
                raise RefusedImage("The address leads on to another file, as that of a removed picture does.")
            self._address = there
        raise RefusedImage(f"The address leads on to others more than {MAX_REDIRECTS} times.")

    def _patiently(self) -> bytes:
        while True:
            try:
                return self._once()
            except _Again as problem:
                if not self._pauses or problem.seconds > PATIENCE:
                    raise problem.then from problem
                pause = max(self._pauses.pop(0), problem.seconds)
            sleep(pause)

    def _once(self) -> bytes:
        with connecting.slot(self._address.host):
            started = time.monotonic()
            try:
                with connecting.within(self._seconds):
                    return _answered(self._address)
            except HTTPError as error:
                raise _problem(error) from error
            finally:
                self._seconds -= time.monotonic() - started


def read_url(url: str, *, keeps_name: bool = False) -> bytes:
    """What a public server answers; `RefusedImage`, `UnsafePath` or `SourceBusy` say why there is nothing.

    With `keeps_name` no redirect is followed to a file that is called otherwise: some servers lead to a picture that
    says that the one asked for is gone.
    """
    return _Download(parsed(url), keeps_name=keeps_name).content()


def _name(address: Address) -> str:
    return address.target.partition("?")[0].rpartition("/")[2]


def sleep(seconds: float) -> None:
    """A pause, for politeness."""
    time.sleep(seconds)


def _answered(address: Address) -> bytes:
    response = connecting.asked(address)
    try:
        _check(response)
        content = _body(response)
    except BaseException:
        response.close()  # what else it says is never read
        raise
    response.release_conn()
    return content


def _check(response: urllib3.BaseHTTPResponse) -> None:
    status = response.status
    if status in REDIRECTS and "Location" in response.headers:
        raise _Elsewhere(response.headers["Location"])
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        seconds = _wanted_pause(response)
        until = seconds or BUSY_SECONDS
        sentence = f"The server wants no more requests for now ({status}); go on in {until:.0f} seconds."
        raise _Again(SourceBusy(sentence, seconds=until), seconds)
    if status >= 500:
        raise _Again(RefusedImage(f"The server has a fault of its own ({status}); import again later."))
    if status in (404, 410):
        raise RefusedImage(f"The server has no such file ({status}).")
    if status in (401, 402, 403, 407, 451):
        raise RefusedImage(f"The server doesn't hand the file out ({status}).")
    if status != 200:
        raise RefusedImage(f"The server answers with status {status} and no file.")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise RefusedImage("The server packs the file though it was asked not to; packed answers are not unpacked.")


def _wanted_pause(response: urllib3.BaseHTTPResponse) -> float:
    """What `Retry-After` says, by the server's own clock; 0 where it says nothing."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST_BUSY_SECONDS))
    try:
        until, now = (parsedate_to_datetime(each) for each in (text, response.headers.get("Date", "")))
    except ValueError:
        return 0
    seconds = (until.replace(tzinfo=UTC) - now.replace(tzinfo=UTC)).total_seconds()
    return min(max(seconds, 0), LONGEST_BUSY_SECONDS)


def _body(response: urllib3.BaseHTTPResponse) -> bytes:
    """All of it, counted as it comes: what a server says of its length can only speak against it."""
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit():
        imaging.check_size(int(declared[:19]))
    content, num_bytes = io.BytesIO(), 0  # which hands its content out without a copy
    while piece := response.read1(PIECE, decode_content=False):
        num_bytes += content.write(piece)
        if num_bytes > imaging.MAX_BYTES:
            raise RefusedImage(f"The file has more than the {imaging.MAX_BYTES:,} bytes that are taken at most.")
    imaging.check_size(num_bytes)
    return content.getvalue()


def _problem(error: HTTPError) -> _Again | RefusedImage:
    """What went wrong on the way, in a sentence that tells nothing of networks or of what was answered."""
    if isinstance(error, SSLError) and any(isinstance(each, ssl.SSLCertVerificationError) for each in error.args):
        return RefusedImage("The server can't prove that it is the one of the address: its certificate is not good.")
    if isinstance(error, NameResolutionError):
        return _Again(RefusedImage("There is no server of this name, or it can't be found now; check the address."))
    if isinstance(error, TooSlow) and not isinstance(error, NewConnectionError):
        return _Again(RefusedImage("The server is too slow, or doesn't answer; import again later."))
    return _Again(RefusedImage("The server can't be reached, or breaks off its answer; import again later."))
