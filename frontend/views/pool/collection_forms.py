"""The forms that a collection is started with, one for each way in, and in words what was told by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from annotation import collecting
from annotation.collecting import Wanted
from annotation.models import Collection, Origin
from annotation.sources.flickr import LICENCES, FlickrOptions, SafeSearch, Sort

SERVER, BUCKET, UPLOAD, FLICKR = "server", "bucket", "upload", "flickr"
SORTS = {
    Sort.RELEVANCE: "Most relevant first",
    Sort.INTERESTINGNESS_DESC: "Most interesting first, as Flickr finds",
    Sort.INTERESTINGNESS_ASC: "Least interesting first",
    Sort.DATE_POSTED_DESC: "Uploaded last first",
    Sort.DATE_POSTED_ASC: "Uploaded first first",
    Sort.DATE_TAKEN_DESC: "Taken last first",
    Sort.DATE_TAKEN_ASC: "Taken first first",
}
KINDS = {
    "folder": "Folder",
    "manifest": "Table",
    "upload": "Table handed in",
    "s3": "Bucket",
    "webdataset": "WebDataset shards",
    "huggingface": "Datasets folder",
    "flickr": "Flickr",
}
DEFAULTS = FlickrOptions()


class CollectionForm(forms.Form):
    """What every collection is told."""

    origin = forms.ChoiceField(
        label="The images are",
        choices=[(Origin.POOL, "candidates of the pool"), (Origin.ORIGINAL, "the original test set")],
        initial=Origin.POOL,
        widget=forms.RadioSelect,
    )

    def wanted(self) -> Wanted:
        """What is asked for by it; raises where it can't be."""
        raise NotImplementedError

    @property
    def as_what(self) -> Origin:
        return Origin(self.cleaned_data["origin"])


class ServerForm(CollectionForm):
    """A folder or table of the server."""

    address = forms.CharField(
        label="Folder or table",
        max_length=collecting.MAX_ADDRESS,
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off", "spellcheck": "false"}),
        help_text="A folder with a folder per class, a table (CSV, JSONL, parquet) with the columns path and class_id, "
        "WebDataset shards, or a datasets folder.",
    )
    field_order = ["address", "origin"]

    def wanted(self) -> Wanted:
        return collecting.allowed(address=self.cleaned_data["address"].strip(), origin=self.as_what)


class BucketForm(ServerForm):
    """What lies in a bucket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["address"]
        field.label = "Address"
        field.help_text = "Such as s3://BUCKET/FOLDER, with a folder per class below it, or s3://BUCKET/TABLE.csv."
        field.widget = forms.TextInput(
            attrs={"list": "places", "autocomplete": "off", "spellcheck": "false", "placeholder": "s3://"}
        )


class UploadForm(CollectionForm):
    """A table that names addresses of pictures on the web."""

    file = forms.FileField(
        label="Table",
        help_text="CSV, JSONL or parquet with the columns url (such as https://example.org/bow.jpg) and class_id, "
        f"perhaps licence and taken_at; at most {collecting.MAX_UPLOAD_BYTES // 2**20} MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.jsonl,.parquet"}),
    )
    field_order = ["file", "origin"]

    def wanted(self) -> Wanted:
        file = self.cleaned_data["file"]
        content = file.read(collecting.MAX_UPLOAD_BYTES + 1)
        return collecting.uploaded(name=file.name, content=content, origin=self.as_what)


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


class FlickrForm(CollectionForm):
    """What Flickr is asked for each class; what can't be is said by the options themselves."""

    min_taken = _day("Taken from")
    max_taken = _day("Taken until")
    min_uploaded = _day("Uploaded from")
    max_uploaded = _day("Uploaded until")
    licences = forms.TypedMultipleChoiceField(
        choices=[(str(number), licence.name) for number, licence in LICENCES.items()],
        coerce=int,
        initial=[str(number) for number in DEFAULTS.licences],
        widget=forms.CheckboxSelectMultiple,
    )
    sort = forms.ChoiceField(label="Order", choices=list(SORTS.items()), initial=DEFAULTS.sort)
    per_query = forms.IntegerField(
        label="Results of each search",
        min_value=1,
        initial=DEFAULTS.per_query,
        help_text="So many are looked at for each name of a class.",
    )
    wanted_per_class = forms.IntegerField(
        label="Wanted per class",
        min_value=1,
        required=False,
        help_text="Wider searches end once a class has so many. Empty: without wider searches.",
    )
    use_wider = forms.BooleanField(label="Search wider where a class runs short", required=False)
    safe_search = forms.ChoiceField(
        label="Safe search",
        choices=[(each, each.capitalize()) for each in SafeSearch],
        initial=DEFAULTS.safe_search,
    )
    field_order = [
        "min_taken", "max_taken", "min_uploaded", "max_uploaded", "licences", "sort", "per_query", "wanted_per_class",
        "use_wider", "safe_search", "origin",
    ]  # fmt: skip

    def wanted(self) -> Wanted:
        told = {name: value for name, value in self.cleaned_data.items() if name != "origin"}
        days = {name: value.isoformat() if value else None for name, value in told.items() if _is_day(name)}
        return collecting.searched(options=told | days, origin=self.as_what)


