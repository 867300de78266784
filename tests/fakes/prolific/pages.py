"""The pages a participant's browser sees: one that sends them to the study, and one that they come back to."""

from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.fakes.prolific.account import Account, Refusal
from tests.fakes.prolific.participants import Participant


def serve(handler: BaseHTTPRequestHandler, account: Account) -> bool:
    """Whether the request was for one of them.

    `/participate/?study=…&participant=…` gives a place and leads to the study; `/submissions/complete?cc=…` takes the
    code, for the submission that the browser's cookie names.
    """
    parts = urlsplit(handler.path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    try:
        if parts.path == "/participate/":
            _participate(handler, account, query)
        elif parts.path == "/submissions/complete":
            _complete(handler, account, query.get("cc", ""))
        else:
            return False
    except (Refusal, KeyError) as error:
        _page(handler, 403, str(error))
    return True


def _participate(handler: BaseHTTPRequestHandler, account: Account, query: dict[str, str]) -> None:
    person = Participant(account, query["participant"])
    submission = person.take_place(query["study"])
    handler.send_response(302)
    handler.send_header("Location", person.start(submission))
    handler.send_header("Set-Cookie", f"submission={submission.id}; Path=/; SameSite=Lax")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _complete(handler: BaseHTTPRequestHandler, account: Account, code: str) -> None:
    submission = account.submissions[SimpleCookie(handler.headers.get("Cookie", ""))["submission"].value]
    Participant(account, submission.participant).complete(submission, code)
    _page(handler, 200, "Thank you. Your submission is being reviewed.")


def _page(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    body = text.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "text/plain; charset=utf-8")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
