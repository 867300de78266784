from typing import Any

from django import forms

from annotation.models import ClassReview, Verdict
from annotation.models.review import MAX_NOTE
from annotation.reviews.rounds import MAX_REVIEWERS

KEEP = "keep"
KEYS = {
    Verdict.Reason.WRONG_CLASS: "w",
    Verdict.Reason.UNCLEAR: "n",
    Verdict.Reason.DRAWING: "d",
    Verdict.Reason.COMPOSITE: "m",
    Verdict.Reason.DUPLICATE: "s",
    Verdict.Reason.OFFENSIVE: "o",
    Verdict.Reason.ROTATED: "r",
    Verdict.Reason.OTHER: "x",
}
MARKS = [
    (ClassReview.State.REVIEWED, "reviewed"),
    (ClassReview.State.PROBLEMATIC, "problematic"),
    ("open", "open again"),
]


def _note(**options: Any) -> forms.CharField:
    return forms.CharField(required=False, max_length=MAX_NOTE, **options)


class VerdictForm(forms.Form):
    """What a person says about an image: keep it, or a reason to exclude it."""

    verdict = forms.ChoiceField(choices=[(KEEP, "keep"), *Verdict.Reason.choices])
    note = _note()


class MarkForm(forms.Form):
    """What a person says about a class as a whole."""

    mark = forms.ChoiceField(choices=MARKS)
    note = _note()


class ResolutionForm(forms.Form):
    verdict = forms.TypedChoiceField(
        choices=[(KEEP, "keep"), ("exclude", "exclude")], coerce=lambda value: value != KEEP
    )


class OpenReviewForm(forms.Form):
    num_reviewers = forms.IntegerField(
        label="People per class", min_value=1, max_value=MAX_REVIEWERS, initial=2, required=False
    )


class ReviewerForm(forms.Form):
    username = forms.CharField(label="User name", max_length=150)
