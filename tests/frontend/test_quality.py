"""The quality page: sorted as asked, decisions with reasons, rules of the study."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import frequencies, quality
from annotation.models import Batch, Candidate, Enrolment, QualityReview, RuleSetting, Worker, WorkerDecision
from frontend import limits
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
PAGE = "/studies/digits-twin/quality/"
LATER = cast.NOW + timedelta(days=1)


@pytest.fixture
def batch(researcher: User) -> Batch:
    batch = crowd.batch(study=cast.study(researchers=[researcher]))
    for number in range(5):
        crowd.join(batch, f"careful {number}", seconds=20 + 10 * number)
    return batch


@pytest.fixture
def lazy(batch: Batch) -> str:
    """The pseudonym of somebody who selects nothing, in a study that was looked at."""
    worker = crowd.join(batch, "lazy", crowd.nothing, seconds=12)
    quality.review(study=batch.study, now=LATER)
    return Worker.pseudonym_in(batch.study_id, worker.pk)


def text(client: Client, address: str = PAGE) -> str:
    return re.sub(r"\s+", " ", client.get(address).content.decode())


def names(page: str) -> list[str]:
    """The workers of the table, from the top."""
    return re.findall(r'<th scope="row"><a class="mono" href="[^"]*/workers/(\w+)/"', page)


def test_the_page_says_what_to_do_before_there_is_anything(researcher: User, researcher_client: Client) -> None:
    cast.study(researchers=[researcher])
    assert "Nothing handed in yet" in text(researcher_client)


def test_a_review_is_asked_for_on_the_page(batch: Batch, researcher_client: Client) -> None:
    assert "30 grids are handed in" in text(researcher_client)
    researcher_client.post(f"{PAGE}review/")
    assert QualityReview.objects.get().requested_at is not None
    assert 'hx-trigger="every 2s"' in text(researcher_client)
    quality.review(study=batch.study, now=timezone.now())
    assert "hx-trigger" not in text(researcher_client)


def test_new_work_makes_the_review_old(batch: Batch, lazy: str, researcher_client: Client) -> None:
    crowd.join(batch, "new")
    assert "6 grids were handed in since the last review" in text(researcher_client)


@pytest.mark.parametrize("sort", ["seconds", "-seconds"])
def test_the_table_is_sorted_as_asked(batch: Batch, lazy: str, researcher_client: Client, sort: str) -> None:
    page = text(researcher_client, f"{PAGE}?sort={sort}")
    rows = names(page)
    assert len(rows) == 6
    assert rows[0 if sort == "seconds" else -1] == lazy
    assert f'aria-sort="{"ascending" if sort == "seconds" else "descending"}"' in page


@pytest.mark.parametrize("sort", ["", "worker__external_id", "-", "__class__", "seconds;drop"])
def test_an_order_that_there_is_not_is_the_usual_one(
    batch: Batch, lazy: str, researcher_client: Client, sort: str
) -> None:
    assert names(text(researcher_client, f"{PAGE}?sort={sort}"))[0] == lazy


def test_workers_go_by_pseudonyms(batch: Batch, lazy: str, researcher_client: Client) -> None:
    Worker.objects.filter(external_id="lazy").update(external_id="prolific-5f3a")
    for address in (PAGE, f"{PAGE}workers/{lazy}/"):
        page = text(researcher_client, address)
        assert lazy in page
        assert "prolific-5f3a" not in page


def test_what_was_found_is_said_in_words(batch: Batch, lazy: str, researcher_client: Client) -> None:
    page = text(researcher_client, f"{PAGE}workers/{lazy}/")
    assert "Right on 0 of 12 positive and 12 of 12 negative controls" in page
    assert "Of 6 grids 0 answered with everything, 6 with nothing" in page


def test_excluding_wants_a_reason_and_is_reversed_with_one(batch: Batch, lazy: str, researcher_client: Client) -> None:
    address = f"{PAGE}workers/{lazy}/decision/"
    refused = researcher_client.post(address, {"effect": "exclude", "reason": " "}, follow=True)
    assert "give a reason" in refused.content.decode()
    assert not WorkerDecision.objects.exists()
    done = researcher_client.post(address, {"effect": "exclude", "reason": "Never <looked>."}, follow=True)
    assert f"Worker {lazy} is excluded" in done.content.decode()
    assert "Never &lt;looked&gt;." in done.content.decode()
    decision = WorkerDecision.objects.get()
    assert '<dd class="figure__value">1</dd><dt class="figure__label">excluded</dt>' in text(researcher_client)
    undo = f"{PAGE}decisions/{decision.pk}/reversal/"
    assert "Give a reason for the reversal" in researcher_client.post(undo, {}, follow=True).content.decode()
    researcher_client.post(undo, {"reason": "Empty grids."})
    decision.refresh_from_db()
    assert (decision.is_active, decision.reversal_reason) == (False, "Empty grids.")


def test_stopping_stops(batch: Batch, lazy: str, researcher_client: Client) -> None:
    researcher_client.post(f"{PAGE}workers/{lazy}/decision/", {"effect": "stop", "reason": "Enough."})
    assert Enrolment.objects.get(stopped_at__isnull=False).pseudonym == lazy


def test_a_decision_of_a_rule_is_computed_again(batch: Batch, lazy: str, researcher_client: Client) -> None:
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    address = f"{PAGE}decisions/{decision.pk}/replay/"
    assert "the rule finds the same" in researcher_client.post(address, follow=True).content.decode()
    WorkerDecision.objects.update(evidence=decision.evidence | {"positive_right": 5})
    assert "positive right was 5, is 0" in researcher_client.post(address, follow=True).content.decode()


def test_computing_again_takes_seconds_so_nobody_asks_for_it_all_the_time(
    batch: Batch, lazy: str, researcher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    statuses = [researcher_client.post(f"{PAGE}decisions/{decision.pk}/replay/").status_code for _ in range(7)]
    assert statuses == [302] * 6 + [429]


def rules(**changes: str) -> dict[str, str]:
    body = {}
    for name, rule in quality.RULES.items():
        body |= {f"{name}-threshold": str(rule.default), f"{name}-effect": rule.effect.value}
    return body | {key.replace("__", "-"): value for key, value in changes.items()}


def test_rules_are_set_and_the_workers_looked_at_again(batch: Batch, lazy: str, researcher_client: Client) -> None:
    body = rules(speed_floor__threshold="15.5", speed_floor__is_automatic="on", speed_floor__effect="stop")
    assert researcher_client.post(f"{PAGE}rules/", body).status_code == 302
    row = RuleSetting.objects.get(rule="speed_floor")
    assert (row.threshold, row.effect, row.is_automatic) == (15.5, "stop", True)
    assert QualityReview.objects.get().requested_at is not None


@pytest.mark.parametrize("threshold", ["95", "nan", "many", ""])
def test_a_threshold_that_can_not_be_is_refused(
    batch: Batch, lazy: str, researcher_client: Client, threshold: str
) -> None:
    refused = researcher_client.post(f"{PAGE}rules/", rules(control_accuracy__threshold=threshold))
    assert refused.status_code == 400
    assert "field__error" in refused.content.decode()
    assert not RuleSetting.objects.exists()


def test_the_model_stands_beside_the_frequency(batch: Batch, lazy: str, researcher_client: Client) -> None:
    frequencies.recompute_stale(study=batch.study, now=LATER)
    page = text(researcher_client, "/studies/digits-twin/frequencies/?sort=lowest")
    assert ">Model</abbr>" in page
    row = page[page.index("<tbody>", page.index("Table of candidates")) :].split("</tr>")[0]
    assert re.search(r'<td class="number">[0-3] / 6</td>.*<td class="number">0 %</td>', row)


def test_all_classes_are_listed_by_agreement(batch: Batch, lazy: str, researcher_client: Client) -> None:
    page = text(researcher_client, f"{PAGE}classes/")
    assert "zero" in page
    assert " to " in page


def test_the_model_s_contradictions_are_shown_with_their_pictures(
    batch: Batch, lazy: str, researcher_client: Client
) -> None:
    here, elsewhere = Candidate.objects.order_by("id")[:2]
    Candidate.objects.filter(pk=elsewhere.pk).update(image=None)
    review = QualityReview.objects.get()
    assert review.content is not None
    rows = [{"candidate_id": pk, "num_selected": 1, "num_seen": 5, "posterior": 0.9} for pk in (here.pk, elsewhere.pk)]
    review.content["candidates"] = [*rows, rows[0] | {"candidate_id": 10**9}]  # the last one is gone
    review.save()
    page = text(researcher_client)
    assert f'alt="Candidate {here.pk}"' in page
    assert f"Candidate {elsewhere.pk}, whose picture is not here" in page
    assert str(10**9) not in page


def test_rules_that_can_not_be_stay_on_the_page_while_a_review_is_awaited(
    batch: Batch, lazy: str, researcher_client: Client
) -> None:
    quality.request(study=batch.study, now=timezone.now())
    page = researcher_client.post(PAGE + "rules/", {"speed_floor-threshold": "-1"})
    assert page.status_code == 400
    (polled,) = re.findall(r'hx-get="([^"]*)"', page.text)
    assert researcher_client.get(polled).status_code == 200
    renewed = page.text.partition('hx-swap="outerHTML"')[2].partition('id="rules"')[0]
    assert "<form" not in renewed.partition('id="findings"')[0]
