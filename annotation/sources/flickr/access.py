"""Who Twinset is at Flickr: at which address, with which key, and how often it may ask."""

import re
from dataclasses import dataclass

from django.conf import settings

from annotation.access import Secret, is_safe_address
from annotation.errors import CannotCollect

KEY = re.compile(r"[0-9A-Za-z_-]{1,200}")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Checked when it is made, so that the key is never sent where it must not go."""

    endpoint: str
    key: Secret
    requests_per_hour: int

    def __post_init__(self) -> None:
        if not is_safe_address(self.endpoint):
            raise CannotCollect("FLICKR_ENDPOINT must be an https address without a query or a user in it.")
        if not self.key.reveal():
            raise CannotCollect(
                "Nobody can search Flickr here yet: the operator sets FLICKR_API_KEY to a key of its API."
            )
        if not KEY.fullmatch(self.key.reveal()):
            raise CannotCollect("FLICKR_API_KEY is no key of Flickr's API: letters and digits only.")


def from_settings() -> Access:
    """What the environment says."""
    return Access(
        endpoint=settings.FLICKR_ENDPOINT,
        key=Secret(settings.FLICKR_API_KEY),
        requests_per_hour=settings.FLICKR_REQUESTS_PER_HOUR,
    )
