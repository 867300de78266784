"""Collections on pages: started, watched, stopped, resumed, accounted for."""

import html
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotation import collecting, tasks
from annotation.models import Collection, CollectionRefusal, Study
from tests.annotation.collecting import collected
from tests.annotation.collecting.collected import WHOLE, asked, claimed, sources

pytestmark = pytest.mark.django_db
PAGE = "/studies/digits/collections/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def study(researcher: User) -> Study:
    row = collected.study()
    row.researchers.add(researcher)
    return row


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.COLLECT_FROM = [str(tmp_path)]
    return collected.folder(tmp_path / "images")


def text_of(page: Any) -> str:
    return html.unescape(" ".join(page.content.decode().split()))


def start(client: Client, way: str, **fields: Any) -> Any:
    return client.post(f"{PAGE}new/?way={way}", {"origin": "pool"} | fields, follow=True)


def test_a_study_without_collections_says_what_they_are(researcher_client: Client, study: Study) -> None:
    said = text_of(researcher_client.get(PAGE))
    assert "No images were taken in yet" in said
    assert f'href="{PAGE}new/"' in said
    assert 'href="/studies/digits/candidates/" aria-current="true">Candidates' in said  # the stage that they belong to
    assert f'href="{PAGE}" aria-current="page">Collections' in said


def test_a_folder_is_taken_in_and_accounted_for(researcher_client: Client, study: Study, folder: Path) -> None:
    page = start(researcher_client, "server", address="images")
    row = Collection.objects.get()
    assert page.redirect_chain == [(f"{PAGE}{row.pk}/", HTTPStatus.FOUND)]
    assert "waiting for a consumer" in text_of(page)
    assert (row.requested_by, row.is_queued) == (User.objects.get(username="rosa"), True)
    tasks.collect(row.pk)
    said = text_of(researcher_client.get(f"{PAGE}{row.pk}/"))
    assert "What became of 11 images" in said
    assert 'Created: candidates that are new</th><td class="number">10</td>' in said
    assert "1/004x.png" in said
    assert f'href="/studies/digits/candidates/?collection={row.pk}">Look at its candidates' in said
    assert sources() == WHOLE


def test_what_can_be_named_is_suggested_and_what_can_not_be_is_refused_beside_the_form(
    researcher_client: Client, study: Study, folder: Path
) -> None:
    assert f'<option value="{folder.resolve()}">' in text_of(researcher_client.get(f"{PAGE}new/"))
    page = start(researcher_client, "server", address="/etc")
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert "There is no /etc in the folders that may be taken in from" in text_of(page)
    assert 'value="/etc"' in page.text
    assert not Collection.objects.exists()


def test_what_is_not_possible_here_says_what_the_operator_sets(
    researcher_client: Client, study: Study, settings: Any
) -> None:
    settings.COLLECT_S3 = settings.COLLECT_S3 | {"access_key": "key"}
    for way, setting in (("server", "COLLECT_FROM"), ("bucket", "COLLECT_BUCKETS"), ("flickr", "FLICKR_API_KEY")):
        said = text_of(researcher_client.get(f"{PAGE}new/?way={way}"))
        assert f"The operator sets <code>{setting}</code>" in said
    assert "Start</button>" in text_of(researcher_client.get(f"{PAGE}new/"))
    assert '<h2 id="form-title">A table with addresses</h2>' in text_of(researcher_client.get(f"{PAGE}new/"))


def test_a_table_is_handed_in(researcher_client: Client, study: Study) -> None:
    table = SimpleUploadedFile("photos.csv", b"url,class_id\nhttp://127.0.0.1/x.jpg,1\nx.png,2\n")
    start(researcher_client, "upload", file=table)
    row = Collection.objects.get()
    assert (row.kind, row.address) == ("upload", "photos.csv")
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_refused) == ("finished", 2)
    page = start(researcher_client, "upload", file=SimpleUploadedFile("photos.zip", b"PK"))
    assert "is no table" in text_of(page)


def test_the_days_of_an_address_stand_in_the_form(researcher_client: Client, study: Study, settings: Any) -> None:
    settings.FLICKR_API_KEY = "k"
    address = f"/studies/{study.slug}/collections/new/"
    page = researcher_client.get(address, {"way": "flickr", "min_taken": "2012-05-01", "per_query": "7"}).text
    assert 'name="min_taken" value="2012-05-01"' in page
    assert 'name="per_query" value="100"' in page


