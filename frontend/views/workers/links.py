"""What the pages of a worker have in common. The token in the address is the permission: no account."""

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from annotation import workers
from annotation.errors import NotYours
from annotation.models import Arrival, Assignment, Worker
from annotation.platforms import local
from frontend.views.refusals import BrokenLink, explained

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Done; the browser goes on with a GET."""

    status_code = HTTPStatus.SEE_OTHER


def worker_page(view: View) -> View:
    """Open to whoever holds the token, also in a frame, never cached, in their language; a refusal is a page."""
    page: View = csrf_exempt(login_not_required(never_cache(framed(_in_their_language(explained(view))))))
    return page


def framed(view: View) -> View:
    """The sites that the settings name may show this page in a frame; a policy says so, of which the old header
    X-Frame-Options knows nothing."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> HttpResponse:
        return with_policy(
            xframe_options_exempt(view)(*args, **kwargs), {"frame-ancestors": settings.WORKER_FRAME_ANCESTORS}
        )

    return wrapper


def with_policy(response: HttpResponse, parts: dict[str, list[str]]) -> HttpResponse:
    """The page, with these parts of the content policy replaced besides others; `csp_replace` forgets the others."""
    replaced = getattr(response, "_csp_replace", {}) | parts
    setattr(response, "_csp_replace", replaced)  # noqa: B010  # the middleware's own name for it
    return response


def _in_their_language(view: View) -> View:
    """Chosen here and not by a middleware: only workers' pages are translated."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            return view(request, *args, **kwargs)

    return wrapper


def claim_of(token: str) -> local.AssignmentClaim:
    """What the link says, unless it was revoked."""
    claim = unchecked_claim_of(token)
    refuse_revoked(claim)
    return claim


def unchecked_claim_of(token: str) -> local.AssignmentClaim:
    """What the link says, revoked or not: for who finds that out in a query they need anyway."""
    try:
        return local.read_assignment_token(token)
    except NotYours as error:
        raise BrokenLink(_("It is not complete, or it is not one of ours. Open your invitation again.")) from error


def refuse_revoked(claim: local.AssignmentClaim) -> None:
    if not workers.has_links(claim.worker_id, number=claim.link_number):
        raise BrokenLink(_("It was revoked. Open your newest personal link, or your invitation."))


def handed_on() -> NotYours:
    """What to tell a worker whose grid is somebody else's by now."""
    return NotYours(_("You returned it, or its time ran out and somebody else took it over. You can take another one."))


def work_address(claimed: Assignment, worker: Worker, arrived: Arrival | None = None) -> str:
    """Where the worker finds the grid they hold; it says how they came, if a platform sent them."""
    claimed.worker = worker
    token = local.assignment_token(claimed, arrival_id=arrived.pk if arrived else None)
    return reverse("frontend:assignment", args=[token])


def with_receipt(url: str, assignment_id: int) -> str:
    return f"{url}?receipt={Signer(salt='frontend.receipt').sign(str(assignment_id))}"


def receipt_of(request: HttpRequest) -> str | None:
    """The number of what was just saved; signed, so the page can't be made to say it of something else."""
    try:
        return Signer(salt="frontend.receipt").unsign(request.GET.get("receipt", ""))
    except BadSignature:
        return None
