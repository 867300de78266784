from django import forms
from django.core.files.uploadedfile import UploadedFile

from annotation import inviting, workers
from annotation.inviting import Letter


class PeopleForm(forms.Form):
    """A list of people, as a file."""

    file = forms.FileField(
        label="List of people",
        help_text="A CSV file, as spreadsheets save it. Its first line is name,email; language (en or ar) and note may "
        "follow.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > inviting.MAX_BYTES:
            raise forms.ValidationError(f"The file has {file.size:,} bytes; at most {inviting.MAX_BYTES:,} are taken.")
        return file


class LetterForm(forms.Form):
    """What people are written; what it may be is decided by its verb."""

    subject = forms.CharField(max_length=200, help_text="{name} stands for the person's name.")
    body = forms.CharField(
        label="Text",
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 11, "dir": "auto"}),
        help_text="Plain text. {name} and {link} stand for those of each person. Left as it is, everybody gets it in "
        "the language of their line.",
    )

    def letter(self) -> Letter:
        return Letter(self.cleaned_data["subject"], self.cleaned_data["body"])


class SheetForm(forms.Form):
    """Codes for people who get a sheet of paper."""

    name = forms.CharField(max_length=workers.MAX_NAME - 5, help_text="Who gets the sheet? Workers don't see it.")
    number = forms.IntegerField(label="Codes", min_value=1, max_value=workers.MAX_SHEET, initial=30)


class CodesForm(forms.Form):
    """Completion codes as workers send them in."""

    codes = forms.CharField(
        label="Completion codes",
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text="One on each line.",
    )
