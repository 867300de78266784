"""A list of people as files hold it: what is taken, what is refused on which line, and that nothing is half done."""

import re

import pytest

from annotation import inviting, workers
from annotation.errors import InvalidInvitation
from annotation.models import Invitation, Study
from annotation.spreadsheets import harmless
from tests import cast
from tests.at_once import at_once

HEAD = "name,email,language,note\n"


def one(line: str) -> inviting.Reading:
    return inviting.read((HEAD + line).encode())


def why(line: str) -> str:
    reading = one(line)
    assert reading.people == []
    (refused,) = reading.refusals
    assert refused.line == 2
    return refused.reason


# --- the file ---


@pytest.mark.parametrize(
    "content",
    [
        b"name,email\nLina,lina@example.org\n",
        "\ufeffname,email\r\nLina,lina@example.org\r\n".encode(),
        b"Name;E-Mail\nLina;LINA@example.org",
        b"email\tname\nlina@example.org\tLina\n",
        b"name,email\n\n , \nLina , lina@example.org\n\n",
        b'name,email,\n"Lina",lina@example.org,\n',
        "name,email\nLina,lina@example.org\n".encode("utf-16"),
    ],
)
def test_files_as_spreadsheets_save_them_are_read(content: bytes) -> None:
    reading = inviting.read(content)
    assert reading.refusals == []
    assert reading.people == [workers.Person(name="Lina", email="lina@example.org")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf \n", "The file is empty"),
        (b"Lina,lina@example.org\n", "name and email is missing"),
        (b"name\nLina\n", "email is missing"),
        (b"name,email,phone\n", "'phone' is none that is known"),
        (b"name,email,mail\n", "names a column twice"),
        ("name,email\nLina,l@example.org\nZoë,z@example.org".encode("latin-1"), "Line 3 is not in UTF-8"),
        (b"name,email\nLi\x00na,l@example.org\n", "Line 2 holds a zero byte"),
        (b'name,email\nLina,l@example.org\n"Zoe,z@example.org\n', "can't be read"),
        (b"name,email\n" + b"x" * 200_000 + b",x@example.org\n", "can't be read"),
        (b"name,email\n" + b"x,x@example.org\n" * 70_000, "at most 1,048,576 are possible"),
        (HEAD.encode() + b"".join(b"x,x%d@example.org\n" % each for each in range(2001)), "more than 2,000 people"),
        ("name,email\n".encode("utf-16") + b"x", "no complete UTF-16"),
    ],
)
def test_what_is_no_list_of_people_is_refused_as_a_whole(content: bytes, why: str) -> None:
    with pytest.raises(InvalidInvitation, match=why):
        inviting.read(content)


# --- its lines ---


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",x@example.org", "The name is empty"),
        ("Lina,", "address is empty"),
        ("Lina,lina", "'lina' is no e-mail address"),
        ("Lina,lina@exa mple.org", "no e-mail address"),
        ("Lina,a@example.org,b@example.org", "no texts in"),
        ("Lina,lina@example.org,fr", "There are no texts in 'fr'; choose en or ar"),
        ("Lina,lina@example.org,en,x,y", "It has 5 cells"),
        ("=cmd|' /C calc'!A0,x@example.org", "run as a formula"),
        ("@SUM(1),x@example.org", "run as a formula"),
        ('Lina,x@example.org,,"=HYPERLINK(""http://evil"")"', "run as a formula"),
        ("Lina,=x@example.org", "no e-mail address"),
        ("x" * 101 + ",x@example.org", "has 101 characters; at most 100"),
        ("ش" * 128 + ",x@example.org", "has 128 characters"),
        ('"Li\nna",x@example.org', "U\\+000A"),
        ("Li\u2028na,x@example.org", "U\\+2028"),
        ("Lina," + "x" * 250 + "@example.org", "no e-mail address"),
    ],
)
def test_a_line_that_can_t_be_taken_says_why(line: str, reason: str) -> None:
    (refused,) = one(line).refusals
    assert re.search(reason, refused.reason), refused.reason
    assert one(line).people == []


@pytest.mark.parametrize("email", ["a@b.example\nBcc: all@example.org", "a@b.example\r\nSubject: x", "a@b\x0b.example"])
def test_an_address_can_hold_no_header(email: str) -> None:
    assert "no e-mail address" in why(f'Lina,"{email}"')


