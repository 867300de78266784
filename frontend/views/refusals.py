"""Pages for a worker whose request can't be honoured: what happened, and what to do."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation import errors

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class BrokenLink(errors.AssignmentRefused):
    """The token in the address is not one of ours."""


@dataclass(frozen=True)
class Refusal:
    status: HTTPStatus
    heading: str | Promise
    has_next: bool = False


REFUSALS: dict[type[errors.AssignmentRefused], Refusal] = {
    BrokenLink: Refusal(HTTPStatus.NOT_FOUND, _("This link does not work")),
    errors.InvitationClosed: Refusal(HTTPStatus.GONE, _("This invitation is over")),
    errors.NotYours: Refusal(HTTPStatus.GONE, _("This grid is no longer yours"), has_next=True),
    errors.AlreadySubmitted: Refusal(HTTPStatus.CONFLICT, _("You handed this grid in before"), has_next=True),
    errors.HoldsEnough: Refusal(HTTPStatus.CONFLICT, _("You have two grids open already")),
    errors.MetBefore: Refusal(HTTPStatus.CONFLICT, _("You have met these images before")),
    errors.ServingStopped: Refusal(HTTPStatus.GONE, _("You get no more grids of this study")),
    errors.InvalidSelection: Refusal(HTTPStatus.BAD_REQUEST, _("That answer does not fit this grid"), has_next=True),
    errors.BatchClosed: Refusal(HTTPStatus.GONE, _("This study takes no more answers")),
}


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, and not a person's browser."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def explained(view: View[P]) -> View[P]:
    """Turn a refusal into its page (for a script: into JSON) instead of a server error."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.AssignmentRefused as error:
            refusal = REFUSALS[type(error)]
            if wants_json(request):
                return JsonResponse({"heading": str(refusal.heading), "what": str(error)}, status=refusal.status)
            context = {"refusal": refusal, "what": str(error), "token": kwargs.get("token")}
            return render(request, "frontend/work/refused.html", context, status=refusal.status)

    return wrapper
