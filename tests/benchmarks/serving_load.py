"""The load: closed-loop clients in a process of its own, which prints how long each half of a pair took.

python -m tests.benchmarks.serving_load pages http://127.0.0.1:8000 32 20 /join/TOKEN/
python -m tests.benchmarks.serving_load bare http://127.0.0.1:8000 32 20
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ANSWER = "selected=3&selected=11&selected=12&selected=30&selected=47"
WARM_UP_SECONDS = 2.0

Pair = tuple[float, float]


def ask(connection: HTTPConnection, method: str, target: str, body: str | None = None) -> tuple[int, str, bytes]:
    connection.request(method, target, body, FORM if body is not None else {})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, answer.getheader("Location", ""), content


def pages(connection: HTTPConnection, invitation: str) -> Iterator[Pair]:
    """Take part as a worker: hand in (which claims the next grid), then open the page it leads to."""
    _, target, _ = ask(connection, "POST", invitation, "consent=1")
    ask(connection, "GET", target)
    while True:
        start = time.perf_counter()
        status, location, _ = ask(connection, "POST", target.partition("?")[0], ANSWER)
        middle = time.perf_counter()
        if status != 303 or not location.startswith("/work/"):
            raise RuntimeError(f"handing in {target} was answered {status}, leading to {location!r}")
        target = location
        status, _, content = ask(connection, "GET", target)
        if status != 200 or b'name="selected"' not in content:
            raise RuntimeError(f"{target} was answered {status}")
        yield middle - start, time.perf_counter() - middle


def bare(connection: HTTPConnection, worker: str) -> Iterator[Pair]:
    """The same statements through two bare views: claim, then submit."""
    while True:
        start = time.perf_counter()
        status, _, slot = ask(connection, "POST", f"/claim/{worker}/", "")
        middle = time.perf_counter()
        if status != 200:
            raise RuntimeError(f"a claim was answered {status}")
        status, _, _ = ask(connection, "POST", f"/submit/{worker}/{int(slot)}/", "")
        if status != 200:
            raise RuntimeError(f"a submit was answered {status}")
        yield time.perf_counter() - middle, middle - start


def load(
    client: Callable[[HTTPConnection, str], Iterator[Pair]],
    origin: str,
    arguments: list[str],
    seconds: float,
) -> list[Pair]:
    """All clients at once for so long after a warm-up; the pairs that ended within that time."""
    begin = time.perf_counter() + WARM_UP_SECONDS
    pairs: list[Pair] = []
    errors: list[Exception] = []

    def work(argument: str) -> None:
        connection = HTTPConnection(urlsplit(origin).netloc, timeout=60)
        try:
            for pair in client(connection, argument):
                now = time.perf_counter()
                if now > begin + seconds or errors:
                    return
                if now > begin:
                    pairs.append(pair)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return pairs


def main(arguments: list[str]) -> None:
    kind, origin, num_clients, seconds, *rest = arguments
    if kind == "pages":
        pairs = load(pages, origin, rest * int(num_clients), float(seconds))
    else:
        pairs = load(bare, origin, [str(number + 1) for number in range(int(num_clients))], float(seconds))
    json.dump({"seconds": float(seconds), "first": [a for a, _ in pairs], "second": [b for _, b in pairs]}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
