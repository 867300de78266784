"""The criteria as a form that is read from the address."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.http import urlencode

from annotation.candidates import criteria as reading
from annotation.candidates.criteria import Criteria, State
from annotation.errors import InvalidCriteria
from annotation.models import Collection, Exclusion, Origin, Study

ALWAYS_SHOWN = ("class", "origin", "state")
EITHER = {"yes": True, "no": False}
SEPARATOR = ";"
RENAMED = {"class": "target_classes"}


def _either(label: str, both: str, yes: str, no: str) -> forms.TypedChoiceField:
    choices = [("", both), ("yes", yes), ("no", no)]
    return forms.TypedChoiceField(
        choices=choices, coerce=EITHER.__getitem__, empty_value=None, required=False, label=label
    )


def _text(label: str) -> forms.CharField:
    return forms.CharField(required=False, max_length=reading.MAX_TEXT, label=label)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        required=False, label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _number(label: str, most: int = reading.MAX_PIXELS) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=most, label=label)


def _aspect(label: str) -> forms.FloatField:
    return forms.FloatField(
        required=False, max_value=reading.MAX_ASPECT, label=label, widget=forms.NumberInput(attrs={"step": "any"})
    )


class CriteriaForm(forms.Form):
    """Which candidates are meant. What a page does not understand filters nothing there, and it says so."""

    origin = forms.ChoiceField(choices=[("", "Both origins"), *Origin.choices], required=False)
    state = forms.ChoiceField(choices=[("", "Included and excluded"), *State.choices], required=False)
    reason = forms.ChoiceField(
        choices=[("", "Any reason"), *Exclusion.Reason.choices], required=False, label="Excluded because it"
    )
    has_picture = _either("Picture", "With and without", "With a picture", "Without a picture")
    is_measured = _either("Judgements", "Measured or not", "Measured", "Not measured yet")
    collection: "forms.ModelChoiceField[Collection]" = forms.ModelChoiceField(
        Collection.objects.none(), required=False, empty_label="Any collection"
    )
    source = _text("Source contains")
    owner = _text("Owner contains")
    licence = _text("Licence contains")
    query = _text("Words it was found with contain")
    taken_from = _day("Taken from")
    taken_until = _day("Taken until")
    uploaded_from = _day("Uploaded from")
    uploaded_until = _day("Uploaded until")
    min_width = _number("Width from, pixels")
    max_width = _number("Width to, pixels")
    min_height = _number("Height from, pixels")
    max_height = _number("Height to, pixels")
    min_bytes = _number("File from, bytes", reading.MAX_BYTES)
    max_bytes = _number("File to, bytes", reading.MAX_BYTES)
    min_aspect = _aspect("Width ÷ height from")
    max_aspect = _aspect("Width ÷ height to")
    format = _text("Format of the file")
    bulk_exclusion = forms.IntegerField(required=False, min_value=1, max_value=reading.MAX_ID, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, study: Study) -> None:
        super().__init__(data)
        self.study = study
        self.fields["class"] = forms.CharField(
            required=False,
            max_length=10_000,
            label="Class",
            widget=forms.TextInput(attrs={"list": "classes", "placeholder": "All classes", "autocomplete": "off"}),
        )
        self.fields["collection"].queryset = study.collections.order_by("-pk")  # type: ignore[attr-defined]

    @cached_property
    def target_classes(self) -> list[tuple[str, str]]:
        """Ids and names; a study may have thousands, so they are fetched once, and only where they are needed."""
        return list(self.study.target_classes.order_by("number").values_list("class_id", "name"))

    def clean_class(self) -> tuple[str, ...]:
        """Ids or names, with semicolons between them where there are several."""
        typed = self.cleaned_data["class"].strip()
        return tuple(self._class_id(each) for each in self._parts(typed))

    def _parts(self, typed: str) -> list[str]:
        if typed and any(typed in each for each in self.target_classes):
            return [typed]
        return [part.strip() for part in typed.split(SEPARATOR) if part.strip()]

    def _class_id(self, typed: str) -> str:
        by_id, wanted = dict(self.target_classes), typed.casefold()
        if typed in by_id:
            return typed
        found = next((class_id for class_id, name in self.target_classes if name.casefold() == wanted), None)
        if found is None:
            raise forms.ValidationError(f"The study has no class with the id or name “{typed[:100]}”.")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            Criteria.from_json(_asked(cleaned))
        except InvalidCriteria as error:
            raise forms.ValidationError(_in_words(str(error))) from error
        return cleaned

    @property
    def criteria(self) -> Criteria:
        """What is understood; all of it, where the form is valid."""
        self.is_valid()
        try:
            return Criteria.from_json(_asked(self.cleaned_data))
        except InvalidCriteria:
            return Criteria()

    @property
    def as_query(self) -> str:
        """The understood part of the address, for links."""
        self.is_valid()
        return urlencode({name: self.data[name] for name, value in self.cleaned_data.items() if _is_given(value)})

    @property
    def always_shown(self) -> Iterator[forms.BoundField]:
        return (self[name] for name in ALWAYS_SHOWN)

    @property
    def more(self) -> Iterator[forms.BoundField]:
        """The fields that are seldom needed."""
        return (self[name] for name in self.fields if name not in (*ALWAYS_SHOWN, "bulk_exclusion"))

    @property
    def has_more(self) -> bool:
        """Whether one of those says anything, understood or not."""
        return any(self.data.get(each.name) for each in self.more)

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """What is asked for, as a person reads it: the field and its value."""
        self.is_valid()
        return [(self._label(name), self._said(name)) for name, value in self.cleaned_data.items() if _is_given(value)]

    def _label(self, name: str) -> str:
        return "Excluded with" if name == "bulk_exclusion" else str(self[name].label)

    def _said(self, name: str) -> str:
        value = self.cleaned_data[name]
        if name == "class":
            names = dict(self.target_classes)
            return ", ".join(names[each] for each in value)
        if name == "bulk_exclusion":
            return f"bulk exclusion {value}"
        choices = dict(getattr(self.fields[name], "choices", ())) if name != "collection" else {}
        return str(choices.get(self.data[name], value))


def from_criteria(criteria: Mapping[str, Any]) -> QueryDict:
    """The address of criteria that a row keeps."""
    data = QueryDict(mutable=True)
    for name, value in criteria.items():
        if name == "target_classes":
            data["class"] = SEPARATOR.join(value)
        elif isinstance(value, bool):
            data[name] = "yes" if value else "no"
        else:
            data[name] = str(value)
    return data


def _is_given(value: Any) -> bool:
    return value is not None and value not in ("", ())


def _asked(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    given = {RENAMED.get(name, name): value for name, value in cleaned.items() if _is_given(value)}
    if "collection" in given:
        given["collection"] = given["collection"].pk
    return given


def _in_words(problem: str) -> str:
    return problem[:1].upper() + problem[1:].replace("_", " ")
