from typing import Any

from django import forms


class GridForm(forms.Form):
    """What a worker says about a grid: the positions selected, or that none is to be."""

    selected = forms.TypedMultipleChoiceField(coerce=int, required=False)
    not_seen = forms.TypedMultipleChoiceField(coerce=int, required=False)
    none = forms.BooleanField(required=False)

    def __init__(self, *args: Any, num_positions: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(position), str(position)) for position in range(num_positions)]
        for name in ("selected", "not_seen"):
            field = self.fields[name]
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = choices
            field.error_messages["invalid_choice"] = (
                f"“%(value)s” is not a position of this grid: they go from 0 to {num_positions - 1}. "
                "Reload the page and select again."
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["none"] and cleaned["selected"]:
            raise forms.ValidationError("You selected images and ticked “none of these”. Undo one of the two.")
        if not cleaned["none"] and not cleaned["selected"]:
            raise forms.ValidationError("You selected no image. If that is your answer, tick “none of these”.")
        return cleaned
