"""Who Twinset is at Prolific: at which address, in which workspace and project, with which token."""

import re
from dataclasses import dataclass

from django.conf import settings

from annotation.access import Secret, is_safe_address
from annotation.platforms.paid import NoAccess

IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")
TOKEN = re.compile(r"[\x21-\x7e]{1,512}")


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
