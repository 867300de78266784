"""A database with a large pool, made by the server itself: two studies, so that one has to be told from the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.benchmarks import databases

NUM_CANDIDATES, NUM_CLASSES = 1_000_000, 1_000
STUDY = "bench"

# The classes are mixed, as in a pool that was extended again and again: images of a class lie far apart. One of 20 is
# an original and lies among the others; one of 50 is excluded; of three, one is measured. Another study came before,
# with a tenth as many. Without triggers: the rows are right by construction.
STATEMENTS = """
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
        date_joined)
    VALUES (1, 'rosa', '', false, false, true, '', '', '', now());
INSERT INTO annotation_study (id, slug, name, description, contact, guidelines, seed, created_at)
    SELECT i, CASE i WHEN 2 THEN 'bench' ELSE 'before' END, 'Study ' || i, '', 'nobody@example.org', '', 0, now()
    FROM generate_series(1, 2) i;
INSERT INTO annotation_study_researchers (study_id, user_id) VALUES (1, 1), (2, 1);
INSERT INTO annotation_targetclass (id, study_id, class_id, number, name, synonyms, definition)
    SELECT i, CASE WHEN i > {classes} THEN 1 ELSE 2 END, 'c' || i, (i - 1) % {classes}, 'class ' || i, '[]', ''
    FROM generate_series(1, 2 * {classes}) i;
INSERT INTO annotation_collection (id, study_id, origin, kind, address, options, state, cursor, num_read, num_created,
        num_supplied, num_existing, num_refused, requested_at, ended_at, failure, is_queued, consumer, num_attempts)
    SELECT i, 2, 'pool', 'flickr', '', '{{}}', 'finished', '', 0, 0, 0, 0, 0, now(), now(), '', true, '', 0
    FROM generate_series(1, 2) i;
INSERT INTO annotation_image
        (id, sha256, pixel_sha256, format, width, height, num_bytes, rendition_sha256, created_at)
    SELECT i, lpad(to_hex(i), 64, '0'), lpad(to_hex(i), 64, '0'), 'JPEG',
        200 + i * 7919 % 1800, 200 + i * 104729 % 1800, 10000 + i * 1299709 % 900000, lpad(to_hex(i), 64, '0'), now()
    FROM generate_series(1, {all}::bigint) i;
INSERT INTO annotation_candidate (id, study_id, target_class_id, image_id, origin, source, licence, owner, page_url,
        query, collection_id, taken_at, uploaded_at, created_at)
    SELECT i, CASE WHEN i > {before} THEN 2 ELSE 1 END,
        i % {classes} + CASE WHEN i > {before} THEN 1 ELSE {classes} + 1 END, i,
        CASE WHEN i % 20 = 0 THEN 'original' ELSE 'pool' END,
        'https://live.example.org/' || i % 65535 || '/' || i || '_' || md5(i::text) || '_b.jpg', 'CC BY 2.0',
        'owner ' || i % 5003, 'https://www.example.org/photos/' || i % 5003 || '/' || i, 'class ' || i % {classes},
        CASE WHEN i > {before} THEN i % 2 + 1 END, timestamptz '2006-01-01' + i * 37 % 3650 * interval '1 day',
        timestamptz '2012-07-11' + i * 41 % 365 * interval '1 day', now()
    FROM generate_series(1, {all}::bigint) i;
INSERT INTO annotation_exclusion (candidate_id, reason, excluded_at, stage)
    SELECT i, CASE WHEN i % 100 = 0 THEN 'duplicate' ELSE 'unusable' END, now(), ''
    FROM generate_series(1, {all}::bigint) i WHERE i % 50 = 0;
INSERT INTO annotation_judgementfilter (id, study_id, slug, name, leaves_out_excluded, created_at)
    SELECT i, i, 'standard', 'Standard', true, now() FROM generate_series(1, 2) i;
INSERT INTO annotation_selectionfrequency (judgement_filter_id, candidate_id, num_selected, num_seen)
    SELECT CASE WHEN i > {before} THEN 2 ELSE 1 END, i, i % 11, 10
    FROM generate_series(1, {all}::bigint) i WHERE i % 3 = 0;
SELECT setval(pg_get_serial_sequence('annotation_candidate', 'id'), {all});
SELECT setval(pg_get_serial_sequence('annotation_collection', 'id'), 2);
"""


@contextmanager
def database(name: str, *, num_candidates: int, num_classes: int = NUM_CLASSES) -> Iterator[str]:
    """A database of its own, filled; yields its address and drops it after."""
    before = num_candidates // 10
    with databases.migrated(name) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            statements = STATEMENTS.format(classes=num_classes, before=before, all=before + num_candidates)
            for statement in statements.strip().split(";\n"):
                connection.execute(statement.rstrip(";").encode())
            connection.execute("VACUUM ANALYZE")
        yield url
