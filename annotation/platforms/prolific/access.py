"""Who Twinset is at Prolific: at which address, in which workspace and project, with which token."""

import ipaddress
import re
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from django.conf import settings

from annotation.platforms.paid import NoAccess

IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")
TOKEN = re.compile(r"[\x21-\x7e]{1,512}")


class Secret:
    """A text that shows itself to nobody who does not ask for it, and never leaves its process with an object."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret stays in its process: it is read from the environment where it is needed")

    def reveal(self) -> str:
        return self._text


@dataclass(frozen=True, kw_only=True)
class Access:
    """Checked when it is made, so that a token is never sent where it must not go."""

    endpoint: str
    token: Secret
    workspace: str
    project: str

    def __post_init__(self) -> None:
        if not is_safe_address(self.endpoint):
            raise NoAccess("PROLIFIC_ENDPOINT must be an https address without a query or a user in it.")
        if not TOKEN.fullmatch(self.token.reveal()):
            raise NoAccess("Set PROLIFIC_TOKEN to an API token of the workspace.")
        for name, value in (("PROLIFIC_WORKSPACE", self.workspace), ("PROLIFIC_PROJECT", self.project)):
            if not IDENTIFIER.fullmatch(value):
                raise NoAccess(f"Set {name} to its id, as the address of its page at Prolific shows it.")


def from_settings() -> Access:
    """What the environment says."""
    return Access(
        endpoint=settings.PROLIFIC_ENDPOINT,
        token=Secret(settings.PROLIFIC_TOKEN),
        workspace=settings.PROLIFIC_WORKSPACE,
        project=settings.PROLIFIC_PROJECT,
    )


def is_safe_address(address: str) -> bool:
    """Whether it is encrypted on its way, or never leaves this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
