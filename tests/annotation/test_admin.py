import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from annotation import duplicates, frequencies, launches, messages, quality, testsets
from annotation.models import (
    Arrival,
    BonusOrder,
    BulkExclusion,
    ClassCorrection,
    ClassPosterior,
    ClassReview,
    Collection,
    CollectionRefusal,
    Complaint,
    DuplicatePair,
    Effect,
    Example,
    Exclusion,
    Export,
    ExportPiece,
    FrequencyMixture,
    ImageSignature,
    KeptAway,
    LastRound,
    LedgerEntry,
    Origin,
    Place,
    Posting,
    Readmission,
    Reconciliation,
    ReferenceImage,
    Rejection,
    ReplacedExclusion,
    Resolution,
    SurvivorChoice,
    TakeDown,
    TargetClass,
    TestSetReview,
    Verdict,
    Worker,
)
from annotation.payments import ledger
from tests import cast
from tests.cast import NOW

MODELS = list(apps.get_app_config("annotation").get_models())


@pytest.fixture
def _one_of_each(db: None) -> None:
    target_class = cast.target_class(cast.study())
    candidate = cast.measured(target_class, Origin.ORIGINAL, 5)
    batch = cast.batch(target_class.study, [cast.grid(target_class, [candidate])])
    worker = cast.enrolment(target_class.study, cast.worker()).worker
    ImageSignature.objects.create(image=candidate.image, hash=1, grey=bytes(1024))
    Example.objects.create(
        study=target_class.study, target_class=target_class, image=candidate.image, shows_class=True, created_at=NOW
    )
    Complaint.objects.create(
        worker=worker,
        candidate=candidate,
        assignment=batch.hits.get().assignments.first(),
        reason="broken",
        filed_at=NOW,
    )
    FrequencyMixture.objects.create(
        judgement_filter=frequencies.standard_filter(target_class.study),
        origin=Origin.POOL,
        weight=[1.0],
        a=[1.0],
        b=[1.0],
        held_out=[0.0],
        num_images=1,
        num_selected=5,
        num_seen=10,
        fitted_at=NOW,
    )
    original = testsets.import_original(study=target_class.study, now=NOW)
    review = TestSetReview.objects.create(test_set=original, opened_at=NOW)
    reviewer = User.objects.create_user("rene")
    said = ClassReview.objects.create(review=review, target_class=target_class, reviewer=reviewer, begun_at=NOW)
    Verdict.objects.create(class_review=said, candidate=candidate, reason="unclear", given_at=NOW)
    Resolution.objects.create(
        review=review, candidate=candidate, is_excluded=True, resolved_by=reviewer, resolved_at=NOW
    )
    export = Export.objects.create(
        test_set=original, layout="parquet", target="download", num_expected=1, requested_at=NOW
    )
    ExportPiece.objects.create(export=export, number=0, name="README.md", num_images=0)
    Exclusion.objects.create(candidate=candidate, reason=Exclusion.Reason.DUPLICATE, excluded_at=NOW)
    Readmission.objects.create(candidate=candidate, reason="other", excluded_at=NOW, let_in_at=NOW)
    bulk = {"reason": "other", "criteria": {"origin": "pool"}, "num_excluded": 1, "made_at": NOW}
    BulkExclusion.objects.create(study=target_class.study, **bulk)
    ReplacedExclusion.objects.create(candidate=candidate, reason="other", excluded_at=NOW, replaced_at=NOW)
    TakeDown.objects.create(sha256="1" * 64, pixel_sha256="1" * 64, ground="owner", taken_down_at=NOW)
    ClassCorrection.objects.create(target_class=target_class, before={}, after={}, corrected_at=NOW)
    collection = Collection.objects.create(
        study=target_class.study, origin="pool", kind="folder", address="images", requested_at=NOW
    )
    CollectionRefusal.objects.create(collection=collection, source="a.txt", reason="It is no image.")
    quality.set_rule(
        study=target_class.study, rule="speed_floor", threshold=5, effect=Effect.EXCLUDE, is_automatic=False
    )
    quality.decide(study=target_class.study, worker=worker, effect=Effect.STOP, reason="Asked us to.", by=None, now=NOW)
    quality.request(study=target_class.study, now=NOW)
    _duplicates(target_class)
    ClassPosterior.objects.create(target_class=target_class, candidate_ids=[candidate.pk], probabilities=[0.5])
    _money(target_class, reviewer)


