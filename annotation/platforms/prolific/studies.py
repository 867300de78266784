"""A posting as Prolific's study, and back."""

import math
import re
from html import escape
from typing import Any
from urllib.parse import urlsplit

from annotation.access import is_of_this_machine
from annotation.platforms.paid import PlatformRefused, Posted, Posting, PostingState, visible
from annotation.platforms.prolific.answers import Answer, Fields, Malformed

MARK = "twinset:"
"""What the internal name of each study of Twinset's starts with; then comes the token."""
LONGEST_TOKEN = 64
PARAMETERS = ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")
TITLE_LENGTH, DESCRIPTION_LENGTH = 200, 6_000
STATES = {
    "UNPUBLISHED": PostingState.DRAFT,
    "SCHEDULED": PostingState.DRAFT,
    "PUBLISHING": PostingState.OPEN,
    "ACTIVE": PostingState.OPEN,
    "PAUSED": PostingState.PAUSED,
    "AWAITING REVIEW": PostingState.CLOSED,  # all places are taken; a rejection frees one
    "COMPLETED": PostingState.CLOSED,
}


def internal_name(token: str) -> str:
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{LONGEST_TOKEN}}}", token):
        raise PlatformRefused(f"A token is of 1 to {LONGEST_TOKEN} printable characters without spaces.")
    return MARK + token


def posted(study: Fields) -> Posted:
    """As both the list and the study itself describe it."""
    name, status = study.text("internal_name"), study.text("status")
    if status not in STATES:
        raise Malformed(f"unknown status {status[:40]!r}")
    return Posted(
        external_id=study.identifier("id"),
        token=name.removeprefix(MARK) if name.startswith(MARK) else "",
        state=STATES[status],
        # A draft that a person has only begun has none yet.
        num_places=study.whole("total_available_places") if study.has("total_available_places") else 0,
    )


def read(answer: Answer) -> Posted:
    return posted(answer.fields())


def read_status(answer: Answer) -> tuple[Posted, str]:
    """With the status in Prolific's own word."""
    return read(answer), answer.fields().text("status")


def body(posting: Posting, *, project: str, local_too: bool = False) -> dict[str, Any]:
    """What to create a draft from; refuses what Prolific would take otherwise than it is meant.

    Workers may start at this machine where the endpoint is on it too (`local_too`).
    """
    estimated = max(1, math.ceil(posting.seconds_estimated / 60))
    if not posting.completion_code:
        raise PlatformRefused("Prolific needs a completion code.")
    if posting.num_places < 1 or posting.pay_minor_units < 1:
        raise PlatformRefused("A study needs at least one place, and pay for it.")
    return {
        "name": _plain(posting.title, TITLE_LENGTH),
        "internal_name": internal_name(posting.token),
        "description": _paragraphs(posting.description),
        "external_study_url": address_with_parameters(posting.address, local_too=local_too),
        "prolific_id_option": "url_parameters",
        "completion_codes": [
            {
                "code": posting.completion_code,
                "code_type": "COMPLETED",
                "actions": [{"action": "MANUALLY_REVIEW"}],
                "actor": "participant",
            }
        ],
        "total_available_places": posting.num_places,
        "estimated_completion_time": estimated,
        "maximum_allowed_time": _minutes_allowed(posting.seconds_allowed, estimated),
        "reward": posting.pay_minor_units,
        "device_compatibility": ["desktop", "tablet", "mobile"],
        "filters": _filters(posting),
        "project": project,
        "study_labels": ["annotation"],
        "submissions_config": {"max_submissions_per_participant": 1},
    }


def address_with_parameters(address: str, *, local_too: bool = False) -> str:
    """Where workers start, with the places that Prolific fills in for each."""
    try:
        parts = urlsplit(address)
    except ValueError:
        raise PlatformRefused("The address of the study can't be read.") from None
    is_safe = parts.scheme == "https" or (local_too and is_of_this_machine(address))
    if not is_safe or not parts.hostname or "%}}" in address or re.search(r"[\s\x00-\x1f]", address):
        raise PlatformRefused("Workers start at an https address.")
    filled = "&".join(f"{name}={{{{%{name}%}}}}" for name in PARAMETERS)
    return parts._replace(query=f"{parts.query}&{filled}" if parts.query else filled).geturl()


def _minutes_allowed(seconds: int, estimated: int) -> int:
    least = math.ceil(2 + 2 * estimated + 2 * math.sqrt(estimated))
    minutes = math.ceil(seconds / 60)
    if minutes < least:
        raise PlatformRefused(
            f"Prolific lets workers have {least} minutes or more where {estimated} are expected; here are {minutes}."
        )
    return minutes


def _filters(posting: Posting) -> list[dict[str, Any]]:
    lists = {
        "participant_group_allowlist": [posting.allowed_group],
        "participant_group_blocklist": list(dict.fromkeys((posting.blocked_group, posting.stopped_group))),
    }
    named = {name: [group for group in groups if group] for name, groups in lists.items()}
    return [{"filter_id": name, "selected_values": groups} for name, groups in named.items() if groups]


def _plain(text: str, length: int) -> str:
    line = visible(text)
    if not line or len(line) > length:
        raise PlatformRefused(f"Prolific needs a title of 1 to {length} characters.")
    return line


def _paragraphs(text: str) -> str:
    """Prolific shows the description as HTML: what is no markup of ours is text."""
    blocks = [visible(block) for block in re.split(r"\n\s*\n", text)]
    html = "".join(f"<p>{escape(block)}</p>" for block in blocks if block)
    if not html or len(html) > DESCRIPTION_LENGTH:
        raise PlatformRefused(f"Prolific needs a description of 1 to {DESCRIPTION_LENGTH} characters.")
    return html
