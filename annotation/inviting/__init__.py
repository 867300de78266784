"""One's own people: read from a list, written to, and the codes that they type and show."""

from annotation.inviting.completion import Checked, check, code_of
from annotation.inviting.letters import (
    NOT_SET,
    Letter,
    ask,
    checked,
    is_configured,
    link_of,
    public_url,
    send,
    standard,
)
from annotation.inviting.people import (
    MAX_BYTES,
    Preview,
    Reading,
    RefusedLine,
    invite,
    preview,
    read,
    written,
)

__all__ = [
    "MAX_BYTES",
    "NOT_SET",
    "Checked",
    "Letter",
    "Preview",
    "Reading",
    "RefusedLine",
    "ask",
    "check",
    "checked",
    "code_of",
    "invite",
    "is_configured",
    "link_of",
    "preview",
    "public_url",
    "read",
    "send",
    "standard",
    "written",
]
