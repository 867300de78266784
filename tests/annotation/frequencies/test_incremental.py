"""However the judgements, decisions and filters came in: what is stored is what a count of everything gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation import bitmaps, frequencies, workers
from annotation.frequencies import FilterRules
from annotation.models import HIT, Assignment, Batch, Grid, JudgementFilter, SelectionFrequency, Study, TargetClass
from tests import cast
from tests.annotation.frequencies import oracle

pytestmark = pytest.mark.django_db

NUM_CANDIDATES = 10  # two bytes of bitmap
NUM_WORKERS = 2  # few, so that they meet the same image again
PLACES = st.sets(st.integers(0, NUM_CANDIDATES - 1))
FEW = st.sets(st.integers(0, NUM_CANDIDATES - 1), max_size=2)


@dataclass
class Scene:
    """Two classes whose grids are answered step by step."""

    study: Study
    candidates: dict[TargetClass, list[int]]
    hits: list[HIT] = field(default_factory=list)
    excluded: set[int] = field(default_factory=set)

    def check(self) -> None:
        for judgement_filter in JudgementFilter.objects.filter(study=self.study):
            for target_class in self.candidates:
                wanted = oracle.counts(target_class, judgement_filter, self.excluded)
                if not target_class.frequency_tallies.filter(judgement_filter=judgement_filter).exists():
                    wanted = {}  # nothing was handed in, so nothing was ever stale
                assert oracle.stored(target_class, judgement_filter) == wanted


# the class, the order of its candidates, how many of them the grid shows, and which are controls and of what kind
GRIDS = st.lists(
    st.tuples(st.integers(0, 1), st.permutations(range(NUM_CANDIDATES)), st.integers(1, NUM_CANDIDATES), FEW, FEW),
    min_size=1,
    max_size=3,
)
ANSWERS = st.tuples(
    st.just("answer"), st.integers(0, 5), st.integers(0, NUM_WORKERS - 1), st.integers(0, 3), FEW, PLACES
)
DECISIONS = st.tuples(st.just("decide"), st.integers(0, NUM_WORKERS - 1))
FILTERS = st.tuples(
    st.just("filter"), st.none() | st.integers(0, 3), st.booleans(), st.none() | st.sampled_from([0.0, 0.5, 0.7, 1.0])
)
STEPS = st.lists(st.one_of(*[ANSWERS] * 6, DECISIONS, FILTERS, st.just(("count",))), max_size=20)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    study = cast.study()
    classes = [cast.target_class(study, str(number), f"class {number}") for number in range(2)]
    scene = Scene(study, {each: [cast.candidate(each).pk for _ in range(NUM_CANDIDATES)] for each in classes})
    monkeypatch.setattr(frequencies, "_excluded_workers", lambda judgement_filter: scene.excluded)
    return scene


def begin_again(scene: Scene, grids: Any) -> None:
    Batch.objects.all().delete()
    Grid.objects.all().delete()
    JudgementFilter.objects.all().delete()
    scene.excluded.clear()
    classes = list(scene.candidates)
    made = []
    for number, (which, order, size, positive, negative) in enumerate(grids):
        controls = positive | negative
        ids = [scene.candidates[classes[which]][place] for place in order[:size]]
        made.append(
            Grid.objects.create(
                study=scene.study,
                target_class=classes[which],
                number=number,
                candidate_ids=ids,
                measured=bitmaps.pack(set(range(size)) - controls, size),
                positive_controls=bitmaps.pack({each for each in positive if each < size}, size),
                negative_controls=bitmaps.pack({each for each in negative - positive if each < size}, size),
                created_at=cast.NOW,
            )
        )
    batches = [cast.batch(scene.study, made, num_assignments=1) for _ in range(2)]
    scene.hits = [hit for batch in batches for hit in batch.hits.order_by("id")]


def answer(scene: Scene, now: datetime, number: int, name: int, minute: int, lost: set[int], chosen: set[int]) -> None:
    hit = scene.hits[number % len(scene.hits)]
    worker = workers.register(platform="local", external_id=str(name), now=now)
    size = hit.grid.num_positions
    seen = set(range(size)) - lost
    at = now + timedelta(minutes=minute)
    Assignment.objects.get_or_create(
        hit=hit,
        worker=worker,
        defaults={
            "claimed_at": at,
            "lease_expires_at": at,
            "submitted_at": at,
            "seen": bitmaps.pack(seen, size),
            "selected": bitmaps.pack(chosen & seen, size),
        },
    )


def take(scene: Scene, now: datetime, step: Any) -> None:
    kind, *rest = step
    if kind == "answer":
        answer(scene, now, *rest)
    elif kind == "decide":
        scene.excluded ^= {workers.register(platform="local", external_id=str(rest[0]), now=now).pk}
        frequencies.mark_stale(scene.study.target_classes.all(), study=scene.study)
    elif kind == "filter":
        minute, leaves_out_excluded, least = rest
        until = None if minute is None else now + timedelta(minutes=minute)
        number = JudgementFilter.objects.count()
        rules = FilterRules(until, leaves_out_excluded, least)
        frequencies.define_filter(study=scene.study, slug=f"f{number}", name="another", rules=rules, now=now)
    else:
        frequencies.recompute_stale(study=scene.study, now=now)
        scene.check()


@settings(max_examples=80)
@given(GRIDS, STEPS)
def test_what_is_counted_step_by_step_is_what_a_count_of_everything_gives(
    scene: Scene, now: datetime, grids: Any, steps: Any
) -> None:
    begin_again(scene, grids)
    for step in [*steps, ("count",)]:
        take(scene, now, step)
    assert not frequencies.stale_target_classes().exists()
    columns = ("judgement_filter_id", "candidate_id", "num_selected", "num_seen")
    counted = set(SelectionFrequency.objects.values_list(*columns))
    before = set(SelectionFrequency.objects.filter(num_seen__gt=0).values_list("id", *columns))
    frequencies.recompute_study(study=scene.study, now=now)  # again: no row that was right is touched
    assert before == set(SelectionFrequency.objects.filter(num_seen__gt=0).values_list("id", *columns))
    SelectionFrequency.objects.all().delete()
    frequencies.recompute_study(study=scene.study, now=now)
    assert counted <= set(SelectionFrequency.objects.values_list(*columns))
    assert before == {row for row in before if row[1:] in counted}
