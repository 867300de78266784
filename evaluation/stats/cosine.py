"""How far the features of images point apart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def cosine_distances(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    r"""
    :math:`1 - \frac{x \cdot y}{\lVert x \rVert \lVert y \rVert}` of pairs of vectors.

    A vector of zeros points nowhere; it is as far from any other as an unrelated one, at 1.

    Parameters
    ----------
    first, second : array_like of float, shape (n, d)
        Features, one row for each image of a pair.

    Returns
    -------
    ndarray of float, shape (n,)
        In [0, 2]: 0 for the same direction, 1 for unrelated ones.

    Raises
    ------
    ValueError
        If the shapes are not two equal ones of two dimensions, or a number is not finite.

    References
    ----------
    Barz and Denzler (2020), "Do we train on test data? Purging CIFAR of near-duplicates", section 3.1.

    Examples
    --------
    >>> cosine_distances([[1, 0], [0, 2]], [[3, 0], [1, 0]])
    array([0., 1.])
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 2:
        raise ValueError(f"first and second have shapes {x.shape} and {y.shape}; give (n, d) twice")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("first or second has numbers that are not finite")
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    products = np.einsum("nd,nd->n", x, y)
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    return np.asarray(1 - cosines.clip(-1, 1))
