from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from annotation import duplicates, examples, quality, studies
from annotation.errors import CannotLaunch, InvalidDecision
from annotation.models import Effect, RuleSetting, Study, TargetClass
from annotation.models.money import minor_units
from annotation.platforms.local import AssignmentClaim
from annotation.serving.slots import Answer
from annotation.studies import TargetClassSpec
from evaluation import conditions
from evaluation.errors import CannotRequest


class DuplicateSearchForm(forms.Form):
    """In how many bits the hashes of two images may differ that people are to look at."""

    max_distance = forms.IntegerField(
        label="Distance in bits",
        min_value=0,
        max_value=duplicates.MAX_DISTANCE,
        initial=duplicates.STANDARD_DISTANCE,
        error_messages={
            "required": "Say in how many bits two hashes may differ.",
            "invalid": "The distance is a whole number of bits.",
        },
    )


class ConditionForm(forms.Form):
    """What is done to the images of a run; a kind that needs a severity and is given none means all five."""

    kind = forms.ChoiceField(
        label="Condition",
        choices=[(kind, condition.spelled()) for kind, condition in conditions.CONDITIONS.items()],
        initial="gaussian_noise",
    )
    settings = forms.CharField(
        label="Settings",
        max_length=40,
        required=False,
        help_text="What follows the colon, such as 3 for severity 3. Empty: each severity.",
    )

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        name = f"{fields.get('kind', '')}:{fields.get('settings', '')}".rstrip(":")
        try:
            fields["conditions"] = conditions.expand(name)
        except CannotRequest as error:
            raise forms.ValidationError(str(error)) from error
        return fields


class GridForm(forms.Form):
    """What a worker says about a grid: the positions selected, or that none is to be."""

    selected = forms.TypedMultipleChoiceField(coerce=int, required=False)
    not_seen = forms.TypedMultipleChoiceField(coerce=int, required=False)
    none = forms.BooleanField(required=False)
    key = forms.UUIDField(required=False)

    def __init__(self, *args: Any, num_positions: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(position), str(position)) for position in range(num_positions)]
        for name in ("selected", "not_seen"):
            field = self.fields[name]
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = choices
            field.error_messages["invalid_choice"] = _(
                "“%(value)s” is not a position of this grid: they go from 0 to %(last)d. "
                "Reload the page and select again."
            ) % {"value": "%(value)s", "last": num_positions - 1}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["none"] and cleaned["selected"]:
            raise forms.ValidationError(_("You selected images and ticked “none of these”. Undo one of the two."))
        if not cleaned["none"] and not cleaned["selected"]:
            raise forms.ValidationError(_("You selected no image. If that is your answer, tick “none of these”."))
        return cleaned


POSITIONS = {str(position): position for position in range(1000)}


def plain_answer(data: QueryDict, claim: AssignmentClaim) -> Answer | None:
    """What a page sends as a rule, read without building a form; none of anything else, which `GridForm` explains."""
    try:
        selected, not_seen = ([POSITIONS[value] for value in data.getlist(name)] for name in ("selected", "not_seen"))
        key = UUID(str(data["key"])) if data.get("key") else None
    except (KeyError, ValueError):
        return None
    if data.getlist("none") != ([] if selected else ["1"]):
        return None
    return Answer(claim.assignment_id, claim.worker_id, claim.link_number, selected, not_seen, key)


