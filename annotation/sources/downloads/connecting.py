"""Connections that go only where `addresses` allows it, and wait only as long as there is time left."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from annotation.sources.downloads import addresses
from annotation.sources.downloads.addresses import Address

CONNECT_SECONDS = 10
READ_SECONDS = 20
MAX_NUMBERS = 4
MAX_SERVERS = 50
"""Of so many servers connections are kept open."""

_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Nothing that is asked in here takes longer, however little of it comes at a time."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _time_left(at_most: float) -> float:
    left = min(at_most, _deadline.get() - time.monotonic())
    if left <= 0:
        raise TimeoutError("The time is used up.")
    return left


class _Hurried(socket.socket):
    """A socket that is given less time for each piece the less time there is."""

    def recv_into(self, *args: Any, **options: Any) -> int:
        self.settimeout(_time_left(READ_SECONDS))
        return super().recv_into(*args, **options)


class _HurriedSSL(_Hurried, ssl.SSLSocket):
    """The same, encrypted."""


def connected(number: str, port: int, seconds: float) -> socket.socket:
    """A connection to this very address, about which nobody is asked again."""
    made = _Hurried(socket.AF_INET6 if ":" in number else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect((number, port))
    except BaseException:
        made.close()
        raise
    return made


class _Checked(HTTPConnection):
    """Resolves the name once, and connects to what was checked; name and certificate stay those of the address."""

    def _new_conn(self) -> socket.socket:
        assert self.port is not None
        try:
            numbers = addresses.connectable(self.host, self.port)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, _as_gaierror(error)) from error
        problem: OSError | None = None
        for number in numbers[:MAX_NUMBERS]:
            try:
                return connected(number, self.port, _time_left(CONNECT_SECONDS))
            except OSError as error:
                problem = error
        if isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, "timed out") from problem
        raise NewConnectionError(self, "not reachable") from problem


def _as_gaierror(error: Exception) -> socket.gaierror:
    return error if isinstance(error, socket.gaierror) else socket.gaierror(socket.EAI_NONAME, "malformed")


class _CheckedSSL(_Checked, HTTPSConnection):
    """The same, encrypted."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Checked


class _PoolSSL(urllib3.HTTPSConnectionPool):
    ConnectionCls = _CheckedSSL


@cache
def _pools(process: int) -> urllib3.PoolManager:
    """Each process has connections of its own: what it inherits of another is that one's."""
    context = ssl.create_default_context()
    context.sslsocket_class = _HurriedSSL
    pools = urllib3.PoolManager(
        num_pools=MAX_SERVERS,
        maxsize=settings.DOWNLOADS_PER_HOST,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        ssl_context=context,
    )
    pools.pool_classes_by_scheme = {"http": _Pool, "https": _PoolSSL}
    return pools


def forget() -> None:
    """Close the connections that are kept open."""
    _pools(os.getpid()).clear()
    _pools.cache_clear()


def asked(address: Address) -> urllib3.BaseHTTPResponse:
    """The answer up to its headers: no redirect is followed, nothing repeated or unpacked, no cookie kept or sent."""
    pool = _pools(os.getpid()).connection_from_host(address.host, address.port, address.scheme)
    contact = f" (+{settings.DOWNLOAD_CONTACT})" if settings.DOWNLOAD_CONTACT else ""
    return pool.urlopen(
        "GET",
        address.target,
        headers={"User-Agent": f"Twinset{contact}", "Accept": "image/*, */*;q=0.1", "Accept-Encoding": "identity"},
        redirect=False,
        retries=False,
        preload_content=False,
        decode_content=False,
    )


_gates: dict[str, tuple[threading.Semaphore, int]] = {}
_gates_lock = threading.Lock()


@contextmanager
def slot(host: str) -> Iterator[None]:
    """One of the few connections that a server is burdened with at once; waits for it."""
    with _gates_lock:
        gate, num_waiting = _gates.get(host) or (threading.Semaphore(settings.DOWNLOADS_PER_HOST), 0)
        _gates[host] = gate, num_waiting + 1
    try:
        with gate:
            yield
    finally:
        with _gates_lock:
            gate, num_waiting = _gates.pop(host)
            if num_waiting > 1:
                _gates[host] = gate, num_waiting - 1
