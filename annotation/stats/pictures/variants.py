"""What the signature of an image would be, had it been mirrored or cropped: copies that a hash alone does not find."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.pictures.signatures import SIDE

CUT = 0.05
"""Of each side that a cropped copy lacks."""
CORNERS = {
    "top left": (0.0, 0.0),
    "top right": (0.0, 1.0),
    "middle": (0.5, 0.5),
    "bottom left": (1.0, 0.0),
    "bottom right": (1.0, 1.0),
}
"""Where the part lies that is left: the share of what was cut that was cut above, and at the left."""


def mirrored(signatures: ArrayLike) -> NDArray[np.float64]:
    """The signatures of the images seen in a mirror.

    Parameters
    ----------
    signatures : array_like of uint8 or float, shape (n, 32, 32)
        Grey values.

    Returns
    -------
    ndarray of float, shape (n, 32, 32)

    Raises
    ------
    ValueError
        If the signatures have another shape.

    References
    ----------
    Left and right are exchanged, exactly.

    Examples
    --------
    >>> picture = np.zeros((1, 32, 32))
    >>> picture[0, 5, 0] = 9
    >>> float(mirrored(picture)[0, 5, 31])
    9.0
    """
    return np.ascontiguousarray(_checked(signatures)[:, :, ::-1])


def cropped(signatures: ArrayLike, *, cut: float, above: float, left: float) -> NDArray[np.float64]:
    r"""The signatures of a part of each image, stretched to the whole.

    Grey values between the centres of two fields are taken to change evenly from one to the other, so that each value
    of the part is a weighted mean of four: :math:`R_a X R_l^\top`.

    Parameters
    ----------
    signatures : array_like of uint8 or float, shape (n, 32, 32)
        Grey values.
    cut : float
        Of each side, as a share in [0, 1).
    above, left : float
        The share of what is cut that lies above the part, and at its left, in [0, 1].

    Returns
    -------
    ndarray of float, shape (n, 32, 32)

    Raises
    ------
    ValueError
        If the signatures have another shape, or a share is out of its range.

    References
    ----------
    Bilinear interpolation.

    Examples
    --------
    >>> ramp = np.tile(np.arange(32.0), (1, 32, 1))
    >>> part = cropped(ramp, cut=0.5, above=0, left=1)
    >>> float(part[0, 0, 0]), float(part[0, 0, 31])
    (15.75, 31.0)
    """
    for name, value, is_allowed in (("cut", cut, 0 <= cut < 1), ("above", above, 0 <= above <= 1)):
        if not is_allowed:
            raise ValueError(f"{name} is {value}; it is a share between 0 and 1")
    if not 0 <= left <= 1:
        raise ValueError(f"left is {left}; it is a share between 0 and 1")
    values = _checked(signatures)
    return np.asarray(_stretch(cut, above) @ values @ _stretch(cut, left).T)


def _stretch(cut: float, before: float) -> NDArray[np.float64]:
    """The weights of 32 values for each of 32 in the part that is left, shape (32, 32)."""
    places = (np.arange(SIDE) + 0.5) * (1 - cut) + SIDE * cut * before - 0.5
    places = places.clip(0, SIDE - 1)
    lower = np.minimum(places.astype(int), SIDE - 2)
    weights = np.zeros((SIDE, SIDE))
    weights[np.arange(SIDE), lower] = 1 - (places - lower)
    weights[np.arange(SIDE), lower + 1] += places - lower
    return weights


def _corner(above: float, left: float) -> Callable[[ArrayLike], NDArray[np.float64]]:
    return lambda signatures: cropped(signatures, cut=CUT, above=above, left=left)


VARIANTS: dict[str, Callable[[ArrayLike], NDArray[np.float64]]] = {
    "mirrored": mirrored,
    **{f"cropped to {name}": _corner(*place) for name, place in CORNERS.items()},
}
"""By name; each takes signatures and returns those of the copies."""


def _checked(signatures: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(signatures, dtype=np.float64)
    if values.ndim != 3 or values.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"signatures have shape {values.shape}; give (n, {SIDE}, {SIDE})")
    return values
