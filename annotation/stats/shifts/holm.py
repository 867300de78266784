"""Several tests at once: p-values that stay honest together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """p-values adjusted so that the chance of even one false finding among them stays below any level they are held to.

    Parameters
    ----------
    p : array_like of float, shape (n,)
        In [0, 1].

    Returns
    -------
    ndarray of float, shape (n,)
        In the order they came.

    Raises
    ------
    ValueError
        If a value is outside [0, 1] or there is more than one dimension.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure".

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3)
    array([0.03, 0.06, 0.06])
    """
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or np.any(~((values >= 0) & (values <= 1))):
        raise ValueError("p must hold values between 0 and 1, in one dimension")
    order = np.argsort(values, kind="stable")
    stepped = np.minimum(1.0, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    adjusted = np.empty_like(values)
    adjusted[order] = stepped
    return adjusted
