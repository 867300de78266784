"""The form of a launch: what is put to which workers, for how much, and what they read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst

from annotation import studies
from annotation.errors import CannotLaunch
from annotation.launches.drafting import Plan
from annotation.models import Launch, Study
from annotation.models.money import decimal_of, minor_units
from annotation.platforms.base import OUTSIDE, WORKFORCES
from annotation.platforms.own import SIMULATED
from annotation.platforms.paid import Unit
from frontend.forms import LaunchForm

DAY = 86_400
CHOICES = [name for name in WORKFORCES if name != SIMULATED]  # a rehearsal has a page of its own
COSTLY = (
    "platform", "classes", "num_assignments", "pay", "currency", "seconds_estimated", "num_grids", "num_pilot",
    "budget",
)  # fmt: skip
"""The fields on which the cost depends."""


class LaunchPlanForm(LaunchForm):
    """Everything that a launch says, on one page; a draft keeps it."""

    platform = forms.ChoiceField(choices=[(name, name) for name in CHOICES], widget=forms.RadioSelect, initial="local")
    classes = forms.TypedMultipleChoiceField(
        label="Only grids of these classes",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Class %(value)s has no grid that waits. Choose others, or none for all."},
    )
    seconds_estimated = forms.IntegerField(
        label="Seconds one grid takes",
        min_value=1,
        max_value=DAY,
        initial=120,
        help_text="As you expect it. Workers are told, and the hourly pay follows from it.",
    )
    lasts_days = forms.IntegerField(
        label="Days that places can be taken", min_value=1, max_value=90, initial=7, help_text="Then it closes."
    )
    num_grids = forms.IntegerField(
        label="Grids per place",
        min_value=1,
        max_value=1000,
        initial=1,
        help_text="That one participant does, one after the other, and is paid for together.",
    )
    allowed_group = forms.CharField(
        label="Only workers of this group",
        max_length=100,
        required=False,
        help_text="Its id there: of a participant group on Prolific, of a qualification type on Mechanical Turk. "
        "Empty: everyone.",
    )
    blocked_group = forms.CharField(
        label="No workers of this group",
        max_length=100,
        required=False,
        help_text="Its id there, such as of those who took part before. Empty: nobody is kept away.",
    )
    title = forms.CharField(
        max_length=120,
        required=False,
        help_text="What is to be done, such as “Select pictures that contain a bow”. Empty: named after the study.",
    )
    description = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: what the study says about itself.",
    )
    keywords = forms.CharField(max_length=400, required=False, help_text="With commas between them.")
    guidelines = forms.CharField(
        required=False,
        max_length=studies.MAX_TEXT,
        show_hidden_initial=True,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Shown with every grid of this study. Saving the draft changes them for all batches.",
    )
    num_pilot = forms.IntegerField(
        label="Pilot",
        min_value=0,
        max_value=1_000_000,
        initial=20,
        help_text="So many HITs (on Prolific: places) are put up first. You look at them, then put up the rest. "
        "0: all at once.",
    )
    budget = forms.DecimalField(
        label="Budget",
        min_value=0,
        max_digits=14,
        required=False,
        help_text="Pay, fees and bonuses together never pass it. Empty: no limit.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    field_order = ["platform", "classes", "num_assignments", "pay", "currency", "seconds_estimated", "lease_minutes"]

    def __init__(self, *args: Any, classes: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["classes"]
        assert isinstance(chosen, forms.TypedMultipleChoiceField)
        chosen.choices = [(str(pk), label) for pk, label in classes]

    def clean(self) -> dict[str, Any]:
        cleaned = forms.Form.clean(self) or self.cleaned_data
        if "platform" not in cleaned:
            return cleaned
        can = WORKFORCES[cleaned["platform"]]
        if can.unit is Unit.HIT:  # what doesn't apply to the platform says nothing, whatever was typed before
            cleaned["num_grids"] = 1
        if cleaned["platform"] not in OUTSIDE:
            cleaned["allowed_group"] = cleaned["blocked_group"] = ""
        elif "pay" in cleaned and not cleaned["pay"]:
            self.add_error("pay", "Say what a grid is paid: this platform has no unpaid work.")
        self._clean_money(cleaned, can.currencies)
        return cleaned

    def _clean_money(self, cleaned: dict[str, Any], currencies: tuple[str, ...]) -> None:
        """In smallest units; also beside errors elsewhere, since the cost is shown all the same."""
        cleaned["currency"] = currency = cleaned.get("currency", "").upper()
        if not cleaned.get("pay"):
            if cleaned.get("budget"):
                self.add_error("budget", "Nobody is paid, so there is nothing to limit: leave this empty.")
            return
        if not currency:
            if "currency" not in self.errors:
                self.add_error("currency", "Say in which currency, such as EUR.")
            return
        if currencies and currency not in currencies:
            self.add_error("currency", f"Choose {' or '.join(currencies)}: the platform pays in nothing else.")
        for name in ("pay", "budget"):
            amount = cleaned.get(name)
            try:
                cleaned[f"{name}_minor_units"] = None if amount is None else minor_units(amount, currency)
            except CannotLaunch as error:
                self.add_error(name, str(error))

    @property
    def plan(self) -> Plan:
        """What is typed so far; what isn't valid yet is as if nothing were said."""
        fields = self.cleaned_data
        pay = fields.get("pay_minor_units") or 0
        return Plan(
            platform=fields.get("platform", "local"),
            target_class_ids=tuple(fields.get("classes", ())),
            num_assignments=fields.get("num_assignments", 1),
            lease_seconds=fields.get("lease_minutes", 30) * 60,
            pay_minor_units=pay,
            currency=fields.get("currency", "") if pay else "",
            budget_minor_units=fields.get("budget_minor_units"),
            num_grids=fields.get("num_grids", 1),
            num_pilot=fields.get("num_pilot", 0),
            title=fields.get("title", ""),
            description=fields.get("description", ""),
            keywords=tuple(word for each in fields.get("keywords", "").split(",") if (word := each.strip())),
            seconds_estimated=fields.get("seconds_estimated", 120),
            lasts_seconds=fields.get("lasts_days", 7) * DAY,
            allowed_group=fields.get("allowed_group", ""),
            blocked_group=fields.get("blocked_group", ""),
        )

    @property
    def costly_errors(self) -> list[str]:
        """What keeps the cost from being known, a sentence each."""
        named = [(name, self.errors[name]) for name in COSTLY if name in self.errors]
        return [f"{capfirst(str(self[name].label))}: {' '.join(map(str, errors))}" for name, errors in named] + [
            str(error) for error in self.non_field_errors()
        ]


