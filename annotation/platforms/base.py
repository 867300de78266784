"""What a workforce must offer, and the ones there are.

`PLATFORMS` are those whose workers join by an invitation of ours; `WORKFORCES` are all, with what each can do. The ones
that pay elsewhere are reached by `payments.reaching`.
"""

from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from annotation.access import is_of_this_machine
from annotation.models import Invitation
from annotation.platforms.local import LocalPlatform
from annotation.platforms.mturk import Access as MTurkAccess
from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.mturk.postings import refuse_unfit as refused_by_mturk
from annotation.platforms.own import LOCAL, SIMULATED, OwnPlatform
from annotation.platforms.paid import Capabilities, Posting
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.studies import body as refused_by_prolific


class Platform(Protocol):
    """One way to reach workers."""

    name: str

    def invitation_path(self, invitation: Invitation) -> str:
        """Where a worker of this platform starts, below the site's address."""
        ...


PLATFORMS: dict[str, Platform] = {LOCAL: LocalPlatform(), SIMULATED: LocalPlatform()}
WORKFORCES: dict[str, Capabilities] = {
    LOCAL: OwnPlatform.capabilities,
    SIMULATED: OwnPlatform.capabilities,
    MTurkPlatform.name: MTurkPlatform.capabilities,
    ProlificPlatform.name: ProlificPlatform.capabilities,
}
OUTSIDE = frozenset({MTurkPlatform.name, ProlificPlatform.name})
"""Those whose workers come from elsewhere, each for the place they took there, and are paid there."""


def _check_for_mturk(posting: Posting) -> None:
    refused_by_mturk(posting, local_too=MTurkAccess.is_local_address(settings.MTURK_ENDPOINT_URL))


def _check_for_prolific(posting: Posting) -> None:
    local_too = is_of_this_machine(settings.PROLIFIC_ENDPOINT)
    refused_by_prolific(posting, project=settings.PROLIFIC_PROJECT, local_too=local_too)


CHECKS: dict[str, Callable[[Posting], None]] = {
    MTurkPlatform.name: _check_for_mturk,
    ProlificPlatform.name: _check_for_prolific,
}
"""What each would refuse of a posting, as far as it can be known without asking: raises `PlatformRefused`."""


def invitation_path(invitation: Invitation) -> str | None:
    """Where its workers start, below the site's address; None for those who come by their platform's postings."""
    platform = PLATFORMS.get(invitation.platform)
    return platform.invitation_path(invitation) if platform else None


def is_configured(name: str) -> bool:
    """Whether the environment says how to reach it; one's own people need nothing."""
    needed = {
        MTurkPlatform.name: (settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY),
        ProlificPlatform.name: (settings.PROLIFIC_TOKEN, settings.PROLIFIC_WORKSPACE, settings.PROLIFIC_PROJECT),
    }
    return all(needed.get(name, ()))
