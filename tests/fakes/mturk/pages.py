"""The pages that workers see: a HIT to accept, and the frame with the requester's page. As bare as they can be."""

from html import escape
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.mturk.protocol import TurkError
from tests.fakes.mturk.workers import NotPossible, Workers

Answer = tuple[int, str]


def answer_worker(workers: Workers, target: str, body: bytes) -> Answer:
    """GET /mturk/preview, POST /mturk/accept, /mturk/return and /mturk/externalSubmit."""
    parts = urlsplit(target)
    form = parse_qsl(body.decode(), keep_blank_values=True)
    given = dict(parse_qsl(parts.query) + form)
    try:
        match parts.path:
            case "/mturk/preview":
                return 200, _preview(workers, given["hitId"], given.get("workerId", ""))
            case "/mturk/accept":
                accepted = workers.accept(given["hitId"], given["workerId"])
                return 200, _work(workers, accepted.assignment_id)
            case "/mturk/return":
                workers.give_back(given["assignmentId"])
                return 200, _page("<p>You have returned the HIT.</p>")
            case "/mturk/externalSubmit":
                workers.submit(form)
                return 200, _page("<p>The HIT has been successfully submitted. Thank you.</p>")
    except (NotPossible, TurkError) as error:
        return 400, _page(f"<p>{escape(str(error))}</p>")
    except KeyError as error:
        return 400, _page(f"<p>{escape(str(error))} is missing.</p>")
    return 404, _page("<p>There is no such page.</p>")


def _preview(workers: Workers, hit_id: str, worker_id: str) -> str:
    return _page(
        f'<form method="post" action="/mturk/accept"><input type="hidden" name="hitId" value="{escape(hit_id)}">'
        f'<input name="workerId" value="{escape(worker_id)}"><button>Accept</button></form>'
        f"{_frame(workers.preview(hit_id))}"
    )


def _work(workers: Workers, assignment_id: str) -> str:
    return _page(
        f'<form method="post" action="/mturk/return"><input type="hidden" name="assignmentId" '
        f'value="{escape(assignment_id)}"><button>Return</button></form>{_frame(workers.address(assignment_id))}'
    )


def _frame(address: str) -> str:
    return f'<iframe title="HIT" width="1200" height="900" src="{escape(address)}"></iframe>'


def _page(content: str) -> str:
    return f'<!doctype html><html lang="en"><head><title>HIT</title></head><body>{content}</body></html>'
