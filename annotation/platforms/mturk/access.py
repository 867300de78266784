"""How to reach the endpoint: addresses and keys. No text made of this shows a key, and it can't be stored or sent."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, NoReturn
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session
from django.conf import settings

from annotation.platforms.paid import NoAccess, PlatformRefused

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Access:
    """One account at one endpoint. Clients are made by whoever is about to call, never kept for a whole process."""

    endpoint: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    queue: str = ""
    """Address of the SQS queue that is told of changes; empty: nobody is told."""
    connect_seconds: float = 5
    read_seconds: float = 30

    @classmethod
    def from_settings(cls) -> "Access":
        if not (settings.MTURK_ACCESS_KEY and settings.MTURK_SECRET_KEY):
            raise NoAccess("There are no keys for MTurk: set MTURK_ACCESS_KEY and MTURK_SECRET_KEY.")
        return cls(
            endpoint=settings.MTURK_ENDPOINT_URL,
            region=settings.MTURK_REGION,
            access_key=settings.MTURK_ACCESS_KEY,
            secret_key=settings.MTURK_SECRET_KEY,
            queue=settings.MTURK_QUEUE_URL,
        )

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine, which no worker elsewhere can reach."""
        return self.is_local_address(self.endpoint)

    @staticmethod
    def is_local_address(address: str) -> bool:
        return urlsplit(address).hostname in LOOPBACK

    def turk(self) -> Any:
        """A client for the requester's operations."""
        return self._client("mturk", self.endpoint)

    def sqs(self) -> Any:
        """A client for the queue, which lies with the host that its address names."""
        if not self.queue:
            raise PlatformRefused("MTurk tells nobody of changes: set MTURK_QUEUE_URL.")
        parts = urlsplit(self.queue)
        return self._client("sqs", f"{parts.scheme}://{parts.netloc}")

    def _client(self, service: str, endpoint: str) -> Any:
        if not is_safe(endpoint, local_too=True):
            raise PlatformRefused("The platform's address, or its queue's, is not an https address without a password.")
        session = Session()
        session.register_component("data_loader", _descriptions())
        # Explicit keys, so that none are looked for in files or asked of the machine's host. One call is one request:
        # what may have happened is for the ledger to find out, not for a library to try again.
        return session.create_client(
            service,
            endpoint_url=endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                connect_timeout=self.connect_seconds,
                read_timeout=self.read_seconds,
                retries={"mode": "standard", "total_max_attempts": 1},
            ),
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are read from the environment where they are used, never stored or sent.")


@cache
def _descriptions() -> Loader:
    """What botocore knows of services; read once, a client takes 9 ms to make instead of 55."""
    return create_loader()


def is_safe(address: str, *, local_too: bool) -> bool:
    """Whether it is an https address, or one of this machine's where these may be used too."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or any(character.isspace() or not character.isprintable() for character in address):
        return False
    if parts.username is not None:  # it would be shown wherever the address is
        return False
    return parts.scheme == "https" or (local_too and parts.scheme == "http" and host in LOOPBACK)