def typed(launch: Launch) -> dict[str, Any]:
    """A draft as it was typed."""
    return {
        "platform": launch.platform,
        "classes": launch.target_class_ids,
        "num_assignments": launch.num_assignments,
        "pay": _amount(launch.pay_minor_units or None, launch.currency),
        "currency": launch.currency,
        "budget": _amount(launch.budget_minor_units, launch.currency),
        "lease_minutes": launch.lease_seconds // 60,
        "lasts_days": launch.lasts_seconds // DAY,
        "keywords": ", ".join(launch.keywords),
        "guidelines": launch.study.guidelines,
        **{
            name: getattr(launch, name)
            for name in (
                "num_grids",
                "num_pilot",
                "title",
                "description",
                "seconds_estimated",
                "allowed_group",
                "blocked_group",
            )
        },
    }


def fresh(study: Study, *, pay: int, currency: str, seconds: int | None) -> dict[str, Any]:
    """What a new launch begins with: paid as the newest batch of the study, and taking as long as a grid took there."""
    begun = {"pay": _amount(pay or None, currency), "currency": currency, "guidelines": study.guidelines}
    return begun | ({"seconds_estimated": seconds} if seconds else {})


def _amount(units: int | None, currency: str) -> str | None:
    return None if units is None else f"{decimal_of(units, currency):f}"
