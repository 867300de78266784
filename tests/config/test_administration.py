"""Accounts and tokens in the administration: tokens are ended there and never made; with a password they end."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

pytestmark = pytest.mark.django_db
NEW = "quiet otter harbour"


@pytest.fixture
def token(researcher: User) -> AuthToken:
    row, _ = AuthToken.objects.create(user=researcher)
    return row


def test_an_administrator_makes_no_token_for_anybody(admin_client: Client, researcher: User) -> None:
    response = admin_client.post(reverse("admin:knox_authtoken_add"), {"user": researcher.pk})
    assert (response.status_code, AuthToken.objects.count()) == (403, 0)


def test_an_administrator_sees_and_ends_a_token_and_changes_nothing_of_it(
    admin_client: Client, token: AuthToken
) -> None:
    page = reverse("admin:knox_authtoken_change", args=[token.pk])
    listed = admin_client.get(reverse("admin:knox_authtoken_changelist"), {"q": token.token_key})
    assert (token.token_key in listed.text, "rosa" in listed.text) == (True, True)
    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"user": token.user_id}).status_code == 403
    admin_client.post(reverse("admin:knox_authtoken_delete", args=[token.pk]), {"post": "yes"})
    assert not AuthToken.objects.exists()


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "sent",
    [{"password1": NEW, "password2": NEW, "set-password": ""}, {"usable_password": "false", "unset-password": ""}],
)
def test_tokens_end_where_the_administration_changes_a_password_or_takes_it_away(
    admin_client: Client, researcher: User, sent: dict[str, str]
) -> None:
    before = researcher.password
    admin_client.post(reverse("admin:auth_user_password_change", args=[researcher.pk]), sent)
    researcher.refresh_from_db()
    assert (researcher.password != before, AuthToken.objects.exists()) == (True, False)


@pytest.mark.usefixtures("token")
def test_tokens_end_where_a_password_is_changed_by_command(
    researcher: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    AuthToken.objects.create(user=admin)
    monkeypatch.setattr("getpass.getpass", lambda prompt: NEW)
    call_command("changepassword", researcher.username, stdout=StringIO())
    assert [each.user for each in AuthToken.objects.all()] == [admin]


@pytest.mark.usefixtures("token")
def test_signing_in_changes_no_password_though_its_hash_is_renewed(researcher: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    older = PBKDF2PasswordHasher().encode("correct horse battery", "salt", iterations=1)
    User.objects.filter(pk=researcher.pk).update(password=older)
    assert Client().login(username=researcher.username, password="correct horse battery")
    researcher.refresh_from_db()
    assert (researcher.password != older, AuthToken.objects.exists()) == (True, True)
