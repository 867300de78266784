"""The rows of studies, and who takes part in them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction

from annotation.errors import InvalidStudy
from annotation.models import Study
from annotation.studies import texts
from annotation.studies.classes import copy_classes
from annotation.studies.texts import MAX_NAME, line, paragraphs

MAX_SLUG = 80
MAX_SEED = 2**63 - 1
PAGES = {"new"}
"""Addresses beside those of studies, as which no study could be opened."""


def create(*, slug: str, name: str, now: datetime, seed: int = 0, contact: str = "", description: str = "") -> Study:
    """A new study without classes; its slug is its address and can't be taken twice."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidStudy(
            f"The slug {slug!r} is not usable: take letters, digits, hyphens and underscores."
        ) from error
    if len(slug) > MAX_SLUG:
        raise InvalidStudy(f"The slug has {len(slug)} characters; at most {MAX_SLUG} are possible.")
    if slug in PAGES:
        raise InvalidStudy(f"The slug {slug!r} is the address of another page; choose another one.")
    if not 0 <= seed <= MAX_SEED:
        raise InvalidStudy(f"The seed is {seed}; it must be between 0 and {MAX_SEED}.")
    fields = {
        "name": line(name, "The study's name", MAX_NAME),
        "contact": _contact(contact),
        "description": paragraphs(description, "The description"),
    }
    try:
        with transaction.atomic():
            return Study.objects.create(slug=slug, seed=seed, created_at=now, **fields)
    except IntegrityError as error:
        raise InvalidStudy(f"There is a study {slug!r} already; choose another slug.") from error


@transaction.atomic
def copy(*, study: Study, slug: str, name: str, now: datetime) -> tuple[Study, dict[int, int]]:
    """A study with the same texts, seed and classes, and nobody in it; the ids of its classes by those of the other."""
    made = create(slug=slug, name=name, now=now, seed=study.seed, contact=study.contact, description=study.description)
    instruct(
        study=made,
        guidelines=study.guidelines,
        content_warning=study.content_warning,
        photographs_only=study.photographs_only,
    )
    name_authors(study=made, authors=study.authors)
    return made, copy_classes(study=study, made=made)


def instruct(
    *,
    study: Study,
    guidelines: str | None = None,
    content_warning: str | None = None,
    photographs_only: bool | None = None,
    contact: str | None = None,
    description: str | None = None,
) -> None:
    """Change what workers read; what is not given stays as it is."""
    if guidelines is not None:
        study.guidelines = paragraphs(guidelines, "The guidelines")
    if content_warning is not None:
        study.content_warning = paragraphs(content_warning, "The content warning")
    if photographs_only is not None:
        study.photographs_only = photographs_only
    if contact is not None:
        study.contact = _contact(contact)
    if description is not None:
        study.description = paragraphs(description, "The description")
    study.save(update_fields=["guidelines", "content_warning", "photographs_only", "contact", "description"])


def name_authors(*, study: Study, authors: str) -> None:
    """Whom citations name, of sets that are frozen from now on: one author a line."""
    study.authors = texts.authors(authors)
    study.save(update_fields=["authors"])


def add_researcher(*, study: Study, user: Any) -> None:
    """Let this person see and run the study."""
    study.researchers.add(user)


def remove_researcher(*, study: Study, user: Any) -> None:
    """They see nothing of the study any more; what they did and decided stays."""
    study.researchers.remove(user)


@transaction.atomic
def add_reviewer(*, study: Study, user: Any) -> bool:
    """Let this person see the study's reviews, and nothing else; no change where they see all of it anyway."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if study.researchers.filter(pk=user.pk).exists():
        return False
    study.reviewers.add(user)
    return True


def remove_reviewer(*, study: Study, user: Any) -> None:
    """They see nothing of the study any more; what they said in reviews stays."""
    study.reviewers.remove(user)


def _contact(text: str) -> str:
    return line(text, "The contact", MAX_NAME) if text.strip() else ""