def days_of(query: QueryDict) -> dict[str, str]:
    """The days that an address names, such as those of the original: what the form of Flickr begins with."""
    return {name: query.get(name, "") for name in FlickrForm.base_fields if _is_day(name)}


def _is_day(name: str) -> bool:
    return name.startswith(("min_", "max_"))


@dataclass(frozen=True)
class Way:
    """A way in, and whether it is possible here."""

    name: str
    title: str
    text: str
    form: type[CollectionForm]
    needed: str = ""
    """What the operator must set, where that is not done."""


def ways() -> list[Way]:
    """All there are, those that are possible first."""
    found = [
        Way(
            SERVER,
            "A folder of the server",
            "Images in a folder per class, a table that names files, WebDataset shards or a datasets folder.",
            ServerForm,
            "" if settings.COLLECT_FROM else "COLLECT_FROM",
        ),
        Way(
            UPLOAD,
            "A table with addresses",
            "Hand in a table; the pictures that it names are downloaded, from public addresses only.",
            UploadForm,
        ),
        Way(
            FLICKR,
            "Flickr",
            "Photos found by the names of your classes, with their licences, owners and dates.",
            FlickrForm,
            "" if collecting.has_flickr() else "FLICKR_API_KEY",
        ),
        Way(
            BUCKET,
            "A bucket",
            "The same as a folder, in an S3-compatible store.",
            BucketForm,
            "" if settings.COLLECT_BUCKETS or collecting.asks_public_buckets() else "COLLECT_BUCKETS",
        ),
    ]
    return sorted(found, key=lambda way: bool(way.needed))


def told_of(collection: Collection) -> list[tuple[str, str]]:
    """What the source was told, each with its label."""
    if collection.kind != "flickr":
        return []
    return list(_flickr_words(collection.options))


def _flickr_words(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = {**{name: str(field.label or name.capitalize()) for name, field in FlickrForm.base_fields.items()}}
    words = [
        (names["per_query"], f"{told['per_query']:,}"),
        (names["sort"], SORTS[Sort(told["sort"])]),
        ("Taken", _window(told["min_taken"], told["max_taken"])),
        ("Uploaded", _window(told["min_uploaded"], told["max_uploaded"])),
        ("Licences", ", ".join(LICENCES[number].name for number in told["licences"])),
        ("Wider searches", f"until a class has {told['wanted_per_class']:,}" if told["use_wider"] else "none"),
        (names["safe_search"], str(told["safe_search"])),
    ]
    if told["max_side"]:
        words.append(("Longest side", f"at most {told['max_side']:,} pixels"))
    return words


def _window(first: str | None, last: str | None) -> str:
    if first and last:
        return f"{first} to {last}"
    return f"from {first}" if first else f"until {last}" if last else "whenever"
