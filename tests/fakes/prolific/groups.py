"""What Prolific does with participant groups."""

from typing import Any

from tests.fakes.prolific.account import Account, FakeGroup, Refusal

Json = dict[str, Any]


def found(account: Account, group_id: str) -> FakeGroup:
    if group_id not in account.groups:
        raise Refusal(404, "Not found.")
    return account.groups[group_id]


def described(account: Account, group: FakeGroup) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "project_id": None,
        "workspace_id": account.workspace,
        "organisation_id": None,
        "description": None,
        "participant_count": len(group.members),
        "is_deleted": False,
        "feeder_studies": [],
    }


def create(account: Account, body: Json) -> Json:
    if body["workspace_id"] != account.workspace:
        raise Refusal(404, "Not found.")
    group = FakeGroup(account.new_id(), body["name"])
    account.groups[group.id] = group
    return described(account, group)


def members(account: Account, group_id: str) -> Json:
    group = found(account, group_id)
    return {
        "results": [
            {"participant_id": worker, "datetime_created": added.isoformat()} for worker, added in group.members.items()
        ]
    }


def add(account: Account, group_id: str, body: Json) -> Json:
    for worker in body["participant_ids"]:
        found(account, group_id).members.setdefault(worker, account.now)
    return members(account, group_id)


def remove(account: Account, group_id: str, body: Json) -> Json:
    for worker in body["participant_ids"]:
        found(account, group_id).members.pop(worker, None)
    return members(account, group_id)
