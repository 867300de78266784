"""Groups of workers: qualification types of the account's own, which a worker has or has not."""

from typing import Any

from annotation.platforms.mturk.calls import TurkRefused, call, pages
from annotation.platforms.mturk.texts import plain
from annotation.platforms.paid import Uncertain


def find_or_create(client: Any, *, name: str, description: str) -> str:
    name = plain(name, limit=200, what="name of the group")
    if (found := find(client, name)) is not None:
        return found
    try:
        created = call(
            client.create_qualification_type,
            Name=name,
            Description=plain(description, limit=2000, what="description of the group"),
            QualificationTypeStatus="Active",
        )
    except TurkRefused as refused:
        if not refused.code.endswith("QualificationTypeAlreadyExists"):
            raise
        if (found := find(client, name)) is None:
            raise Uncertain("MTurk says that there is a group of this name, but does not list it yet.") from None
        return found
    return str(created["QualificationType"]["QualificationTypeId"])


def find(client: Any, name: str) -> str | None:
    rows = pages(
        client.list_qualification_types,
        "QualificationTypes",
        Query=name,  # a search among the texts, so that more may be listed than meant
        MustBeRequestable=False,
        MustBeOwnedByCaller=True,
    )
    return next((str(row["QualificationTypeId"]) for row in rows if row["Name"] == name), None)


def add(client: Any, *, worker_id: str, group: str) -> None:
    call(
        client.associate_qualification_with_worker,
        QualificationTypeId=group,
        WorkerId=worker_id,
        IntegerValue=1,
        SendNotification=False,
    )


def remove(client: Any, *, worker_id: str, group: str) -> None:
    try:
        call(client.disassociate_qualification_from_worker, QualificationTypeId=group, WorkerId=worker_id)
    except TurkRefused as refused:
        if not refused.code.endswith(("QualificationDoesNotExist", "InvalidQualificationState")):
            raise
