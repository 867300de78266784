"""What Prolific does with studies."""

import math
from typing import Any

from tests.fakes.prolific.account import Account, FakeStudy, Refusal, with_fee

Json = dict[str, Any]
TRANSITIONS = {
    ("UNPUBLISHED", "PUBLISH"): "ACTIVE",
    ("SCHEDULED", "CANCEL_PUBLISH"): "UNPUBLISHED",
    ("ACTIVE", "PAUSE"): "PAUSED",
    ("ACTIVE", "STOP"): "COMPLETED",
    ("PAUSED", "START"): "ACTIVE",
    ("PAUSED", "STOP"): "COMPLETED",
}


def found(account: Account, study_id: str) -> FakeStudy:
    if study_id not in account.studies:
        raise Refusal(404, "Not found.")
    return account.studies[study_id]


def described(study: FakeStudy) -> Json:
    return study.fields | {"id": study.id, "status": study.status, "is_ready_to_publish": True}


def described_shortly(account: Account, study: FakeStudy) -> Json:
    same = ("name", "internal_name", "estimated_completion_time", "total_available_places", "reward")
    return {name: study.fields[name] for name in same} | {
        "id": study.id,
        "status": study.status,
        "study_type": "SINGLE",
        "places_taken": account.places_taken(study),
        "number_of_submissions": len(account.of_study(study)),
        "total_cost": float(study.places * study.cost_of_place),
        "published_at": study.published_at and study.published_at.isoformat(),
        "date_created": study.created_at.isoformat(),
    }


def create(account: Account, body: Json) -> Json:
    if body["project"] != account.project:
        raise Refusal(400, {"project": ["Invalid project."]})
    _check(account, body)
    study = FakeStudy(account.new_id(), dict(body), account.now)
    account.studies[study.id] = study
    return described(study)


def _check(account: Account, body: Json) -> None:
    estimated = body["estimated_completion_time"]
    least = 2 + 2 * estimated + 2 * math.sqrt(estimated)
    if body.get("maximum_allowed_time", least) < least:
        raise Refusal(400, {"maximum_allowed_time": [f"Ensure this value is greater than or equal to {least:.0f}."]})
    if "<script" in body["description"]:
        raise Refusal(400, {"description": ["This tag is not supported."]})
    for each in body.get("filters") or []:
        if each["filter_id"] not in ("participant_group_allowlist", "participant_group_blocklist"):
            raise Refusal(400, {"filters": [f"Unknown filter {each['filter_id']}."]})
        if not set(each["selected_values"]) <= set(account.groups):
            raise Refusal(400, {"filters": ["Unknown participant group."]})


def update(account: Account, study_id: str, body: Json) -> Json:
    study = found(account, study_id)
    places = body.get("total_available_places", study.places)
    if study.status != "UNPUBLISHED" and places < study.places:
        raise Refusal(400, {"total_available_places": ["Only increasing is allowed."]})
    before = dict(study.fields)
    study.fields.update(body)
    if study.status in ("COMPLETED", "AWAITING REVIEW") and places > before["total_available_places"]:
        account.set_study_status(study, "ACTIVE")
    if account.available_balance < 0:
        study.fields = before
        raise Refusal(400, "Insufficient funds: top up the workspace balance.", code=140100)
    return described(study)


def delete(account: Account, study_id: str) -> None:
    if found(account, study_id).status != "UNPUBLISHED":
        raise Refusal(400, "Published studies cannot be deleted.")
    del account.studies[study_id]


def transition(account: Account, study_id: str, body: Json) -> Json:
    study = found(account, study_id)
    becomes = TRANSITIONS.get((study.status, body["action"]))
    if becomes is None:
        raise Refusal(400, f"You can not {body['action']} a study that is {study.status}.")
    if body["action"] == "PUBLISH":
        if study.places * study.cost_of_place > account.available_balance:
            raise Refusal(400, "Insufficient funds: top up the workspace balance.", code=140100)
        study.published_at = account.now
    account.set_study_status(study, becomes)
    account.review_places(study)
    return described(study)


def cost(body: Json) -> Json:
    return {"total_cost": float(with_fee(int(body["reward"])) * int(body["total_available_places"]))}
