from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models, transaction

MANY = 5000  # rows that come at once


def look_again(*tables: type[models.Model], num_more: int) -> None:
    """Have the database look how large these are, once so many more rows are committed.

    By itself it does so within a minute, and until then plans as for the few there were, which takes minutes itself.
    """
    if num_more >= MANY:
        transaction.on_commit(lambda: analyze(*tables), robust=True)


def analyze(*tables: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(table._meta.db_table for table in tables)}")


class StudyOwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a study, and are visible to the people of that study only."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Rows of the studies this person may see: all for an admin, none for a stranger."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        path = getattr(self.model, "study_path", "study")
        lookup = f"{path}__researchers" if path else "researchers"
        # A subquery, not a join: a join would double rows and stop FOR UPDATE from working.
        mine = self.model._base_manager.filter(**{lookup: user.pk}).values("pk")
        return self.filter(pk__in=mine)
