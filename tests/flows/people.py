"""People who work in a hurry: they click twice, reload, return, walk away; and they remember every receipt."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import numpy as np

from annotation.platforms import local

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE_SECONDS = 120
REFUSED = (409, 410, 404)

Selection = tuple[int, ...]


@dataclass
class Memory:
    """What all people were told by the server."""

    receipts: list[tuple[int, Selection]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    lost_connections: int = 0


class Line:
    """A connection that dials again until somebody answers."""

    def __init__(self, port: int, memory: Memory) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._memory = memory

    def ask(self, method: str, target: str, form: list[tuple[str, str]] | None = None) -> tuple[int, str]:
        """Status and where it leads; asked again, with the same words, where the line breaks."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._connection.request(method, target, urlencode(form or []) if method == "POST" else None, FORM)
                answer = self._connection.getresponse()
                answer.read()
            except (HTTPException, OSError):
                self._memory.lost_connections += 1
                self._connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                if answer.status >= 500:
                    self._memory.failures.append(f"{method} {target.split('/')[1]} was answered {answer.status}")
                return answer.status, answer.getheader("Location", "")

    def close(self) -> None:
        self._connection.close()


class Person:
    """One worker with two windows."""

    def __init__(self, number: int, port: int, invitation: str, memory: Memory) -> None:
        self.rng = np.random.default_rng(number)
        self.memory = memory
        self.invitation = invitation
        self.windows = [Line(port, memory) for _ in range(2)]
        self.page = ""

    def work_until(self, is_over: Callable[[], bool], *, num_positions: int, lease_seconds: float) -> None:
        try:
            while not self.page.startswith("/work/") and not is_over():
                _, self.page = self.windows[0].ask("POST", self.invitation, [("consent", "1")])
            while not is_over():
                self._one_grid(num_positions, lease_seconds)
        except Exception as error:
            self.memory.failures.append(f"{type(error).__name__}: {error}")
        finally:
            for window in self.windows:
                window.close()

    def _one_grid(self, num_positions: int, lease_seconds: float) -> None:
        token = urlsplit(self.page).path.split("/")[2]
        self.windows[0].ask("GET", f"/work/{token}/")
        if self.rng.random() < 0.5:
            self.windows[1].ask("POST", f"/work/{token}/next/")
        choice = self.rng.random()
        if choice < 0.08:
            resting = [("resting", "1")] if choice < 0.03 else []
            self.windows[0].ask("POST", f"/work/{token}/release/", resting)
            return self._go_on(token)
        if choice < 0.12:
            time.sleep(lease_seconds * 1.3)
        elif choice < 0.3:
            self.windows[1].ask("GET", f"/work/{token}/")
        answers = [self._answer(num_positions)] * (1 if choice < 0.6 else 2)
        if choice > 0.9:
            answers = [self._answer(num_positions), self._answer(num_positions)]
        with ThreadPoolExecutor(len(answers)) as hands:
            sent = hands.map(lambda each: self._submit(each[0], token, each[1]), enumerate(answers))
            leads = [lead for lead in sent if lead]
        if leads and leads[0].startswith("/work/"):
            self.page = leads[0]
            return None
        return self._go_on(token)

    def _answer(self, num_positions: int) -> Selection:
        return tuple(np.flatnonzero(self.rng.random(num_positions) < 0.4).tolist())

    def _submit(self, window: int, token: str, selection: Selection) -> str:
        form = [("selected", str(position)) for position in selection] or [("none", "1")]
        status, lead = self.windows[window].ask("POST", f"/work/{token}/", form)
        if status == 303:
            receipt = unquote(parse_qs(urlsplit(lead).query)["receipt"][0])
            self.memory.receipts.append((int(receipt.partition(":")[0]), selection))
            return lead
        told = self.memory.refusals if status in REFUSED else self.memory.failures
        told.append(f"handing in {selection} at {local.read_assignment_token(token)} was answered {status}")
        return ""

    def _go_on(self, token: str) -> None:
        """From the last page, or from one that says somebody else has the grid now."""
        status, lead = self.windows[0].ask("POST", f"/done/{token}/")
        if status == 303 and lead.startswith("/work/"):
            self.page = lead
        else:
            time.sleep(0.3)


def set_to_work(people: list[Person], is_over: Callable[[], bool], **terms: float) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=person.work_until, args=(is_over,), kwargs=terms, daemon=True) for person in people
    ]
    for thread in threads:
        thread.start()
    return threads
