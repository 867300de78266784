from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


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
