"""A new set against the original: changes on shared images, order, lines and robustness, against sums by hand."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, kendalltau, norm, spearmanr

from annotation.models import Origin, Strategy, Study
from evaluation import reports
from evaluation.models import Classifier, Score
from evaluation.reports import Selection
from evaluation.stats.comparing.robustness import effective_robustness
from evaluation.stats.gaps import change_from_original
from tests import cast
from tests.evaluation.reports import tabled

pytestmark = pytest.mark.django_db
NUM, OLD, NEW, SHARED = 7, 120, 80, 30
NAMES = [f"net {number}" for number in range(NUM)]


@pytest.fixture
def tables() -> tuple[Any, Any]:
    """Who has which image right; the first thirty images of both sets are the same."""
    old, new = tabled.drawn(NUM, OLD), tabled.drawn(NUM, NEW, seed=1, shift=-0.3)
    new[:, :SHARED] = old[:, :SHARED]
    return old, new


@pytest.fixture
def study(tables: tuple[Any, Any]) -> Study:
    of = tabled.study(num_classes=1)
    originals, fresh = tabled.candidates(of, OLD, Origin.ORIGINAL), tabled.candidates(of, NEW - SHARED)
    sets = [
        tabled.frozen(of, Strategy.ORIGINAL, originals),
        tabled.frozen(of, Strategy.MATCHED_FREQUENCY, [*originals[:SHARED], *fresh]),
    ]
    people = tabled.people(of, NAMES)
    five = [correct | tabled.drawn(NUM, correct.shape[1], shift=0.5) for correct in tables]
    five[1][:, :SHARED] = five[0][:, :SHARED]
    for test_set, correct, top5 in zip(sets, tables, five, strict=True):
        tabled.score(test_set, people, correct, top5=top5)
    return of


def built(study: Study, **selection: Any) -> Any:
    return reports.build(study=study, now=cast.NOW, selection=Selection(**selection)).content


def rows_of(content: Any, tables: tuple[Any, Any]) -> list[int]:
    """Where the classifiers of the report are in the tables."""
    return [NAMES.index(each["name"]) for each in content["classifiers"]]


def test_a_change_on_shared_images_is_narrower_than_one_between_strangers(study: Study, tables: Any) -> None:
    content = built(study)
    comparison = content["comparisons"][0]
    assert comparison["num_shared"] == SHARED
    for row, number in enumerate(rows_of(content, tables)):
        found = content["classifiers"][row]["results"][1]
        old, new = (int(each[number].sum()) for each in tables)
        strangers = change_from_original([old, OLD], [new, NEW])
        assert found["change"] == pytest.approx(new / NEW - old / OLD)
        assert strangers.low < found["change_low"] < found["change"] < found["change_high"] < strangers.high


def test_without_knowing_who_had_which_right_the_sets_are_taken_for_strangers(study: Study, tables: Any) -> None:
    Score.objects.update(is_correct=None, is_correct_top5=None)
    content = built(study)
    assert (content["comparisons"][0]["num_shared"], content["comparisons"][0]["order"]) == (SHARED, None)
    assert (content["similarity"], content["classes"], content["frequency"]) == ([], None, [])
    assert content["comparisons"][0]["decomposition"]["why_not"].startswith("It isn't kept who had which image")
    number, found = rows_of(content, tables)[0], content["classifiers"][0]["results"][1]
    strangers = change_from_original([int(tables[0][number].sum()), OLD], [int(tables[1][number].sum()), NEW])
    assert found["change_low"] == pytest.approx(float(strangers.low))


def test_an_unexplained_change_has_one_interval_wherever_it_is_told(study: Study) -> None:
    """It knows of shared images, as that of the headline does."""
    found = built(study)["comparisons"][0]
    parts = found["decomposition"]
    assert parts["explained"] is None
    assert (parts["remainder_low"], parts["remainder_high"]) == (found["mean_change_low"], found["mean_change_high"])


def test_the_means_and_correlations_are_those_of_the_table(study: Study, tables: Any) -> None:
    old, new = (each.mean(axis=1) for each in tables)
    found = built(study)["comparisons"][0]
    assert found["mean_change"] == pytest.approx((new - old).mean())
    assert (found["smallest_change"], found["largest_change"]) == pytest.approx(((new - old).min(), (new - old).max()))
    assert found["rank_correlation"] == pytest.approx(spearmanr(old, new).statistic)
    assert found["kendall"] == pytest.approx(kendalltau(old, new).statistic)


def test_the_mean_change_of_top_five_needs_all_of_them(study: Study) -> None:
    rows = Score.objects.order_by("run__test_set_id")
    change = [each.num_correct_top5 / each.num_images for each in rows]
    assert built(study)["comparisons"][0]["mean_change_top5"] == pytest.approx(
        np.mean(change[NUM:]) - np.mean(change[:NUM])
    )
    Score.objects.filter(pk=rows[NUM].pk).update(num_correct_top5=None, is_correct_top5=None)
    content = built(study)
    for key in ("mean_change_top5", "mean_change_top5_low", "mean_change_top5_high"):
        assert content["comparisons"][0][key] is None
    assert [row["results"][1]["top5"] for row in content["classifiers"]].count(None) == 1


def test_the_mean_change_of_top_five_has_an_interval_that_knows_shared_images(study: Study) -> None:
    paired = built(study)["comparisons"][0]
    Score.objects.update(is_correct_top5=None, is_correct=None)
    strangers = built(study)["comparisons"][0]
    old, new = Score.objects.order_by("run__test_set_id")[:NUM], Score.objects.order_by("run__test_set_id")[NUM:]
    counts = [[(each.num_correct_top5, each.num_images) for each in rows] for rows in (old, new)]
    expected = change_from_original(*counts)
    assert strangers["mean_change_top5_low"] == pytest.approx(expected.low.mean())
    assert strangers["mean_change_top5_high"] == pytest.approx(expected.high.mean())
    assert strangers["mean_change_top5_low"] < paired["mean_change_top5_low"] < paired["mean_change_top5"]
    assert paired["mean_change_top5"] < paired["mean_change_top5_high"] < strangers["mean_change_top5_high"]


def test_whoever_moved_most_is_named(study: Study) -> None:
    content = built(study)
    moves = {row["name"]: row["results"][1]["rank_change"] for row in content["classifiers"]}
    move = content["comparisons"][0]["largest_move"]
    assert moves[move["classifier"]] == move["rank_change"]
    assert abs(move["rank_change"]) == max(map(abs, moves.values())) > 0


def test_pairs_that_changed_places_are_tested_on_both_sets(study: Study, tables: Any) -> None:
    found = built(study)["comparisons"][0]["order"]
    old, new = tables
    expected = {}
    for i in range(NUM):
        for j in range(NUM):
            if old[i].sum() > old[j].sum() and new[i].sum() < new[j].sum():
                expected[NAMES[i], NAMES[j]] = max(_mcnemar(table[i], table[j]) for table in tables)
    assert found["num_pairs"] == NUM * (NUM - 1) // 2
    assert found["num_changed"] == len(expected) > 0
    assert {(each["better"], each["worse"]): each["p"] for each in found["most"]} == pytest.approx(expected)
    assert all(each["adjusted"] == pytest.approx(min(1, each["adjusted"])) for each in found["most"])


def _mcnemar(one: Any, other: Any) -> float:
    first, second = int((one & ~other).sum()), int((other & ~one).sum())
    return float(binomtest(first, first + second).pvalue) if first + second else 1.0


def test_each_line_is_least_squares_on_its_scale(study: Study, tables: Any) -> None:
    old, new = (each.mean(axis=1) for each in tables)
    fits = built(study)["comparisons"][0]["fits"]
    there = {"linear": lambda p: p, "logit": lambda p: np.log(p / (1 - p)), "probit": norm.ppf}
    for scale, transform in there.items():
        slope, intercept = np.polyfit(transform(old), transform(new), 1)
        fit = fits[scale]
        assert (fit["slope"], fit["intercept"]) == pytest.approx((slope, intercept))
        assert fit["slope_low"] < slope < fit["slope_high"]
        assert (fit["num_points"], fit["num_families"], len(fit["line"])) == (NUM, NUM, 41)
        ends = [fit["line"][0], fit["line"][-1]]
        assert [each[0] for each in ends] == pytest.approx([old.min(), old.max()], abs=1e-6)
        assert all(transform(y) == pytest.approx(slope * transform(x) + intercept, abs=1e-4) for x, y, _, _ in ends)
        assert all(low <= y <= high for _, y, low, high in fit["line"])


def test_families_count_once_where_that_was_asked_for(study: Study) -> None:
    Classifier.objects.filter(name__in=NAMES[:4]).update(family="alike")
    plain, once = (built(study, families_once=each)["comparisons"][0] for each in (False, True))
    assert (plain["fits"]["probit"]["num_families"], once["fits"]["probit"]["num_families"]) == (NUM, NUM - 3)
    assert once["fits"]["probit"]["num_points"] == NUM
    assert plain["fits"]["probit"]["slope"] != once["fits"]["probit"]["slope"]
    assert once["decomposition"]["adaptivity"]["slope"] == once["fits"]["probit"]["slope"]


def test_two_families_make_no_line(study: Study) -> None:
    Classifier.objects.filter(name__in=NAMES[:-1]).update(family="alike")
    found = built(study, families_once=True)["comparisons"][0]
    assert set(found["fits"].values()) == {None}
    assert found["decomposition"]["adaptivity"] is None


def test_later_classifiers_that_lie_lower_show_by_their_dates(study: Study, tables: Any) -> None:
    old, new = (norm.ppf(each.mean(axis=1)) for each in tables)
    slope, intercept = np.polyfit(old, new, 1)
    for place, number in enumerate(np.argsort(-(new - slope * old - intercept)).tolist()):
        Classifier.objects.filter(name=NAMES[number]).update(released_on=date(2012 + place, 7, 1))
    found = built(study)["comparisons"][0]["decomposition"]["adaptivity"]
    assert (found["date_correlation"], found["num_dated"]) == (pytest.approx(-1), NUM)
    assert found["date_p"] < 0.01


def test_robustness_is_measured_from_the_line_of_standard_classifiers(study: Study, tables: Any) -> None:
    plain = Classifier.objects.get(name=NAMES[0])
    Classifier.objects.filter(name=NAMES[3]).update(group="robustness", counterpart=plain)
    Classifier.objects.filter(name=NAMES[5]).update(group="more_data")
    content = built(study)
    pairs = [np.stack([each.sum(axis=1), np.full(NUM, each.shape[1])], axis=1) for each in tables]
    expected = effective_robustness(*pairs, is_baseline=~np.isin(range(NUM), (3, 5)))
    found = {row["name"]: row["results"][1] for row in content["classifiers"]}
    assert [found[name]["effective_robustness"] for name in NAMES] == pytest.approx(expected.effective.tolist())
    gain = float(tables[1][3].mean() - tables[1][0].mean())
    assert found[NAMES[3]]["relative_robustness"] == pytest.approx(gain)
    assert found[NAMES[1]]["relative_robustness"] is None
    told = content["comparisons"][0]["robustness"]
    assert (told["slope"], told["num_baseline"]) == (pytest.approx(expected.fit.slope), NUM - 2)
    assert [each["group"] for each in told["groups"]] == ["standard", "robustness", "more_data"]
    assert [each["num_classifiers"] for each in told["groups"]] == [NUM - 2, 1, 1]
    assert told["groups"][1]["mean_relative"] == pytest.approx(gain)
    assert told["groups"][1]["num_helpful"] == int(gain > 0 and expected.effective[3] > 0)
    assert told["groups"][2]["num_helpful"] is None


def test_near_copies_count_once_in_the_line_of_robustness_too(study: Study, tables: Any) -> None:
    Classifier.objects.filter(name=NAMES[5]).update(group="more_data")
    Classifier.objects.filter(name__in=NAMES[:3]).update(family="alike")
    pairs = [np.stack([each.sum(axis=1), np.full(NUM, each.shape[1])], axis=1) for each in tables]
    families = ["alike"] * 3 + NAMES[3:]
    once = effective_robustness(*pairs, is_baseline=np.arange(NUM) != 5, families=families)
    told = built(study, families_once=True)["comparisons"][0]["robustness"]
    assert (told["slope"], told["intercept"]) == pytest.approx((once.fit.slope, once.fit.intercept))
    assert built(study)["comparisons"][0]["robustness"]["slope"] != pytest.approx(once.fit.slope)


def test_of_standard_classifiers_alone_robustness_is_not_told(study: Study) -> None:
    content = built(study)
    assert content["comparisons"][0]["robustness"] is None
    assert {row["results"][1]["effective_robustness"] for row in content["classifiers"]} == {None}