def _text(rows: int, **options: Any) -> forms.CharField:
    """Text of several lines, as much as a study may hold."""
    return forms.CharField(
        required=False, max_length=studies.MAX_TEXT, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


class InstructionsForm(forms.Form):
    """What workers read; what a text may hold is decided by the verb."""

    description = _text(3, label="What the study is about", help_text="Shown to people who are invited.")
    contact = forms.CharField(
        max_length=studies.MAX_NAME, required=False, help_text="Who runs the study and how to reach them."
    )
    content_warning = _text(2, help_text="What may upset somebody; shown before they agree. Empty: no warning.")
    guidelines = _text(8, help_text="Further rules, shown with every grid. An empty line begins a new paragraph.")
    photographs_only = forms.BooleanField(
        required=False, help_text="Tells workers to leave out drawings, paintings and computer graphics."
    )

    @classmethod
    def of(cls, study: Study) -> dict[str, Any]:
        """What it says now."""
        return {name: getattr(study, name) for name in cls.base_fields}


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files at once; Django's own field takes one."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in given or [None]]


class ExampleForm(forms.Form):
    """Pictures of one class with the same answer."""

    target_class = forms.ModelChoiceField(TargetClass.objects.none(), to_field_name="class_id", empty_label=None)
    shows_class = forms.TypedChoiceField(
        label="The answer",
        choices=[("yes", "They show it: to be selected"), ("no", "They do not show it: to be left out")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )
    pictures = ManyFilesField(
        widget=ManyFilesInput(attrs={"accept": "image/*"}),
        help_text="One or several. A picture that is a candidate of this study is refused.",
    )
    caption = forms.CharField(
        max_length=examples.MAX_CAPTION, required=False, help_text="Why, for all of these; shown to workers."
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["target_class"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = study.target_classes.order_by("number")


class AuthorsForm(forms.Form):
    """Whom citations name; who may be named, and how, is decided by the study's verb."""

    authors = forms.CharField(
        required=False,
        max_length=studies.MAX_AUTHORS_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "O'Brien, Seán\nUniversity of Somewhere"}),
        help_text="Citations name them, or, where there are none, the researchers of the study as a whole. "
        "One per line: family name, comma, given name; without a comma, an organisation or somebody with one name. "
        "Sets that are frozen keep the authors they were frozen with.",
    )


class StudyForm(forms.Form):
    """A new study; what a study may be called and hold is decided by its verb."""

    name = forms.CharField(max_length=200, help_text="Shown to workers and in the report.")
    slug = forms.SlugField(max_length=80, label="Address", help_text="Letters, digits and hyphens; can't be changed.")
    contact = forms.CharField(
        max_length=200, required=False, help_text="Who runs the study and how to reach them; shown to workers."
    )
    authors = AuthorsForm.base_fields["authors"]
    content_warning = _text(2, help_text="What may upset a worker; shown before they agree. Empty: no warning.")
    photographs_only = forms.BooleanField(
        required=False, initial=True, help_text="Tells workers to leave out drawings, paintings and computer graphics."
    )
    seed = forms.IntegerField(min_value=0, max_value=2**63 - 1, initial=0, help_text="Every random draw follows it.")
    classes = forms.CharField(
        label="Target classes",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "placeholder": "n02879718, bow\nn02690373, airliner"}),
        help_text="One per line: class id, comma, name. Folders of images are matched by either. "
        "Empty: import a list of classes afterwards.",
    )

    def clean_classes(self) -> list[TargetClassSpec]:
        specs = []
        for number, line in enumerate(self.cleaned_data["classes"].splitlines(), start=1):
            if not line.strip():
                continue
            class_id, comma, name = (part.strip() for part in line.partition(","))
            if not (comma and class_id and name):
                raise forms.ValidationError(f"Line {number} must be a class id, a comma and a name.")
            specs.append(TargetClassSpec(class_id, name))
        return specs


class ComposeForm(forms.Form):
    """How many images a grid has, and how many of them are known ones."""

    num_positions = forms.IntegerField(label="Images per grid", min_value=1, max_value=1000, required=False)
    num_controls = forms.IntegerField(
        label="Known ones of each kind",
        min_value=0,
        max_value=100,
        required=False,
        help_text="So many of the class, and as many not.",
    )


