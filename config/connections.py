"""How the pool knows that a connection still works, before each request: by a look at its socket, not by a question."""

import select
from typing import Any

import psycopg


class Connection(psycopg.Connection[Any]):
    """A server that went away has closed the socket: then there is something to read, and the question is asked."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> psycopg.Cursor[Any]:
        if query == "" and not self._has_something_to_read():  # `ConnectionPool.check_connection` asks this
            return self.cursor()
        return super().execute(query, *args, **kwargs)

    def _has_something_to_read(self) -> bool:
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))
