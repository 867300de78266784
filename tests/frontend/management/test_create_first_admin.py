import io
import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def told() -> str:
    output = io.StringIO()
    call_command("create_first_admin", stdout=output)
    return output.getvalue()


def test_the_first_start_prints_a_password_that_works() -> None:
    found = re.search(r"password (\S+) \(shown only now\)", told())
    assert found is not None
    admin = authenticate(username="admin", password=found.group(1))
    assert admin is not None
    assert admin.is_superuser


def test_a_later_start_changes_and_prints_nothing() -> None:
    User.objects.create_superuser("ada", password="correct horse battery")
    assert told() == ""
    assert User.objects.count() == 1
