"""Participant groups: whom a study is for, and whom it is not for."""

from collections.abc import Collection
from dataclasses import dataclass

from annotation.platforms.paid import UNSEEN, PlatformRefused
from annotation.platforms.prolific.answers import Answer, Fields
from annotation.platforms.prolific.listing import entries_at_once
from annotation.platforms.prolific.transport import Transport, path

LONGEST_NAME = 100


@dataclass(frozen=True)
class Groups:
    """Those of one workspace. Adding who is in it and removing who is not change nothing: all may be repeated."""

    transport: Transport
    workspace: str

    def find(self, name: str) -> str | None:
        """The id of the group of this name; of the oldest, should there be several."""
        listed = entries_at_once(
            self.transport, path("participant-groups"), _read_named, workspace_id=self.workspace, active="true"
        )
        return min((group for group, called in listed if called == name), default=None)

    def make(self, name: str) -> str:
        """The id of the group of this name, which is made where there is none."""
        if UNSEEN.search(name) or name != name.strip() or not 1 <= len(name) <= LONGEST_NAME:
            raise PlatformRefused(f"A group needs a name of 1 to {LONGEST_NAME} characters.")
        return self.find(name) or self.transport.change(
            "POST", path("participant-groups"), {"workspace_id": self.workspace, "name": name}, _read_id
        )

    def add(self, group: str, worker_ids: Collection[str]) -> None:
        self._change("POST", group, worker_ids)

    def remove(self, group: str, worker_ids: Collection[str]) -> None:
        self._change("DELETE", group, worker_ids)

    def members(self, group: str) -> set[str]:
        return self.transport.read(path("participant-groups", group, "participants"), _read_members)

    def _change(self, method: str, group: str, worker_ids: Collection[str]) -> None:
        body = {"participant_ids": sorted(worker_ids)}
        for worker_id in worker_ids:
            path(worker_id)
        self.transport.change(method, path("participant-groups", group, "participants"), body, _read_members)


def _read_id(answer: Answer) -> str:
    return answer.fields().identifier("id")


def _read_named(group: Fields) -> tuple[str, str]:
    return group.identifier("id"), group.text("name")


def _read_members(answer: Answer) -> set[str]:
    return {each.identifier("participant_id") for each in answer.fields().entries("results")}
