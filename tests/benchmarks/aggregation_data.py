"""A study whose grids are all handed in, for the aggregation benchmark, and the same judgements as one row each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

MEASURED = 42  # of a grid's 48 positions; the last six show controls
NUM_POSITIONS = 48
GRIDS_PER_CLASS = 24
PER_GRID = 10  # workers
SEED = 0
CHUNK = 20_000  # grids whose judgements are made at once

# As the composer makes them: three positive controls from the grid beside it, three negative ones from the next class.
# Without triggers: the rows are right by construction, and a million checked references take minutes.
BEFORE = """
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO annotation_study (id, slug, name, description, contact, guidelines, seed, created_at)
    VALUES (1, 'bench', 'Aggregation benchmark', '', '', '', 0, now());
INSERT INTO annotation_targetclass (id, study_id, class_id, number, name, synonyms, definition)
    SELECT i, 1, 'c' || i, i - 1, 'class ' || i, '[]', '' FROM generate_series(1, {num_classes}) i;
INSERT INTO annotation_image
        (id, sha256, pixel_sha256, format, width, height, num_bytes, rendition_sha256, created_at)
    SELECT i, lpad(to_hex(i), 64, '0'), lpad(to_hex(i), 64, '0'), 'JPEG', 500, 375, 50000,
        lpad(to_hex(i), 64, '0'), now()
    FROM generate_series(1, {num_candidates}) i;
INSERT INTO annotation_candidate (id, study_id, target_class_id, image_id, origin, source, created_at)
    SELECT i, 1, (i - 1) / {measured} / {grids_per_class} + 1, i,
        CASE WHEN i %% 5 = 0 THEN 'original' ELSE 'pool' END, i || '.jpg', now()
    FROM generate_series(1, {num_candidates}) i;
INSERT INTO annotation_grid
        (id, study_id, target_class_id, number, candidate_ids, measured, positive_controls, negative_controls,
        sheets, created_at)
    SELECT g, 1, (g - 1) / {grids_per_class} + 1, (g - 1) %% {grids_per_class},
        ARRAY(SELECT generate_series((g - 1) * {measured}::bigint + 1, g * {measured}::bigint))
            || ARRAY(SELECT (beside - 1) * {measured}::bigint + i FROM generate_series(1, 3) i)
            || ARRAY(SELECT (nearest - 1) * {measured}::bigint + i FROM generate_series(4, 6) i),
        '\\xffffffffff03', '\\x00000000001c', '\\x0000000000e0', '{{}}', now()
    FROM (
        SELECT g, g %% {num_grids} + 1 AS beside, (g + {grids_per_class} - 1) %% {num_grids} + 1 AS nearest
        FROM generate_series(1, {num_grids}) g
    ) numbered;
INSERT INTO annotation_batch (id, study_id, platform, is_simulated, num_assignments, lease_seconds, launched_at)
    VALUES (1, 1, 'local', false, {per_grid}, 1800, now());
INSERT INTO annotation_hit (id, batch_id, grid_id) SELECT g, 1, g FROM generate_series(1, {num_grids}) g;
INSERT INTO annotation_worker (id, platform, external_id, is_simulated, created_at)
    SELECT i, 'local', 'w' || i, false, now() FROM generate_series(1, {num_workers}) i;
