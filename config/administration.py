"""Accounts and their tokens in the administration; the tables of each app are in its `admin.py`."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from knox.models import AuthToken

from annotation.admin import ReadOnlyAdmin
from frontend.signing_in import AdminSignInForm

site = admin.site
site.login_form = AdminSignInForm
site.unregister([AuthToken, User])


@admin.register(AuthToken)
class TokenAdmin(ReadOnlyAdmin):
    """Made by nobody but its owner, with the password; ended by administrators too."""

    list_display = ["token_key", "user", "created", "expiry"]
    fields = ["token_key", "user", "created", "expiry"]
    search_fields = ["=token_key", "user__username"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


class PasswordForm(AdminPasswordChangeForm):
    """Whose password is taken away has no tokens left either; to Django that is no change of it."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        AuthToken.objects.filter(user=user).delete()
        return user


@admin.register(User)
class AccountAdmin(UserAdmin):
    change_password_form = PasswordForm