def test_a_name_of_many_bytes_is_taken_by_its_characters() -> None:
    name = "ش" * 100
    assert len(name.encode()) == 200
    assert one(f"{name},x@example.org").people[0].name == name


def test_the_same_address_twice_names_both_lines() -> None:
    reading = one("Lina,lina@example.org\nZoe,zoe@example.org\nLina Two,LINA@Example.org\n")
    assert [person.name for person in reading.people] == ["Lina", "Zoe"]
    assert [(each.line, each.reason) for each in reading.refusals] == [(4, "lina@example.org is on line 2 already.")]


def test_what_is_written_is_read_again_the_same() -> None:
    people = [
        workers.Person(name='Zoë "Z", O\'Neil; x', email="z@example.org", language="ar", note="second\u00a0row"),
        workers.Person(name="لينا", email="l@example.org"),
    ]
    assert inviting.read(inviting.written(people).encode()).people == people


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", " =1+1", "＝1+1"])
def test_what_is_exported_is_run_by_no_spreadsheet(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("Lina") == "Lina"


# --- inviting them ---


@pytest.fixture
def study(db: None) -> Study:
    return cast.study()


LIST = "name,email,language,note\nLina,lina@example.org,ar,row 1\nZoe,zoe@example.org,,\n"


def invite(study: Study, text: str = LIST, **given: bool) -> list[Invitation]:
    return inviting.invite(study=study, reading=inviting.read(text.encode()), now=cast.NOW, **given)


def test_each_gets_an_invitation_for_one_with_a_code_of_their_own(study: Study) -> None:
    first, second = invite(study)
    row = Invitation.objects.get(pk=first.pk)
    assert (row.name, row.email, row.language, row.note) == ("Lina", "lina@example.org", "ar", "row 1")
    assert (row.platform, row.max_workers, row.emailed_at) == ("local", 1, None)
    assert row.code
    assert row.code != second.code


def test_the_same_list_again_makes_nothing_twice(study: Study) -> None:
    invite(study)
    assert invite(study) == []
    assert len(invite(study, LIST + "Ada,ada@example.org,,\n")) == 1
    assert Invitation.objects.count() == 3
    assert len(invite(cast.study("another"))) == 2


def test_with_a_refused_line_nobody_is_invited_unless_it_is_left_out(study: Study) -> None:
    text = f"{LIST}Bob,nowhere,,\n"
    with pytest.raises(InvalidInvitation, match="line 4 first: 'nowhere' is no e-mail address"):
        invite(study, text)
    assert not Invitation.objects.exists()
    assert len(invite(study, text, without_refused=True)) == 2


def test_a_list_of_nobody_says_so(study: Study) -> None:
    with pytest.raises(InvalidInvitation, match="nobody"):
        invite(study, HEAD)


def test_a_preview_changes_nothing(study: Study) -> None:
    invite(study)
    shown = inviting.preview(study=study, reading=inviting.read((LIST + "Ada,ada@example.org,,\nB,b,,\n").encode()))
    assert ([person.name for person in shown.fresh], len(shown.known)) == (["Ada"], 2)
    assert [each.line for each in shown.refusals] == [5]
    assert Invitation.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_list_at_once_invites_everybody_once() -> None:
    study = cast.study()
    at_once([lambda: invite(study)] * 3)
    assert sorted(Invitation.objects.values_list("email", flat=True)) == ["lina@example.org", "zoe@example.org"]


def test_thousands_take_few_queries(study: Study, django_assert_max_num_queries: object) -> None:
    text = "name,email\n" + "".join(f"P{each},p{each}@example.org\n" for each in range(2000))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert len(invite(study, text)) == 2000
    assert Invitation.objects.values("code").distinct().count() == 2000


def test_codes_for_paper_are_for_one_person_each(study: Study) -> None:
    rows = workers.invite_by_codes(study=study, name="Class 3b", number=3, now=cast.NOW)
    assert [row.name for row in rows] == ["Class 3b 1", "Class 3b 2", "Class 3b 3"]
    assert {row.max_workers for row in rows} == {1}
    for number in (0, 501):
        with pytest.raises(InvalidInvitation):
            workers.invite_by_codes(study=study, name="Class 3b", number=number, now=cast.NOW)
