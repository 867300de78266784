"""The statements by which many candidates are written and found at once.

Columns and arrays of what a source says come in the order of `records.PROVENANCE`; an array that says nothing may be
empty, and `unnest` fills it up with NULL.
"""

INSERT_WITHOUT_PICTURE = """
INSERT INTO annotation_candidate (study_id, created_at, target_class_id, origin, source)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::text[], %s::text[])
RETURNING id, target_class_id, origin, source
"""

INSERT_NAMES = """
INSERT INTO annotation_candidate (
    study_id, created_at, origin, collection_id, target_class_id, source,
    licence, taken_at, uploaded_at, owner, page_url, query
)
SELECT %s, %s, %s, %s, target_class_id, source,
    COALESCE(licence, ''), taken_at, uploaded_at, COALESCE(owner, ''), COALESCE(page_url, ''), COALESCE(query, '')
FROM unnest(
    %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[]
) AS said (target_class_id, source, licence, taken_at, uploaded_at, owner, page_url, query)
ON CONFLICT DO NOTHING
RETURNING id
"""

KNOWN_WITH_PICTURE = """
SELECT said.place - 1, known.id
FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS said (target_class_id, source, place)
JOIN annotation_candidate AS known USING (target_class_id, source)
WHERE known.study_id = %s AND known.origin = %s AND (known.image_id IS NOT NULL OR known.take_down_id IS NOT NULL)
"""

KNOWN_WITHOUT_PICTURE = """
SELECT said.place - 1, known.id
FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS said (target_class_id, source, place)
JOIN annotation_candidate AS known USING (target_class_id, source)
WHERE known.study_id = %s AND known.origin = %s AND known.image_id IS NULL AND known.take_down_id IS NULL
ORDER BY said.place
"""

LACKING_PICTURE = """
SELECT target_class_id, source
FROM unnest(%s::bigint[], %s::text[]) AS called (target_class_id, source)
JOIN annotation_candidate AS known USING (target_class_id, source)
WHERE known.study_id = %s AND known.origin = %s AND known.image_id IS NULL AND known.take_down_id IS NULL
"""

COMPLETE = """
UPDATE annotation_candidate AS known
SET licence = COALESCE(NULLIF(known.licence, ''), said.licence, ''),
    taken_at = COALESCE(known.taken_at, said.taken_at),
    uploaded_at = COALESCE(known.uploaded_at, said.uploaded_at),
    owner = COALESCE(NULLIF(known.owner, ''), said.owner, ''),
    page_url = COALESCE(NULLIF(known.page_url, ''), said.page_url, ''),
    query = COALESCE(NULLIF(known.query, ''), said.query, '')
FROM unnest(
    %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[]
) AS said (id, licence, taken_at, uploaded_at, owner, page_url, query)
WHERE known.id = said.id
AND (
    known.licence = '' AND said.licence <> ''
    OR known.taken_at IS NULL AND said.taken_at IS NOT NULL
    OR known.uploaded_at IS NULL AND said.uploaded_at IS NOT NULL
    OR known.owner = '' AND said.owner <> ''
    OR known.page_url = '' AND said.page_url <> ''
    OR known.query = '' AND said.query <> ''
)
"""

COPY = """
INSERT INTO annotation_candidate (
    study_id, created_at, target_class_id, image_id, origin, source,
    licence, taken_at, uploaded_at, owner, page_url, query
)
SELECT %s, %s, classes.new, kept.image_id, kept.origin, kept.source,
    kept.licence, kept.taken_at, kept.uploaded_at, kept.owner, kept.page_url, kept.query
FROM annotation_candidate AS kept
JOIN unnest(%s::bigint[], %s::bigint[]) AS classes (old, new) ON classes.old = kept.target_class_id
WHERE kept.study_id = %s AND kept.image_id IS NOT NULL
AND NOT EXISTS (SELECT FROM annotation_exclusion exclusion WHERE exclusion.candidate_id = kept.id)
ORDER BY kept.id
"""
