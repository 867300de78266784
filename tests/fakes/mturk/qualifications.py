"""Qualification types, and who has them."""

from typing import Any

from tests.fakes.mturk.account import Account
from tests.fakes.mturk.operations import Parameters, check_text, operation, page
from tests.fakes.mturk.protocol import refusal


@operation("CreateQualificationType")
def create_type(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_text(parameters, "Name", 200)
    check_text(parameters, "Description", 2000)
    if any(each["Name"] == parameters["Name"] for each in account.groups.values()):
        raise refusal(
            "QualificationTypeAlreadyExists",
            "You have already created a QualificationType with this name. A QualificationType's name must be unique "
            "among all of the QualificationTypes created by the same user.",
        )
    made = {
        "QualificationTypeId": account.new_id(),
        "CreationTime": account.clock.now(),
        "IsRequestable": True,
        "AutoGranted": False,
    } | parameters
    account.groups[made["QualificationTypeId"]] = made
    return {"QualificationType": made}


@operation("ListQualificationTypes")
def list_types(account: Account, parameters: Parameters) -> dict[str, Any]:
    wanted = parameters.get("Query", "").lower()
    found = (
        each
        for each in account.groups.values()
        if wanted in each["Name"].lower() or wanted in each["Description"].lower()
    )
    rows, result = page(found, parameters, of="ListQualificationTypes")
    return result | {"QualificationTypes": rows}


@operation("AssociateQualificationWithWorker")
def associate(account: Account, parameters: Parameters) -> dict[str, Any]:
    group, worker = _group(account, parameters), parameters["WorkerId"]
    account.members[group, worker] = {
        "QualificationTypeId": group,
        "WorkerId": worker,
        "GrantTime": account.clock.now(),
        "IntegerValue": parameters.get("IntegerValue", 1),
        "Status": "Granted",
    }
    return {}


@operation("DisassociateQualificationFromWorker")
def disassociate(account: Account, parameters: Parameters) -> dict[str, Any]:
    member = account.members.get((_group(account, parameters), parameters["WorkerId"]))
    if member is None:
        raise refusal("QualificationDoesNotExist", "You requested a Qualification that does not exist.")
    if member["Status"] == "Revoked":
        raise refusal("InvalidQualificationState", "This operation can be called with a status of: Granted")
    member["Status"] = "Revoked"
    return {}


@operation("ListWorkersWithQualificationType")
def list_workers(account: Account, parameters: Parameters) -> dict[str, Any]:
    group, status = _group(account, parameters), parameters.get("Status", "Granted")
    found = (
        each for each in account.members.values() if each["QualificationTypeId"] == group and each["Status"] == status
    )
    rows, result = page(found, parameters, of=f"ListWorkersWithQualificationType{group}")
    return result | {"Qualifications": rows}


def _group(account: Account, parameters: Parameters) -> str:
    group = str(parameters["QualificationTypeId"])
    if group not in account.groups:
        raise refusal("QualificationTypeDoesNotExist", f"QualificationType {group} does not exist.")
    return group


def meets(account: Account, worker_id: str, requirements: list[dict[str, Any]]) -> bool:
    return all(_meets(account, worker_id, each) for each in requirements)


def _meets(account: Account, worker_id: str, requirement: dict[str, Any]) -> bool:
    member = account.members.get((requirement["QualificationTypeId"], worker_id))
    value = member["IntegerValue"] if member and member["Status"] == "Granted" else None
    given = requirement.get("IntegerValues", [])
    return {
        "Exists": value is not None,
        "DoesNotExist": value is None,
        "EqualTo": value is not None and value in given,
        "NotEqualTo": value is not None and value not in given,
        "In": value is not None and value in given,
        "NotIn": value is not None and value not in given,
    }[requirement["Comparator"]]
