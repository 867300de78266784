"""Who selected what, as two sparse matrices: what models of annotation multiply with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Judgements:
    """Judgements in rows, each row by one worker; a row is an assignment, or all a worker has judged.

    `selected` and `passed_over` hold a 1 where the row's worker selected the candidate of that column, or saw it and
    did not; shape (num_rows, num_candidates). `worker` says whose each row is, shape (num_rows,).
    """

    selected: csr_matrix
    passed_over: csr_matrix
    worker: NDArray[np.int64]
    num_workers: int

    @property
    def num_candidates(self) -> int:
        """Columns, candidates without a judgement included."""
        return int(self.selected.shape[1])

    def per_candidate(
        self, if_selected: NDArray[np.float64], if_passed_over: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """For each candidate the sum of its workers' values, by what they answered; shape (num_candidates,)."""
        mine, other = if_selected[self.worker], if_passed_over[self.worker]
        return np.asarray(self.selected.T @ mine + self.passed_over.T @ other)

    def per_worker(self, value: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For each worker the sum of the candidates' values over those selected, and over those passed over."""
        rows = (self.selected @ value, self.passed_over @ value)
        selected, passed_over = (np.bincount(self.worker, weights=row, minlength=self.num_workers) for row in rows)
        return selected.astype(np.float64), passed_over.astype(np.float64)


def from_bitmaps(
    worker: ArrayLike, candidates: ArrayLike, seen: ArrayLike, selected: ArrayLike, *, num_candidates: int
) -> Judgements:
    """Judgements of assignments as they are stored: a row each, a bit per position.

    Parameters
    ----------
    worker : array_like of int, shape (num_assignments,)
        Whose each assignment is, numbered from 0.
    candidates : array_like of int, shape (num_assignments, size)
        The candidate at each position, numbered from 0; -1 at positions that do not count, such as controls.
    seen, selected : array_like of 0 and 1, shape (num_assignments, size)
        As `annotation.bitmaps.unpack_many` gives them. What was not seen is no judgement.
    num_candidates : int

    Returns
    -------
    Judgements

    Raises
    ------
    ValueError
        If shapes differ or a number is out of range.

    Examples
    --------
    >>> found = from_bitmaps([0, 1], [[0, 1], [0, 1]], [[1, 1], [1, 0]], [[1, 0], [1, 0]], num_candidates=2)
    >>> found.selected.toarray().tolist(), found.passed_over.toarray().tolist()
    ([[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    """
    workers, columns = _indices(worker, "worker"), np.asarray(candidates)
    bits, chosen = np.asarray(seen).astype(np.bool_), np.asarray(selected).astype(np.bool_)
    if columns.ndim != 2 or len(workers) != len(columns) or not columns.shape == bits.shape == chosen.shape:
        shapes = [workers.shape, columns.shape, bits.shape, chosen.shape]
        raise ValueError(f"worker, candidates, seen, selected are {shapes}; they must be (n,) and thrice (n, size)")
    counts = bits & (columns >= 0)
    _check_range(columns, "candidates", num_candidates, least=-1)
    return Judgements(
        _from_mask(counts & chosen, columns, num_candidates),
        _from_mask(counts & ~chosen, columns, num_candidates),
        workers,
        int(workers.max(initial=-1)) + 1,
    )


def from_table(worker: ArrayLike, candidate: ArrayLike, is_selected: ArrayLike) -> Judgements:
    """Judgements of a long table, one row each; the workers' rows are gathered by counting, nothing is sorted.

    Parameters
    ----------
    worker, candidate : array_like of int, shape (num_judgements,)
        Numbered from 0.
    is_selected : array_like of bool, shape (num_judgements,)

    Returns
    -------
    Judgements
        One row per worker.

    Raises
    ------
    ValueError
        If the lengths differ or a number is negative.

    Examples
    --------
    >>> found = from_table([0, 1, 0], [0, 0, 1], [True, True, False])
    >>> found.selected.toarray().tolist(), found.passed_over.toarray().tolist()
    ([[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]])
    """
    workers, columns = _indices(worker, "worker"), _indices(candidate, "candidate")
    chosen = np.asarray(is_selected, dtype=np.bool_)
    if not workers.shape == columns.shape == chosen.shape:
        shapes = [workers.shape, columns.shape, chosen.shape]
        raise ValueError(f"worker, candidate, is_selected have shapes {shapes}; they must be the same")
    shape = int(workers.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1
    parts = [_by_worker(workers[mask], columns[mask], shape) for mask in (chosen, ~chosen)]
    return Judgements(parts[0], parts[1], np.arange(shape[0]), shape[0])


def _from_mask(mask: NDArray[np.bool_], columns: NDArray[np.int64], num_candidates: int) -> csr_matrix:
    starts = np.concatenate([[0], np.cumsum(np.count_nonzero(mask, axis=1))])
    indices = columns[mask].astype(np.int32)
    return csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(mask), num_candidates))


def _by_worker(workers: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> csr_matrix:
    # Transposing a matrix with one entry per row is a counting sort.
    rows = csr_matrix((columns.astype(np.int32), workers, np.arange(len(workers) + 1)), shape=(len(workers), shape[0]))
    gathered = rows.tocsc()
    return csr_matrix((np.ones(len(columns)), gathered.data, gathered.indptr), shape=shape)


def _indices(values: ArrayLike, name: str) -> NDArray[np.int64]:
    found = np.asarray(values, dtype=np.int64)
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}; it must have one dimension")
    _check_range(found, name, np.iinfo(np.int32).max, least=0)
    return found


def _check_range(values: NDArray[np.int64], name: str, end: int, *, least: int) -> None:
    if values.size and not (values.min() >= least and values.max() < end):
        raise ValueError(f"{name} holds {values.min()} to {values.max()}; it must lie between {least} and {end - 1}")
