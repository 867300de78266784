"""The operations of the API: their addresses, what they take and give by its document, and who does them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.prolific import groups, schemas, studies, submissions
from tests.fakes.prolific.account import Account, Refusal
from tests.fakes.prolific.hooks import Hooks, as_list

Json = dict[str, Any]
LIST_PARAMETERS = frozenset({"page", "page_size", "ordering"})


@dataclass(frozen=True)
class Call:
    """A request that was let in."""

    account: Account
    hooks: Hooks
    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Operation:
    name: str
    """Its `operationId` in the document."""
    method: str
    path: str
    does: Callable[[Call], Any]
    """The body of the answer, or that and more headers."""
    status: int = 200
    takes: schemas.Schema | None = None
    gives: schemas.Schema = field(default_factory=lambda: schemas.NOTHING)
    parameters: frozenset[str] = frozenset()

    def match(self, method: str, path: str) -> tuple[str, ...] | None:
        pattern = re.sub(r"\{\w+\}", r"([0-9A-Za-z_-]+)", self.path)
        found = re.fullmatch(f"/api/v1/{pattern}", path)
        return found.groups() if found and method == self.method else None


def paged(call: Call, entries: list[Json], default: int = 20) -> Json:
    """One page of them; behind the last there is none, as in the framework that Prolific is written with."""
    size = min(int(call.query.get("page_size", default)), 100)
    number = int(call.query.get("page", 1))
    page = entries[(number - 1) * size : number * size]
    if not page and number > 1:
        raise Refusal(404, "Invalid page.")
    more = number * size < len(entries)
    links = {"self": {"href": f"?page={number}"}, "next": {"href": f"?page={number + 1}" if more else None}}
    return {"results": page, "_links": links, "meta": {"count": len(entries)}}


def list_studies(call: Call) -> Json:
    if call.ids[0] != call.account.project:
        raise Refusal(404, "Not found.")
    ordered = sorted(call.account.studies.values(), key=lambda each: (each.created_at, each.id))
    if call.query.get("ordering") == "-date_created":
        ordered.reverse()
    return paged(call, [studies.described_shortly(call.account, each) for each in ordered], default=100)


def list_submissions(call: Call) -> Json:
    if "study" not in call.query:
        raise Refusal(400, {"study": ["This field is required."]})
    return paged(call, [submissions.described_shortly(each) for each in submissions.listed(*_study(call))])


def _study(call: Call) -> tuple[Account, str]:
    return call.account, call.query["study"]


def list_groups(call: Call) -> Json:
    if call.query.get("workspace_id") != call.account.workspace:
        raise Refusal(400, "Either workspace_id or project_id is required.")
    return as_list([groups.described(call.account, each) for each in call.account.groups.values()])


def list_subscriptions(call: Call) -> Json:
    wanted = call.query.get("is_enabled", "true") == "true"
    return as_list(
        [call.hooks.described(each) for each in call.hooks.subscriptions.values() if each.is_enabled == wanted]
    )


def balance(call: Call) -> Json:
    account = call.account
    if call.ids[0] != account.workspace:
        raise Refusal(404, "Not found.")
    return {
        "currency_code": account.currency,
        "total_balance": account.total_balance,
        "balance_breakdown": {},
        "available_balance": account.available_balance,
        "available_balance_breakdown": {},
    }


S = schemas
OPERATIONS = [
    Operation(
        "get-project-studies",
        "GET",
        r"projects/{id}/studies/",
        list_studies,
        gives=S.listed(S.STUDY_SHORT),
        parameters=LIST_PARAMETERS,
    ),
    Operation(
        "create-study",
        "POST",
        r"studies/",
        lambda call: studies.create(call.account, call.body),
        201,
        S.CREATE_STUDY,
        S.STUDY,
    ),
    Operation(
        "get-study",
        "GET",
        r"studies/{id}/",
        lambda call: studies.described(studies.found(call.account, *call.ids)),
        gives=S.STUDY,
    ),
    Operation(
        "update-study",
        "PATCH",
        r"studies/{id}/",
        lambda call: studies.update(call.account, *call.ids, call.body),
        takes=S.UPDATE_STUDY,
        gives=S.STUDY,
    ),
    Operation("delete-study", "DELETE", r"studies/{id}/", lambda call: studies.delete(call.account, *call.ids)),
    Operation(
        "publish-study",
        "POST",
        r"studies/{id}/transition/",
        lambda call: studies.transition(call.account, *call.ids, call.body),
        takes=S.STUDY_TRANSITION,
        gives=S.STUDY,
    ),
    Operation(
        "calculate-study-cost",
        "POST",
        r"study-cost-calculator/",
        lambda call: studies.cost(call.body),
        takes=S.STUDY_COST_REQUEST,
        gives=S.STUDY_COST_RESPONSE,
    ),
    Operation(
        "get-submissions",
        "GET",
        r"submissions/",
        list_submissions,
        gives=S.listed(S.SUBMISSION_SHORT),
        parameters=LIST_PARAMETERS | {"study"},
    ),
    Operation(
        "create-bonus-payments",
        "POST",
        r"submissions/bonus-payments/",
        lambda call: submissions.set_up_bonuses(call.account, call.body),
        201,
        S.BONUS_REQUEST,
        S.BULK_BONUS,
    ),
    Operation(
        "pay-bonus-payments",
        "POST",
        r"bulk-bonus-payments/{id}/pay/",
        lambda call: submissions.order_bonuses(call.account, *call.ids),
        202,
        gives=S.TEXT,
    ),
    Operation(
        "get-submission",
        "GET",
        r"submissions/{id}/",
        lambda call: submissions.described_in_full(submissions.found(call.account, *call.ids)),
        gives=S.SUBMISSION_DETAIL,
    ),
    Operation(
        "transition-submission",
        "POST",
        r"submissions/{id}/transition/",
        lambda call: submissions.decide(call.account, *call.ids, call.body),
        takes=S.SUBMISSION_TRANSITION,
        gives=S.SUBMISSION_ANSWER,
    ),
    Operation(
        "request-submission-return",
        "POST",
        r"submissions/{id}/request-return/",
        lambda call: submissions.request_return(call.account, *call.ids, call.body),
        takes=S.RETURN_REQUEST,
        gives=S.RETURN_REQUESTED,
    ),
    Operation(
        "get-participant-groups",
        "GET",
        r"participant-groups/",
        list_groups,
        gives=S.listed(S.GROUP),
        parameters=frozenset({"workspace_id", "project_id", "active"}),
    ),
    Operation(
        "create-participant-group",
        "POST",
        r"participant-groups/",
        lambda call: groups.create(call.account, call.body),
        201,
        S.CREATE_GROUP,
        S.GROUP,
    ),
    Operation(
        "get-participant-group-participants",
        "GET",
        r"participant-groups/{id}/participants/",
        lambda call: groups.members(call.account, *call.ids),
        gives=S.MEMBERS,
    ),
    Operation(
        "add-to-participant-group",
        "POST",
        r"participant-groups/{id}/participants/",
        lambda call: groups.add(call.account, *call.ids, call.body),
        takes=S.PARTICIPANT_IDS,
        gives=S.MEMBERS,
    ),
    Operation(
        "remove-from-participant-group",
        "DELETE",
        r"participant-groups/{id}/participants/",
        lambda call: groups.remove(call.account, *call.ids, call.body),
        takes=S.PARTICIPANT_IDS,
        gives=S.MEMBERS,
    ),
    Operation("get-workspace-balance", "GET", r"workspaces/{id}/balance/", balance, gives=S.BALANCE),
    Operation(
        "get-subscriptions",
        "GET",
        r"hooks/subscriptions/",
        list_subscriptions,
        gives=S.listed(S.SUBSCRIPTION),
        parameters=frozenset({"workspace_id", "is_enabled"}),
    ),
    Operation(
        "create-subscription",
        "POST",
        r"hooks/subscriptions/",
        lambda call: call.hooks.create(call.body),
        201,
        S.SUBSCRIPTION,
        S.SUBSCRIPTION,
    ),
    Operation(
        "confirm-subscription",
        "POST",
        r"hooks/subscriptions/{id}/",
        lambda call: call.hooks.confirm(*call.ids, call.body),
        takes=S.CONFIRMATION,
        gives=S.SUBSCRIPTION,
    ),
    Operation(
        "delete-subscription",
        "DELETE",
        r"hooks/subscriptions/{id}/",
        lambda call: call.hooks.delete(*call.ids),
        204,
    ),
]
