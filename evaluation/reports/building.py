"""The content of a report, section by section. Page, charts and files are all drawn from it."""

from collections.abc import Callable

from annotation.models import Study
from evaluation.reports.by_frequency import by_frequency
from evaluation.reports.classes import classes
from evaluation.reports.comparisons import comparison, headline
from evaluation.reports.conditions import conditions
from evaluation.reports.content import VERSION, ComparisonContent, Content, SelectionContent
from evaluation.reports.correcting import Corrector
from evaluation.reports.counting import count
from evaluation.reports.gathering import Gathered, of_set
from evaluation.reports.pairing import pair
from evaluation.reports.results import table
from evaluation.reports.robustness import robustness
from evaluation.reports.selection import Selection, resolve
from evaluation.reports.sets import described
from evaluation.reports.similarities import similarities
from evaluation.reports.warnings import warnings

Told = Callable[[int, int], None]


class _Steps:
    """Tells how many are done: reading each set, comparing each new one, the similarities on each, and the rest."""

    def __init__(self, num_sets: int, on_progress: Told) -> None:
        self._num_steps, self._num_done, self._on_progress = 3 * num_sets, 0, on_progress

    def done(self) -> None:
        self._num_done += 1
        self._on_progress(self._num_done, self._num_steps)


def content(*, study: Study, selection: Selection, on_progress: Told) -> Content:
    """Compare the classifiers on the original and each new set (by default all that are frozen and scored)."""
    counted = count(resolve(study, selection))
    steps = _Steps(len(counted.test_sets), on_progress)
    sets = []
    for place in range(len(counted.test_sets)):
        sets.append(of_set(counted, place))
        steps.done()
    gathered = Gathered(counted, tuple(sets))
    new = range(1, len(sets))
    pairs = [pair(gathered, place) for place in new]
    robust = [robustness(counted, place) for place in new]
    corrector = Corrector(gathered.original)
    comparisons: list[ComparisonContent] = []
    for place in new:
        explained = corrector.explained(sets[place], pairs[place - 1])
        comparisons.append(comparison(gathered, place, pairs[place - 1], robust[place - 1], explained))
        steps.done()
    similarity = []
    for each in sets:
        similarity.append(similarities(each))
        steps.done()
    told = [described(each) for each in sets]
    found: Content = {
        "version": VERSION,
        "study": {"slug": study.slug, "name": study.name},
        "selection": _asked(selection),
        "is_simulated": any(each.test_set.is_simulated for each in sets),
        "test_sets": told,
        "classifiers": table(gathered, pairs, robust),
        "comparisons": comparisons,
        "frequency": [each for each in map(by_frequency, sets) if each is not None],
        "similarity": [each for each in similarity if each is not None],
        "classes": classes(gathered),
        "conditions": conditions(test_sets=counted.test_sets, names=counted.names, classifiers=counted.classifiers),
        "left_out": counted.left_out,
        "warnings": warnings(gathered, told),
        "headline": headline(comparisons, len(counted.classifiers)),
    }
    steps.done()
    return found


def _asked(selection: Selection) -> SelectionContent:
    return {
        "test_sets": list(selection.test_sets) or None,
        "classifiers": list(selection.classifiers) or None,
        "families_once": selection.families_once,
    }
