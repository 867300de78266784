"""Small grey pictures of images: their perceptual hash, and how far two of them are apart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dctn
from scipy.ndimage import uniform_filter

SIDE = 32
LOW = 8
"""Frequencies kept in each direction: 64 bits."""
WINDOW = 7
STABILITY = (0.01**2, 0.03**2)
"""Wang's constants, for values in [0, 1]."""


def perceptual_hashes(signatures: ArrayLike) -> NDArray[np.uint64]:
    r"""One bit for each of the 64 lowest frequencies of an image: whether it is stronger than their median.

    The type-2 discrete cosine transform of the 32 × 32 grey values, its 8 × 8 lowest frequencies, each compared with
    their median; row by row, the lowest in the lowest bit. The mean brightness is one of the 64, so that no
    more than two bits change with it; contrast changes none. Mirroring changes the signs of every second column.

    Parameters
    ----------
    signatures : array_like of uint8 or float, shape (n, 32, 32)
        Grey values of each image, scaled to 32 × 32.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Raises
    ------
    ValueError
        If the signatures have another shape.

    References
    ----------
    Zauner (2010), "Implementation and benchmarking of perceptual image hash functions", section 3.2.

    Examples
    --------
    >>> picture = np.random.default_rng(0).integers(0, 100, (1, 32, 32))
    >>> first, second = perceptual_hashes(np.concatenate([picture, 2 * picture + 30]))
    >>> int(np.bitwise_count(first ^ second))
    0
    """
    values = _checked(signatures)
    low = dctn(values, axes=(1, 2), norm="ortho")[:, :LOW, :LOW].reshape(len(values), LOW * LOW)
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.asarray(np.packbits(bits, axis=1, bitorder="little").view("<u8")[:, 0].astype(np.uint64))


def pixel_distances(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    r"""Root mean square difference of the grey values of pairs, :math:`\sqrt{\overline{(x - y)^2}}`.

    Parameters
    ----------
    first, second : array_like of uint8 or float, shape (n, 32, 32)
        In [0, 255].

    Returns
    -------
    ndarray of float, shape (n,)
        In [0, 1]: 0 for the same picture, 1 for black and white.

    Raises
    ------
    ValueError
        If the shapes are others, or differ.

    References
    ----------
    The distance by which Barz and Denzler (2020), "Do we train on test data? Purging CIFAR of near-duplicates", rank
    pairs, there of features.

    Examples
    --------
    >>> black, grey = np.zeros((1, 32, 32)), np.full((1, 32, 32), 51)
    >>> pixel_distances(black, grey)
    array([0.2])
    """
    x, y = _pair(first, second)
    return np.asarray(np.sqrt(np.mean((x - y) ** 2, axis=(1, 2))))


def structural_distances(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    r"""(1 − SSIM)/2 of pairs: 0 for the same picture, 1/2 for unrelated ones, 1 for negatives.

    In windows of 7 × 7 that lie within the picture, with means :math:`\mu`, variances :math:`\sigma^2` and covariance,

    .. math:: \text{SSIM} = \overline{\frac{(2\mu_x\mu_y + c_1)(2\sigma_{xy} + c_2)}
        {(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}}.

    Parameters
    ----------
    first, second : array_like of uint8 or float, shape (n, 32, 32)
        In [0, 255].

    Returns
    -------
    ndarray of float, shape (n,)
        In [0, 1].

    Raises
    ------
    ValueError
        If the shapes are others, or differ.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli (2004), "Image quality assessment: from error visibility to structural
    similarity".

    Examples
    --------
    >>> picture = np.random.default_rng(0).integers(0, 256, (1, 32, 32))
    >>> structural_distances(picture, picture), structural_distances(picture, 255 - picture).round(1)
    (array([0.]), array([1.]))
    """
    x, y = _pair(first, second)
    mean_x, mean_y = _windows(x), _windows(y)
    unbiased = WINDOW**2 / (WINDOW**2 - 1)
    variance_x, variance_y, covariance = (
        unbiased * (_windows(a * b) - p * q)
        for a, b, p, q in ((x, x, mean_x, mean_x), (y, y, mean_y, mean_y), (x, y, mean_x, mean_y))
    )
    c1, c2 = STABILITY
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return np.asarray((1 - likeness.mean(axis=(1, 2))) / 2)


def _windows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each window that lies within."""
    edge = WINDOW // 2
    return np.asarray(uniform_filter(values, size=(1, WINDOW, WINDOW))[:, edge:-edge, edge:-edge])


def _pair(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = _checked(first), _checked(second)
    if x.shape != y.shape:
        raise ValueError(f"first and second hold {len(x)} and {len(y)} signatures; pairs need as many")
    return x / 255, y / 255


def _checked(signatures: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(signatures, dtype=np.float64)
    if values.ndim != 3 or values.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"signatures have shape {values.shape}; give (n, {SIDE}, {SIDE})")
    return values
