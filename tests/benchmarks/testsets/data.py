"""A study whose candidates are counted, for the benchmark of building: classes of 50 originals and 200 of the pool."""

import numpy as np
import psycopg
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
NUM_CLASSES, NUM_ORIGINALS, NUM_POOL, WORKERS = 1000, 50, 200, 10
PER_CLASS = NUM_ORIGINALS + NUM_POOL
SEED = 0

# Without triggers: the rows are right by construction, and a million checked references take minutes.
BEFORE = f"""
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO annotation_study (id, slug, name, description, contact, guidelines, seed, created_at)
    VALUES (1, 'bench', 'Benchmark of building', '', '', '', 0, now());
INSERT INTO annotation_judgementfilter (id, study_id, slug, name, leaves_out_excluded, created_at)
    VALUES (1, 1, 'standard', 'Standard', true, now());
INSERT INTO annotation_targetclass (id, study_id, class_id, number, name, synonyms, definition)
    SELECT i, 1, 'c' || i, i - 1, 'class ' || i, '[]', '' FROM generate_series(1, {NUM_CLASSES}) i;
INSERT INTO annotation_image
        (id, sha256, pixel_sha256, format, width, height, num_bytes, rendition_sha256, created_at)
    SELECT i, lpad(to_hex(i), 64, '0'), lpad(to_hex(i), 64, '0'), 'JPEG', 500, 375, 50000,
        lpad(to_hex(i), 64, '0'), now()
    FROM generate_series(1, {NUM_CLASSES * PER_CLASS}) i;
INSERT INTO annotation_candidate (id, study_id, target_class_id, image_id, origin, source, created_at)
    SELECT i, 1, (i - 1) / {PER_CLASS} + 1, i,
        CASE WHEN (i - 1) % {PER_CLASS} < {NUM_ORIGINALS} THEN 'original' ELSE 'pool' END, i || '.jpg', now()
    FROM generate_series(1, {NUM_CLASSES * PER_CLASS}) i
"""
COPY = "COPY annotation_selectionfrequency (judgement_filter_id, candidate_id, num_selected, num_seen) FROM STDIN"


def drawn() -> tuple[IntArray, IntArray, NDArray[np.float64]]:
    """Selected and seen of each candidate by id, and the true frequency behind them.

    Most workers select an original, the pool is poorer, and one image in 20 did not load for one.
    """
    rng = np.random.default_rng(SEED)
    is_original = np.arange(NUM_CLASSES * PER_CLASS) % PER_CLASS < NUM_ORIGINALS
    frequency = np.where(is_original, rng.beta(6, 1.2, len(is_original)), rng.beta(1.2, 1.2, len(is_original)))
    seen = WORKERS - (rng.random(len(frequency)) < 0.05)
    return rng.binomial(seen, frequency), seen, frequency


def fill(connection: psycopg.Connection) -> None:
    """Make the study."""
    for statement in BEFORE.strip().split(";\n"):
        connection.execute(statement.encode())
    selected, seen, _ = drawn()
    with connection.cursor().copy(COPY) as copy:
        for candidate, (k, n) in enumerate(zip(selected.tolist(), seen.tolist(), strict=True), start=1):
            copy.write_row((1, candidate, k, n))
    connection.execute("SET session_replication_role = DEFAULT")
    connection.execute("VACUUM ANALYZE")
