"""Forms about pay and messages."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from annotation import messages, quality
from annotation.models import LedgerEntry
from annotation.models.money import num_decimals, written
from annotation.payments import rejections
from frontend.forms import units_of

LONGEST_PURPOSE = 300
OWN_WORDS = ""
# Each long enough for every platform; what was wrong with this one grid is added in the researcher's words.
REASONS = {
    "The controls were answered wrongly": (
        "Several images whose answer is known were answered wrongly: pictures that clearly show what was asked for "
        "were passed over, or pictures that clearly do not show it were selected."
    ),
    "Nothing was selected": (
        "The grid was handed in with nothing selected, although several of its images clearly show what was asked "
        "for. The guidelines ask to look at every image of the grid."
    ),
    "Everything was selected": (
        "All images of the grid were selected, although several of them clearly do not show what was asked for. The "
        "guidelines ask to look at every image of the grid."
    ),
    "It was too fast to have been looked at": (
        "The grid was handed in after so short a time that its images cannot have been looked at one by one, as the "
        "guidelines ask. The answers fit chance better than looking."
    ),
}


class RejectionForm(forms.Form):
    """Why a place is not paid: a standard reason, one's own words, or both."""

    standard = forms.ChoiceField(
        label="Reason",
        choices=[(OWN_WORDS, "In my own words"), *((text, name) for name, text in REASONS.items())],
        required=False,
    )
    words = forms.CharField(
        label="What was wrong, and where",
        max_length=rejections.LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, platform: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shortest = rejections.shortest_reason(platform)
        least = f" {platform.capitalize()} wants {shortest} characters or more, together." if shortest > 1 else ""
        self.fields["words"].help_text = f"The worker reads it.{least}"

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        fields["reason"] = " ".join(part for name in ("standard", "words") if (part := fields.get(name, "").strip()))
        return fields


class ReversalForm(forms.Form):
    """Why a rejection is taken back."""

    reason = forms.CharField(
        max_length=quality.MAX_REASON, label="Why", help_text="The worker reads it, and it stays in the books."
    )


class BonusForm(forms.Form):
    """How much, and what for."""

    amount = forms.DecimalField(label="Amount", min_value=Decimal(0), max_digits=10, decimal_places=3)
    purpose = forms.CharField(
        label="What for", max_length=LONGEST_PURPOSE, help_text="The worker reads it. The same purpose is paid once."
    )
    is_paid_there = forms.BooleanField(
        label="It was paid on the platform’s own page already: only write it down", required=False
    )

    def __init__(self, *args: Any, currency: str, is_outside: bool, has_work: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.is_entered = currency, is_outside and not has_work
        digits = num_decimals(currency)
        amount = self.fields["amount"]
        amount.label = f"Amount in {currency}"
        amount.widget.attrs |= {"step": str(Decimal(1).scaleb(-digits)), "min": str(Decimal(1).scaleb(-digits))}
        if self.is_entered:  # nothing was handed in here that could be paid for
            self.fields["purpose"].help_text = "As it was written there; the same purpose is entered once."
        if self.is_entered or not is_outside:
            del self.fields["is_paid_there"]

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or self.cleaned_data
        return fields | {"is_paid_there": self.is_entered or fields.get("is_paid_there", False)}

    def clean_amount(self) -> int:
        units = units_of(self.cleaned_data["amount"], self.currency)
        if units < 1:
            raise forms.ValidationError("Say how much it is.")
        return units


class GivingUpForm(forms.Form):
    """Why a payment that the platform refuses is not made."""

    reason = forms.CharField(
        max_length=quality.MAX_REASON, label="Why", help_text="It stays in the books. The worker does not read it."
    )


class RefundForm(forms.Form):
    """Which payment, how much of it came back, and why."""

    payment = forms.ChoiceField(label="Payment")
    amount = forms.DecimalField(
        label="Amount",
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=3,
        help_text="With the fee, if that came back.",
    )
    reason = forms.CharField(max_length=quality.MAX_REASON, label="Why", help_text="It stays in the books.")

    def __init__(self, *args: Any, payments: Sequence[LedgerEntry], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        chosen = self.fields["payment"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [
            (each.token, f"{each.get_kind_display().capitalize()}: {written(each.minor_units, currency)}")
            for each in payments
        ]

    def clean_amount(self) -> int:
        return units_of(self.cleaned_data["amount"], self.currency)


class MessageForm(forms.Form):
    """What a researcher writes to a worker."""

    text = forms.CharField(
        label="Your message", max_length=messages.MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    rejection = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