def test_flickr_is_asked_as_the_form_says(researcher_client: Client, study: Study, settings: Any) -> None:
    settings.FLICKR_API_KEY = "key"
    asked_of = {
        "min_taken": "2012-07-11", "max_taken": "2013-07-11", "licences": ["4", "5"], "sort": "relevance",
        "per_query": "50", "wanted_per_class": "20", "use_wider": "on", "safe_search": "safe",
    }  # fmt: skip
    page = start(researcher_client, "flickr", **asked_of)
    row = Collection.objects.get()
    assert (row.options["min_taken"], row.options["licences"], row.options["use_wider"]) == ("2012-07-11", [4, 5], True)
    said = text_of(page)
    for words in ("2012-07-11 to 2013-07-11", "CC BY 2.0, CC BY-SA 2.0", "until a class has 20", "whenever"):
        assert words in said
    page = start(researcher_client, "flickr", **asked_of | {"wanted_per_class": ""})
    assert "Say how many photos a class should have" in text_of(page)
    page = start(researcher_client, "flickr", **asked_of | {"min_taken": "2014-01-01"})
    assert "exchange the two days" in text_of(page)


def test_a_collection_is_stopped_and_resumed(researcher_client: Client, study: Study, folder: Path) -> None:
    row = asked(study, folder, is_queued=True)
    page = researcher_client.post(f"{PAGE}{row.pk}/stop/", follow=True)
    assert "What was taken in stays" in text_of(page)
    assert "Resume</button>" in text_of(page)
    page = researcher_client.post(f"{PAGE}{row.pk}/resume/", follow=True)
    assert "It goes on where it stands." in text_of(page)
    tasks.collect(row.pk)
    page = researcher_client.post(f"{PAGE}{row.pk}/resume/", follow=True)
    assert "This collection is finished. Start it anew" in text_of(page)


def test_a_failure_is_told_in_words_and_a_wait_with_its_end(
    researcher_client: Client, study: Study, folder: Path
) -> None:
    row = asked(study, folder)
    held = claimed(row)
    at = collecting.put_off(held=held, reason="Too many requests.", seconds=3600, now=timezone.now())
    said = text_of(researcher_client.get(f"{PAGE}{row.pk}/"))
    assert f"Too many requests. It goes on by itself at {at:%H:%M:%S} UTC." in said
    held = claimed(row, now=timezone.now() + timedelta(hours=2))
    collecting.fail(held=held, reason="The disk <b>has</b> gone.", now=timezone.now())
    page = researcher_client.get(f"{PAGE}{row.pk}/")
    assert "The disk &lt;b&gt;has&lt;/b&gt; gone." in page.text


def test_what_a_command_takes_in_says_how_to_go_on(researcher_client: Client, study: Study, folder: Path) -> None:
    row = asked(study, folder)
    assert f"import_images --study digits --resume {row.pk}" in text_of(researcher_client.get(f"{PAGE}{row.pk}/"))


def test_pages_count_on_until_there_is_nothing_more_to_count(
    researcher_client: Client, study: Study, folder: Path
) -> None:
    row = asked(study, folder, is_queued=True)
    for address in (PAGE, f"{PAGE}{row.pk}/"):
        part = researcher_client.get(address, **HTMX)
        assert (part.status_code, "<html" in part.text, "hx-trigger" in part.text) == (HTTPStatus.OK, False, True)
    tasks.collect(row.pk)
    for address in (PAGE, f"{PAGE}{row.pk}/"):
        part = researcher_client.get(address, **HTMX)
        assert (part.status_code, "hx-trigger" in part.text) == (286, False)


def test_all_refusals_are_fetched_as_a_table_that_no_spreadsheet_reckons_with(
    researcher_client: Client, study: Study, folder: Path
) -> None:
    row = asked(study, folder)
    CollectionRefusal.objects.create(collection=row, source="=1+1.png", reason="The file is empty.")
    fetched = researcher_client.get(f"{PAGE}{row.pk}/refused.csv")
    assert fetched.getvalue().decode() == "\ufeffsource,reason\r\n'=1+1.png,The file is empty.\r\n"
    assert fetched["Content-Disposition"] == f'attachment; filename="digits-collection-{row.pk}-refused.csv"'


def test_a_collection_of_another_study_is_not_found(researcher_client: Client, study: Study, folder: Path) -> None:
    row = asked(study, folder)
    Study.objects.filter(pk=study.pk).update(slug="theirs")
    collected.study().researchers.add(User.objects.get(username="rosa"))
    for what in ("", "refused.csv"):
        assert researcher_client.get(f"{PAGE}{row.pk}/{what}").status_code == HTTPStatus.NOT_FOUND
    for what in ("stop/", "resume/"):
        assert researcher_client.post(f"{PAGE}{row.pk}/{what}").status_code == HTTPStatus.NOT_FOUND
