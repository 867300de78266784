"""Secrets that are planted, and every place where somebody might find them afterwards."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from django.db import connection

PLANTED = {
    "MTURK_ACCESS_KEY": "AKIAPLANTEDINTHETEST",
    "MTURK_SECRET_KEY": "planted-mturk-secret-0123456789abcdef",
    "PROLIFIC_TOKEN": "planted-prolific-token-0123456789abcdef",
    "PROLIFIC_WEBHOOK_SECRET": "planted-webhook-secret-0123456789abcdef",
}


def found_in(text: str) -> list[str]:
    """The names of the secrets that are in it, as they are, or in one of the forms in which bytes are written down."""
    lower = text.lower()
    return [
        name
        for name, secret in PLANTED.items()
        if secret in text or secret.encode().hex() in lower or any(form in text for form in _base64(secret))
    ]


def in_database() -> list[str]:
    """Table and secret, of every column of every table: a row is compared as a whole, bytes in it as hexadecimal."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT {name}::text FROM {name}")
            found += [f"{table}: {secret}" for (row,) in cursor.fetchall() for secret in found_in(row)]
    return found


def in_redis(client: "redis.Redis") -> list[str]:
    return [f"{key}: {secret}" for key, content in contents(client) for secret in found_in(content)]


def in_files(folder: Path) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{path.name}: {secret}" for path in paths for secret in found_in(path.read_bytes().decode("latin-1"))]


def contents(client: "redis.Redis") -> Iterator[tuple[str, str]]:
    """All that is there, messages with their bodies read, which are base64."""
    for key in client.keys("*"):
        kind = client.type(key).decode()
        for value in _values(client, key, kind):
            text = value.decode("latin-1")
            yield key.decode(), text
            for body in text.split('"'):
                yield key.decode(), _unpacked(body)


def _values(client: "redis.Redis", key: Any, kind: str) -> list[bytes]:
    if kind == "list":
        return list(client.lrange(key, 0, -1))
    if kind == "hash":
        return list(client.hvals(key))
    if kind == "set":
        return list(client.smembers(key))
    if kind == "zset":
        return list(client.zrange(key, 0, -1))
    value = client.get(key)
    return [] if value is None else [value]


def _unpacked(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("latin-1")
    except ValueError:
        return ""


def _base64(secret: str) -> list[str]:
    """As it looks within something longer, by where it begins there; its ends depend on what is around."""
    forms = []
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        forms.append(whole[4 if shift else 0 : -4])
    return forms