"""
COPY = """
COPY annotation_assignment (hit_id, worker_id, claimed_at, lease_expires_at, submitted_at, is_late, seen, selected)
FROM STDIN (FORMAT BINARY)
"""
TYPES = ["int8", "int8", "timestamptz", "timestamptz", "timestamptz", "bool", "bytea", "bytea"]


@dataclass(frozen=True)
class Size:
    """How much is judged."""

    num_judgements: int

    @property
    def num_grids(self) -> int:
        """Whole classes of them, of at least as many judgements."""
        return -(-self.num_judgements // (MEASURED * PER_GRID * GRIDS_PER_CLASS)) * GRIDS_PER_CLASS

    @property
    def num_candidates(self) -> int:
        return self.num_grids * MEASURED

    @property
    def num_workers(self) -> int:
        """Each does a hundred grids or so."""
        return max(PER_GRID, self.num_grids * PER_GRID // 100)


def fill(connection: psycopg.Connection, size: Size) -> None:
    """Make the study and everything handed in; the connection commits each statement."""
    numbers = {
        "num_grids": size.num_grids,
        "num_candidates": size.num_candidates,
        "num_classes": size.num_grids // GRIDS_PER_CLASS,
        "num_workers": size.num_workers,
        "measured": MEASURED,
        "grids_per_class": GRIDS_PER_CLASS,
        "per_grid": PER_GRID,
    }
    for statement in BEFORE.format(**numbers).replace("%%", "%").strip().split(";\n"):
        connection.execute(statement.rstrip(";").encode())
    rng = np.random.default_rng(SEED)
    at = connection.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
    with connection.cursor().copy(COPY) as copy:
        copy.set_types(TYPES)
        for first in range(0, size.num_grids, CHUNK):
            grids = np.arange(first, min(first + CHUNK, size.num_grids))
            for row in zip(*_handed_in(grids, size, rng), strict=True):
                hit, worker, seen, selected = row
                copy.write_row((hit, worker, at, at, at, False, seen, selected))
    connection.execute("VACUUM ANALYZE")


def _handed_in(
    grids: NDArray[np.int64], size: Size, rng: np.random.Generator
) -> tuple[list[int], list[int], list[bytes], list[bytes]]:
    """HIT, worker, seen and selected of each assignment of these grids: one image in 200 does not load."""
    frequency = rng.beta(1.2, 0.8, (len(grids), 1, NUM_POSITIONS))
    frequency[:, :, MEASURED : MEASURED + 3], frequency[:, :, MEASURED + 3 :] = 0.9, 0.05
    seen = rng.random((len(grids), PER_GRID, NUM_POSITIONS)) > 0.005
    selected = (rng.random(seen.shape) < frequency) & seen
    hits = np.repeat(grids + 1, PER_GRID)
    # Neighbours in a round of all workers: ten different ones for each grid.
    workers = (np.arange(len(hits)) + grids[0] * PER_GRID) % size.num_workers + 1
    packed = [np.packbits(bits.reshape(-1, NUM_POSITIONS), axis=1, bitorder="little") for bits in (seen, selected)]
    return hits.tolist(), workers.tolist(), *([row.tobytes() for row in bits] for bits in packed)  # type: ignore[return-value]


# The same judgements as other tools take them; the data has none twice.
ROWS = """
CREATE TABLE one_row_each AS
SELECT a.worker_id::integer AS worker, c.id::integer AS candidate,
    get_bit(a.selected, c.place::integer - 1) = 1 AS selected
FROM annotation_assignment a
JOIN annotation_hit h ON h.id = a.hit_id
JOIN annotation_grid g ON g.id = h.grid_id
CROSS JOIN LATERAL unnest(g.candidate_ids) WITH ORDINALITY c (id, place)
WHERE get_bit(g.measured, c.place::integer - 1) = 1 AND get_bit(a.seen, c.place::integer - 1) = 1
"""


def unpack(connection: psycopg.Connection, folder: Path) -> int:
    """Make the table of one row per judgement, and the same as arrays in the folder; returns how many there are."""
    connection.execute(ROWS)
    connection.execute("VACUUM ANALYZE one_row_each")
    record = np.dtype(
        [
            ("n", ">i2"),
            ("a", ">i4"),
            ("worker", ">i4"),
            ("b", ">i4"),
            ("candidate", ">i4"),
            ("c", ">i4"),
            ("selected", "?"),
        ]
    )
    with connection.cursor().copy("COPY one_row_each TO STDOUT (FORMAT BINARY)") as copy:
        packed = b"".join(copy)
    rows = np.frombuffer(packed, dtype=record, offset=19, count=(len(packed) - 21) // record.itemsize)
    for name in ("worker", "candidate", "selected"):
        np.save(folder / f"{name}.npy", rows[name].astype(record[name].newbyteorder("=")))
    return len(rows)