def _money(target_class: TargetClass, by: User) -> None:
    """A posting, who took it, and what was paid and refused."""
    grid = cast.grid(target_class, [cast.candidate(target_class)])
    batch = cast.batch(target_class.study, [grid], platform="mturk", pay_minor_units=100, currency="USD")
    worker = Worker.objects.create(platform="mturk", external_id="A1", created_at=NOW)
    posting = Posting.objects.create(
        batch=batch, token="t", num_places=1, num_grids=1, pay_minor_units=100, fee_minor_units=20, prepared_at=NOW
    )
    assignment = cast.handed_in(batch, worker, NOW)
    place = Place.objects.create(
        posting=posting, external_id="1", worker_external_id="A1", worker=worker, assignment=assignment,
        state="submitted", submitted_at=NOW, seen_at=NOW,
    )  # fmt: skip
    bonus = ledger.Amount(minor_units=10)
    ledger.intend(assignment=assignment, kind=LedgerEntry.Kind.BONUS, amount=bonus, now=NOW, purpose="care")
    BonusOrder.objects.create(intent=LedgerEntry.objects.get())
    Rejection.objects.create(place=place, reason="empty", rejected_by=by, rejected_at=NOW)
    Arrival.objects.create(posting=posting, worker=worker, external_id="1", arrived_at=NOW)
    launches.draft(study=target_class.study, plan=launches.Plan(), by=by, now=NOW)
    messages.write_to_researchers(study=target_class.study, worker=worker, text="Hello", now=NOW)
    KeptAway.objects.create(study=target_class.study, worker=worker, is_away=True, at=NOW)
    LastRound.objects.create(batch=batch, at=NOW, problems=["No money."])
    Reconciliation.objects.create(
        batch=batch, at=NOW, is_complete=True, num_fixed=0, num_left=0, paid_here=0, paid_there=0
    )


def _duplicates(target_class: TargetClass) -> None:
    """A pair with what there is about it."""
    study, person = target_class.study, User.objects.create(username="finder")
    reference = ReferenceImage.objects.create(study=study, name="a.jpg", hash=1)
    pool = cast.candidate(target_class)
    pair = DuplicatePair.objects.create(study=study, first=pool, reference=reference, hamming=1, found_at=NOW)
    duplicates.decide(pair=pair, is_duplicate=False, by=person, now=NOW)
    duplicates.request(study=study, max_distance=8, now=NOW)
    SurvivorChoice.objects.create(candidate=pool, chosen_by=person, chosen_at=NOW)


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:annotation_{model._meta.model_name}_{page}", args=arguments)


@pytest.mark.usefixtures("_one_of_each")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_table_can_be_looked_at_and_searched(model: type[Model], admin_client: Client) -> None:
    row = model._default_manager.all()[0]
    listed = admin_client.get(address(model, "changelist"), {"q": "1"})
    assert "pages could not" not in listed.content.decode()
    assert listed.status_code == 200
    shown = admin_client.get(address(model, "change", row.pk))
    assert 'name="_save"' not in shown.content.decode()
    assert shown.status_code == 200


@pytest.mark.usefixtures("_one_of_each")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_can_be_changed_here(model: type[Model], admin_client: Client) -> None:
    row = model._default_manager.all()[0]
    for page, arguments in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
        assert admin_client.post(address(model, page, *arguments), {"post": "yes"}).status_code == 403
    admin_client.post(address(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk]})
    assert model._default_manager.filter(pk=row.pk).exists()


def test_a_researcher_has_no_way_in(researcher_client: Client) -> None:
    assert researcher_client.get(address(MODELS[0], "changelist")).status_code == 302
