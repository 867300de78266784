"""The images that are looked at, all or an honest sample, and what the database knows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.candidates.comparing.owners import Owners
from annotation.candidates.comparing.quantities import CATEGORIES, Raw
from annotation.models import Candidate, Origin, Study, TargetClass

MOST_LOOKED_AT = 20_000
"""Of each origin."""
# One value each, packed by PostgreSQL: a row each took many times as long.
IDS = """
SELECT string_agg(int8send(id) || int8send((origin = 'pool')::int::bigint), ''::bytea)
FROM ({rows}) included (id, origin)
"""
VALUES = """
SELECT string_agg(
    int8send(target_class_id) || int8send((origin = 'pool')::int::bigint)
    || timestamptz_send(coalesce(taken_at, 'infinity')) || timestamptz_send(coalesce(uploaded_at, 'infinity'))
    || int4send(coalesce(width, -1)) || int4send(coalesce(height, -1)) || int8send(coalesce(num_bytes, -1))
    || int4send(coalesce(mean_red, -1)) || int4send(coalesce(mean_green, -1)) || int4send(coalesce(mean_blue, -1)),
    ''::bytea)
FROM annotation_candidate candidate LEFT JOIN annotation_image image ON image.id = image_id
WHERE candidate.id = ANY(%s::bigint[])
"""
DATES = {"taken": ">i8", "uploaded": ">i8"}  # microseconds since 2000; `NO_DATE` is PostgreSQL's infinity
COUNTS = {"width": ">i4", "height": ">i4", "num_bytes": ">i8", "red": ">i4", "green": ">i4", "blue": ">i4"}
NO_DATE = np.iinfo(np.int64).max
SECONDS_TO_2000 = 946_684_800
# The host of an address, without who signs in there. A folder here says nothing of where its files are from.
HOST = "substring({} from '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)')"
KINDS = f"""
SELECT origin, format, licence, place, count(*) FROM (
    SELECT candidate.origin, coalesce(format, '') AS format, licence, coalesce(
        lower({HOST.format("page_url")}), lower({HOST.format("source")}), '') AS place
    FROM annotation_candidate candidate
    LEFT JOIN annotation_image image ON image.id = image_id
    WHERE candidate.id = ANY(%s::bigint[])
) looked_at
GROUP BY GROUPING SETS ((origin, format), (origin, licence), (origin, place))
ORDER BY 5 DESC, 2, 3, 4
"""  # noqa: S608 - made of constants
OWNERS = """
SELECT origin, count(*), sum(num), coalesce(sum(num) FILTER (WHERE rank <= %s), 0) FROM (
    SELECT origin, count(*) AS num, row_number() OVER (PARTITION BY origin ORDER BY count(*) DESC) AS rank
    FROM annotation_candidate WHERE id = ANY(%s::bigint[]) AND owner <> '' GROUP BY origin, owner
) owners
GROUP BY origin
"""
Kinds = dict[str, dict[str, int]]
"""For each category, how many images are of which kind; the empty text is those of which it is not known."""


@dataclass(frozen=True)
class Looked:
    """Images that were looked at: their class and origin, and what is known of each, shape (n,)."""

    num_included: Mapping[Origin, int]
    """Those that take part, of which at most `MOST_LOOKED_AT` are looked at."""
    target_class: NDArray[np.int64]
    is_pool: NDArray[np.bool_]
    raw: Raw
    ids: str
    """Of the candidates, as PostgreSQL reads an array."""

    def num_looked_at(self, origin: Origin) -> int:
        return int(np.sum(self.is_pool == (origin == Origin.POOL)))

    @property
    def is_sample(self) -> bool:
        return any(self.num_looked_at(origin) < number for origin, number in self.num_included.items())


def look(study: Study, target_class: TargetClass | None, *, seed: int) -> Looked:
    """At the candidates that take part, of the study or of one class."""
    included = _included(study, target_class)
    drawn = np.concatenate([_drawn(ids, seed, place) for place, ids in enumerate(included.values())])
    ids = f"{{{','.join(map(str, drawn.tolist()))}}}"  # written once, as PostgreSQL reads it
    row = np.dtype([("target_class", ">i8"), ("is_pool", ">i8"), *DATES.items(), *COUNTS.items()])
    table = np.frombuffer(_packed(VALUES, [ids]), dtype=row)
    return Looked(
        num_included={origin: len(found) for origin, found in included.items()},
        target_class=table["target_class"].astype(np.int64),
        is_pool=table["is_pool"].astype(np.bool_),
        raw={name: _seconds(table[name]) for name in DATES} | {name: _known(table[name]) for name in COUNTS},
        ids=ids,
    )


def _seconds(microseconds: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(microseconds == NO_DATE, np.nan, microseconds / 1e6 + SECONDS_TO_2000)


def _known(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(counts < 0, np.nan, counts.astype(np.float64))


def _included(study: Study, target_class: TargetClass | None) -> dict[Origin, NDArray[np.int64]]:
    """Their ids by origin, in order."""
    rows = Candidate.objects.included().filter(study=study).order_by()
    if target_class is not None:
        rows = rows.filter(target_class=target_class)
    query, parameters = rows.values_list("id", "origin").query.sql_with_params()
    packed = _packed(IDS.format(rows=query), parameters)
    ids, is_pool = np.frombuffer(packed, dtype=">i8").reshape(-1, 2).astype(np.int64).T
    return {origin: np.sort(ids[is_pool == (origin == Origin.POOL)]) for origin in Origin}


def _packed(statement: str, parameters: Sequence[Any]) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        [(packed,)] = cursor.fetchall()
    return bytes(packed or b"")


def _drawn(ids: NDArray[np.int64], seed: int, place: int) -> NDArray[np.int64]:
    """All of them, or as many as are looked at, every one as likely as the others."""
    if len(ids) <= MOST_LOOKED_AT:
        return ids
    return np.sort(np.random.default_rng([seed, place]).choice(ids, MOST_LOOKED_AT, replace=False))


def kinds_of(looked: Looked) -> dict[Origin, Kinds]:
    """Of every category."""
    found: dict[Origin, Kinds] = {origin: {name: {} for name in CATEGORIES} for origin in Origin}
    with connection.cursor() as cursor:
        cursor.execute(KINDS, [looked.ids])
        for origin, image_format, licence, place, number in cursor.fetchall():
            kinds = {"format": image_format, "licence": licence, "place": place}
            name = next(name for name, kind in kinds.items() if kind is not None)
            found[Origin(origin)][name][kinds[name]] = number
    return found


def owners_of(looked: Looked) -> dict[Origin, Owners]:
    """How many people the images looked at are by."""
    with connection.cursor() as cursor:
        cursor.execute(OWNERS, [Owners.MOST_FREQUENT, looked.ids])
        found = {
            Origin(origin): Owners(int(known), owners, int(most)) for origin, owners, known, most in cursor.fetchall()
        }
    return {origin: found.get(origin, Owners(0, 0, 0)) for origin in Origin}
