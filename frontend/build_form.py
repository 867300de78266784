"""The form that builds test sets: a field for every parameter of a strategy, from the parameter's own description."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from annotation.errors import CannotBuild
from annotation.models import JudgementFilter, Strategy, Study
from annotation.strategies import STRATEGIES, Parameters, ParameterSpec, all_parameters, taken_by, takers_of
from annotation.testsets import read_parameters


def judgements_field() -> forms.ModelChoiceField:
    """Whose judgements count; the standard filter where none is chosen."""
    return forms.ModelChoiceField(
        JudgementFilter.objects.none(),
        label="Judgements",
        to_field_name="slug",
        empty_label="Standard",
        required=False,
        help_text="Whose judgements count.",
    )


def offer_filters(form: forms.Form, study: Study) -> None:
    """Those of the study, in a form that has such a field."""
    chosen = form.fields["judgement_filter"]
    assert isinstance(chosen, forms.ModelChoiceField)
    chosen.queryset = study.judgement_filters.exclude(slug=JudgementFilter.STANDARD).order_by("pk")


class Folded(forms.Form):
    """What all sets have in common comes first; what only some take is folded away."""

    def common(self) -> Iterator[BoundField]:
        """What every set needs."""
        return (field for field in self if not _is_particular(field.name))

    def particular(self) -> Iterator[BoundField]:
        """What some strategies take."""
        return (field for field in self if _is_particular(field.name))

    def is_unfolded(self) -> bool:
        """Whether something is to be put right in what is folded away."""
        return any(field.errors for field in self.particular())


class BuildForm(Folded):
    """All that is asked for building every set."""

    seed = forms.IntegerField(min_value=0, max_value=2**63 - 1, help_text="The same one draws the same images again.")
    judgement_filter = judgements_field()

    def __init__(self, data: QueryDict | None = None, *, study: Study) -> None:
        super().__init__(data, initial={"seed": study.seed})
        for name, spec in all_parameters().items():
            self.fields[name] = field_of(spec)
        offer_filters(self, study)
        self.order_fields(["images_per_class", "min_judgements"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            return cleaned | {"parameters": _parameters(cleaned)}
        except CannotBuild as error:
            raise forms.ValidationError(str(error)) from error


def _parameters(cleaned: dict[str, Any]) -> dict[Strategy, Parameters]:
    return {strategy: read_parameters(strategy, taken_by(strategy, cleaned)) for strategy in STRATEGIES}


class FractionField(forms.CharField):
    """A fraction as text, exact, such as 7/10."""

    def __init__(self, *, spec: ParameterSpec, **kwargs: Any) -> None:
        self.spec = spec
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> Fraction:
        try:
            found: Fraction = self.spec.checked(self.spec.read(super().clean(value)))
        except CannotBuild as error:
            raise forms.ValidationError(str(error)) from error
        return found


def field_of(spec: ParameterSpec) -> forms.Field:
    """A parameter as a person gives it."""
    takers = [str(strategy.label) for strategy in takers_of(spec)]
    told = spec.help if _is_common(spec) else f"{spec.help} Of {' and '.join(takers)}."
    if spec.kind is int:
        return forms.IntegerField(
            initial=spec.default, label=spec.label, min_value=spec.least, max_value=spec.most, help_text=told
        )
    if spec.kind is bool:
        return forms.BooleanField(initial=spec.default, label=spec.label, required=False, help_text=told)
    return FractionField(initial=str(spec.default), label=spec.label, help_text=told, spec=spec)


def _is_particular(name: str) -> bool:
    spec = all_parameters().get(name)
    return spec is not None and not _is_common(spec)


def _is_common(spec: ParameterSpec) -> bool:
    return len(takers_of(spec)) == len(STRATEGIES)
