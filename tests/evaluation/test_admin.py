import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from evaluation import tasks
from evaluation.models import Classifier
from tests.evaluation import scored

NAMES = ["classifier", "run", "runshard", "predictionset", "score", "report"]


@pytest.fixture
def admin_pages(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.mark.parametrize("name", NAMES)
def test_an_admin_sees_the_rows_and_can_add_none(admin_pages: Client, sent: list[int], name: str) -> None:
    run = scored.run(shard_size=6)
    tasks.score_shard(run.pk)
    assert admin_pages.get(reverse(f"admin:evaluation_{name}_changelist")).status_code == 200
    assert admin_pages.get(reverse(f"admin:evaluation_{name}_add")).status_code == 403


def test_an_admin_looks_at_a_classifier_and_cannot_change_it(admin_pages: Client) -> None:
    row = scored.classifier(scored.study())
    address = reverse("admin:evaluation_classifier_change", args=[row.pk])
    assert "grey reader" in admin_pages.get(address).content.decode()
    assert admin_pages.post(address, {"name": "changed"}).status_code == 403
    assert Classifier.objects.get().name == "grey reader"
