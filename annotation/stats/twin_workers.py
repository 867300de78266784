"""Pairs of workers whose answers agree too well: one person, perhaps, with two accounts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from scipy.stats import false_discovery_control, norm

from annotation.stats.judgements import Judgements

# With fewer pairs, one pair of twins would itself decide how wide z may spread.
LEAST_PAIRS_FOR_SPREAD = 100
PAIRS_AT_ONCE = 2**20  # computed before those that share too little are left out


@dataclass(frozen=True)
class TwinWorkers:
    """Pairs of workers with enough shared candidates, most suspicious first; arrays of shape (num_pairs,).

    `expected` is the number of agreements that chance and both workers' habits would give; `z` how many standard
    errors the found number lies above; `q_value` the p-value after Benjamini and Hochberg over all pairs.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    num_shared: NDArray[np.int64]
    num_agreed: NDArray[np.int64]
    expected: NDArray[np.float64]
    z: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]


def twin_workers(judgements: Judgements, *, least_shared: int = 30) -> TwinWorkers:
    r"""Test of each pair of workers against chance, given how often others select the candidates they share.

    A candidate selected k of n times gives two of its workers, drawn at random, the same answer with probability
    :math:`q = \frac{k(k-1)+(n-k)(n-k-1)}{n(n-1)}`. Over the candidates both judged, agreements have mean
    :math:`E=\sum q` and variance :math:`V=\sum q(1-q)`; unanimous candidates say nothing. Careful workers agree more
    with everybody, careless ones less: each worker's excess per shared candidate over *all other* partners,
    :math:`e_v`, is their habit. For m shared candidates

    .. math:: z = \frac{A - E - m(e_v + e_w + \gamma e_v e_w)}{\sqrt{V + m^2(s_v^2 + s_w^2)}},

    with :math:`s_v^2` the variance of :math:`e_v`, and one :math:`\gamma` for the crowd by least squares, because two
    careful workers agree more than the sum of their habits. Tastes that some share spread z wider than a normal: with
    at least 100 pairs, z is divided by their spread where above 1, 1.4826 times the median of :math:`|z|`. P-values are
    one-sided, from the normal distribution. A pair that is found is a reason to look, no proof.

    Parameters
    ----------
    judgements : Judgements
        At most one judgement of a worker per candidate.
    least_shared : int
        Pairs with fewer shared candidates are not tested.

    Returns
    -------
    TwinWorkers

    Raises
    ------
    ValueError
        If `least_shared` is below 1, or a worker judged a candidate twice.

    References
    ----------
    Benjamini and Hochberg (1995), "Controlling the false discovery rate", JRSS B 57; Efron (2004), "Large-scale
    simultaneous hypothesis testing: the choice of a null hypothesis", JASA 99, for the spread.

    Examples
    --------
    >>> from annotation.stats.judgements import from_table
    >>> answers = np.random.default_rng(0).random((6, 200)) < 0.5
    >>> answers[4] = answers[1]
    >>> found = twin_workers(from_table(np.repeat(range(6), 200), np.tile(range(200), 6), answers.ravel()))
    >>> int(found.first[0]), int(found.second[0]), int(found.num_agreed[0]), bool(found.q_value[1] > 0.05)
    (1, 4, 200, True)
    """
    if least_shared < 1:
        raise ValueError(f"least_shared is {least_shared}; it must be at least 1")
    selected, passed_over = _by_worker(judgements)
    seen = (selected + passed_over).tocsr()
    if seen.nnz and seen.data.max() > 1:
        raise ValueError("judgements holds a worker twice on a candidate; one judgement each is allowed")
    first, second, sums, totals = _pairs(selected, passed_over, least_shared)
    m, variance, agreed, expected = sums
    habit, doubt = _habits(first, second, np.stack([agreed - expected, variance, m]), totals)
    columns = np.stack([first, second, m, agreed, expected, variance + m**2 * doubt, *habit])
    return _tested(*columns)


