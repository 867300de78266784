"""A study of 7,300 composed grids that nobody has been asked about."""

import psycopg

from tests.benchmarks import serving_data

NUM_GRIDS, PER_CLASS = 7_300, 25


def fill(url: str, num_grids: int) -> None:
    """As for the serving benchmark, up to its grids."""
    statements = serving_data.STATEMENTS.partition("INSERT INTO annotation_batch")[0]
    sizes = {
        "num_grids": num_grids,
        "num_candidates": num_grids * serving_data.MEASURED,
        "num_classes": num_grids // PER_CLASS,
        "measured": serving_data.MEASURED,
        "grids_per_class": PER_CLASS,
        "num_slots": serving_data.NUM_SLOTS,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements.format(**sizes).replace("%%", "%").strip().split(";\n"):
            connection.execute(statement.rstrip(";").encode())
        connection.execute(
            "INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff, "
            "is_active, date_joined) VALUES ('bench', '', false, '', '', '', false, true, now())"
        )
        connection.execute("INSERT INTO annotation_study_researchers (study_id, user_id) SELECT 1, id FROM auth_user")
        connection.execute("VACUUM ANALYZE")