class LaunchForm(forms.Form):
    """The terms of a batch."""

    num_assignments = forms.IntegerField(label="Workers per grid", min_value=1, max_value=1000, initial=10)
    lease_minutes = forms.IntegerField(label="Minutes to hand one in", min_value=1, max_value=10_080, initial=30)
    pay = forms.DecimalField(
        label="Pay per grid",
        min_value=0,
        max_digits=12,
        required=False,
        help_text="For each accepted one; empty: nothing.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        strip=True,
        required=False,
        max_length=3,
        help_text="Three letters, such as EUR.",
        error_messages={"invalid": "Give the three letters of the currency, such as EUR."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        currency, pay = cleaned["currency"].upper(), cleaned["pay"] or Decimal(0)
        return cleaned | {"currency": currency, "pay_minor_units": units_of(pay, currency)}


def units_of(amount: Decimal, currency: str) -> int:
    """What somebody typed, in the currency's smallest unit; what it has no coin for is said beside the field."""
    try:
        return minor_units(amount, currency)
    except CannotLaunch as error:
        raise forms.ValidationError(str(error)) from error


class CutForm(forms.Form):
    """A selection frequency that candidates are to lie on one side of, in percent."""

    cut = forms.FloatField(
        label="Selection frequency (%)", min_value=1, max_value=99, help_text="Such as the threshold of the easier set."
    )


class TopUpForm(LaunchForm):
    """The terms of a top-up."""

    cut = forms.FloatField(min_value=1, max_value=99, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["num_assignments"].label = "Workers more per grid"


class InvitationForm(forms.Form):
    """A new invitation; what it may be is decided by its verb."""

    name = forms.CharField(max_length=100, help_text="To whom is it sent? For you only: workers don't see it.")
    max_workers = forms.IntegerField(
        label="Workers at most",
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="Empty: as many as come.",
    )
    expires_at = forms.DateTimeField(
        label="Open until (UTC)",
        required=False,
        help_text="Date and time in UTC, not of your own place. Empty: until you withdraw it.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class PlanForm(forms.Form):
    """What a plan is asked for, read from the address."""

    change = forms.FloatField(
        label="Accuracy change to see (points)", min_value=0.1, max_value=50, help_text="A loss of this many points."
    )
    accuracy = forms.FloatField(label="Accuracy on the original (%)", min_value=1, max_value=99)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned["accuracy"] - cleaned["change"] < 0.5:
            raise forms.ValidationError("The accuracy can't fall by more than there is of it: choose a smaller change.")
        return cleaned


class DecisionForm(forms.Form):
    """What is decided about a worker, and why."""

    effect = forms.ChoiceField(choices=Effect.choices)
    reason = forms.CharField(max_length=quality.MAX_REASON)


class ReversalForm(forms.Form):
    """Why a decision is reversed."""

    reason = forms.CharField(max_length=quality.MAX_REASON)


class RuleForm(forms.Form):
    """How a study uses one rule."""

    threshold = forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}))
    effect = forms.ChoiceField(choices=Effect.choices, label="Proposes to")
    is_automatic = forms.BooleanField(required=False, label="Decides by itself at each review")

    def __init__(self, data: QueryDict | None = None, *, setting: RuleSetting) -> None:
        self.rule, self.chosen_for = quality.RULES[setting.rule], setting.version
        now = {name: getattr(setting, name) for name in ("threshold", "effect", "is_automatic")}
        super().__init__(data, prefix=setting.rule, initial=now)
        self.fields["threshold"].help_text = f"{self.rule.least:g} to {self.rule.most:g}, {self.rule.unit}."

    def clean_threshold(self) -> float:
        try:
            return self.rule.checked(self.cleaned_data["threshold"])
        except InvalidDecision as error:
            raise forms.ValidationError(str(error)) from error


class Filter(forms.Form):
    """A form that is read from the address; what it does not understand is left out."""

    def chosen(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name)

    def query(self) -> str:
        """The understood part of the address, for the links to other pages."""
        self.is_valid()
        return urlencode({name: self.data[name] for name in self.cleaned_data if self.data.get(name)})


class ClassFilter(Filter):
    """One target class of a study, by its class id."""

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["class"] = forms.ModelChoiceField(
            study.target_classes.order_by("number"), to_field_name="class_id", required=False, empty_label="All classes"
        )
        self.order_fields(["class"])