def _tested(*columns: NDArray[np.float64]) -> TwinWorkers:
    first, second, m, agreed, expected, spread, habit, other_habit = columns
    excess, together = agreed - expected - m * (habit + other_habit), m * habit * other_habit
    # Least squares over all pairs; with nothing to explain, 0.
    explained = np.sum(together**2 / spread)
    gamma = np.sum(excess * together / spread) / explained if explained > 0 else 0.0
    excess = excess - gamma * together
    z = excess / np.sqrt(spread)
    if len(z) >= LEAST_PAIRS_FOR_SPREAD:
        z /= max(1.0, 1.4826 * float(np.median(np.abs(z))))
    p_value = norm.sf(z)
    q_value = false_discovery_control(p_value) if len(p_value) else p_value
    order = np.argsort(-z, kind="stable")
    pair, counts = (np.stack(each)[:, order].astype(np.int64) for each in ((first, second), (m, agreed)))
    return TwinWorkers(*pair, *counts, *(each[order] for each in (agreed - excess, z, p_value, q_value)))


def _by_worker(judgements: Judgements) -> tuple[csr_matrix, csr_matrix]:
    """Both matrices with a row per worker, shape (num_workers, num_candidates)."""
    num_rows = len(judgements.worker)
    rows = csr_matrix(
        (np.ones(num_rows), (judgements.worker, np.arange(num_rows))), shape=(judgements.num_workers, num_rows)
    )
    return (rows @ judgements.selected).tocsr(), (rows @ judgements.passed_over).tocsr()


def _chance_to_agree(selected: csr_matrix, seen: csr_matrix) -> NDArray[np.float64]:
    """Of two of each candidate's judgements drawn at random, shape (num_candidates,); 1 where there are no two."""
    k, n = np.asarray(selected.sum(axis=0)).ravel(), np.asarray(seen.sum(axis=0)).ravel()
    pairs = n * (n - 1)
    return np.divide(k * (k - 1) + (n - k) * (n - k - 1), pairs, out=np.ones(len(n)), where=pairs > 0)


def _pairs(
    selected: csr_matrix, passed_over: csr_matrix, least_shared: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The pairs that are tested, the first worker before the second; their sums; and totals of each worker.

    Sums are the candidates both judged, V, A and E, shape (4, num_pairs). Totals are A - E, V and the shared candidates
    over all partners, also those too far for a test, shape (3, num_workers). Computed for some workers at a time
    against all after them: nearly every pair shares a candidate where some are shown to everybody.
    """
    seen = (selected + passed_over).tocsr()
    chance = _chance_to_agree(selected, seen)
    doubtful, likely = (csr_matrix(seen @ diags_array(each)) for each in (chance * (1 - chance), chance))
    num_workers = seen.shape[0]
    totals = np.zeros((3, num_workers))
    step = max(1, PAIRS_AT_ONCE // max(1, num_workers))
    pairs, sums = [np.zeros((2, 0), dtype=np.int64)], [np.zeros((4, 0))]
    for start in range(0, num_workers, step):
        rows, later = slice(start, start + step), slice(start, num_workers)
        m, variance, expected = (_products(each[rows], seen[later]) for each in (seen, doubtful, likely))
        agreed = _products(selected[rows], selected[later]) + _products(passed_over[rows], passed_over[later])
        for total, each in zip(totals, (agreed - expected, variance, m), strict=True):
            total[rows] += each.sum(axis=1)
            total[later] += each.sum(axis=0)
        first, second = np.nonzero((m >= least_shared) & (variance > 0))
        pairs.append(np.stack([first, second]) + start)
        sums.append(np.stack([each[first, second] for each in (m, variance, agreed, expected)]))
    return *np.concatenate(pairs, axis=1), np.concatenate(sums, axis=1), totals


def _products(left: csr_matrix, right: csr_matrix) -> NDArray[np.float64]:
    """Sums over shared candidates for each pair of workers; 0 but where the first comes before the second."""
    return np.triu((left @ right.T).toarray(), k=1)


def _habits(
    first: NDArray[np.int64], second: NDArray[np.int64], sums: NDArray[np.float64], totals: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each of both workers' excess per candidate over their other partners, shape (2, num_pairs); their variance."""
    habits, doubt = [], np.zeros(len(first))
    for side in (first, second):
        excess, variance, m = (total[side] - row for total, row in zip(totals, sums, strict=True))
        habits.append(np.divide(excess, m, out=np.zeros(len(m)), where=m > 0))
        doubt += np.divide(variance, m**2, out=np.zeros(len(m)), where=m > 0)
    return np.stack(habits), doubt
