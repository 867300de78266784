"""Databases for the serving benchmark: a study with many grids, each with free slots, made by the server itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.benchmarks import databases
from tests.benchmarks.databases import ROOT

__all__ = ["ROOT", "database"]

MEASURED = 42  # of a grid's 48 positions
GRIDS_PER_CLASS = 24
NUM_SLOTS = 10
STUDY = "bench"

# As the composer makes them: grids are partners two by two, each has its positive controls from the other, and its
# negative controls from the grid of the same number in the nearest class (classes are neighbours two by two). So each
# shares images with two others, which who did it may not get.
# Without triggers: the rows are right by construction, and a million checked references take minutes.
STATEMENTS = """
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO annotation_study (id, slug, name, description, contact, guidelines, seed, created_at)
    VALUES (1, 'bench', 'Serving benchmark', '', 'nobody@example.org', 'Look closely.', 0, now());
INSERT INTO annotation_targetclass (id, study_id, class_id, number, name, synonyms, definition)
    SELECT i, 1, 'c' || i, i - 1, 'class ' || i, '["another name"]', 'What a thing of this class is.'
    FROM generate_series(1, {num_classes}) i;
INSERT INTO annotation_image
        (id, sha256, pixel_sha256, format, width, height, num_bytes, rendition_sha256, created_at)
    SELECT i, lpad(to_hex(i), 64, '0'), lpad(to_hex(i), 64, '0'), 'JPEG', 500, 375, 50000,
        lpad(to_hex(i), 64, '0'), now()
    FROM generate_series(1, {num_candidates}) i;
INSERT INTO annotation_candidate (id, study_id, target_class_id, image_id, origin, source, created_at)
    SELECT i, 1, (i - 1) / {measured} / {grids_per_class} + 1, i, 'pool', i || '.jpg', now()
    FROM generate_series(1, {num_candidates}) i;
INSERT INTO annotation_grid
        (id, study_id, target_class_id, number, candidate_ids, measured, positive_controls, negative_controls,
        sheets, created_at)
    SELECT g, 1, (g - 1) / {grids_per_class} + 1, (g - 1) %% {grids_per_class},
        ARRAY(SELECT generate_series((g - 1) * {measured}::bigint + 1, g * {measured}::bigint))
            || ARRAY(SELECT (partner - 1) * {measured}::bigint + i FROM generate_series(1, 3) i)
            || ARRAY(SELECT (nearest - 1) * {measured}::bigint + i FROM generate_series(4, 6) i),
        '\\xffffffffff03', '\\x00000000001c', '\\x0000000000e0',
        ARRAY(SELECT lpad(to_hex(g * 6 + i), 64, '0') FROM generate_series(1, 6) i), now()
    FROM (
        SELECT g, g - 1 + 2 * (g %% 2) AS partner,
            g + {grids_per_class} * (1 - 2 * ((g - 1) / {grids_per_class} %% 2)) AS nearest
        FROM generate_series(1, {num_grids}) g
    ) numbered;
INSERT INTO annotation_batch (id, study_id, platform, is_simulated, num_assignments, lease_seconds, launched_at)
    VALUES (1, 1, 'local', false, {num_slots}, 1800, now());
INSERT INTO annotation_hit (id, batch_id, grid_id) SELECT g, 1, g FROM generate_series(1, {num_grids}) g;
INSERT INTO annotation_assignment (hit_id, is_late)
    SELECT g, false FROM generate_series(1, {num_grids}) g, generate_series(1, {num_slots});
INSERT INTO annotation_worker (id, platform, external_id, is_simulated, created_at)
    SELECT i, 'local', 'w' || i, false, now() FROM generate_series(1, 200) i;
INSERT INTO annotation_invitation (id, study_id, name, platform, is_simulated, created_at)
    VALUES (1, 1, 'everybody', 'local', false, now());
SELECT setval(pg_get_serial_sequence('annotation_worker', 'id'), 200);
"""


@contextmanager
def database(name: str, *, num_grids: int) -> Iterator[str]:
    """A database of its own, filled; yields its address and drops it after.

    The number of grids makes an even number of whole classes.
    """
    with databases.migrated(name) as url:
        _fill(url, num_grids)
        yield url


def _fill(url: str, num_grids: int) -> None:
    sizes = {
        "num_grids": num_grids,
        "num_candidates": num_grids * MEASURED,
        "num_classes": num_grids // GRIDS_PER_CLASS,
        "measured": MEASURED,
        "grids_per_class": GRIDS_PER_CLASS,
        "num_slots": NUM_SLOTS,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in STATEMENTS.format(**sizes).replace("%%", "%").strip().split(";\n"):
            connection.execute(statement.rstrip(";").encode())
        connection.execute("VACUUM ANALYZE")
