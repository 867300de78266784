import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Study
from tests import cast


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    client = Client()
    client.force_login(stranger)
    return client
