"""The noises against the moments they must have."""

import numpy as np
import pytest

from tests.evaluation.conditions.photographs import changed, flat


@pytest.mark.parametrize(("severity", "deviation"), [(1, 0.08), (2, 0.12), (3, 0.18)])
def test_gaussian_noise_has_its_deviation(severity: int, deviation: float) -> None:
    found = changed(f"gaussian_noise:{severity}", flat(128)) / 255
    clipped = np.random.default_rng(5).normal(128 / 255, deviation, 10**6).clip(0, 1)
    assert found.mean() == pytest.approx(clipped.mean(), abs=0.003)
    assert found.std() == pytest.approx(clipped.std(), rel=0.01)


@pytest.mark.parametrize(("severity", "grains"), [(1, 60), (2, 25), (3, 12)])
def test_shot_noise_keeps_the_mean_and_varies_as_grains_do(severity: int, grains: int) -> None:
    """Poisson: the variance of a value is the value divided by the number of grains in white."""
    found = changed(f"shot_noise:{severity}", flat(64)) / 255
    assert found.mean() == pytest.approx(64 / 255, abs=0.003)
    assert found.var() == pytest.approx(64 / 255 / grains, rel=0.03)


def test_shot_noise_leaves_black_alone() -> None:
    assert (changed("shot_noise:5", flat(0)) == 0).all()


@pytest.mark.parametrize(("severity", "share"), [(1, 0.03), (3, 0.09), (5, 0.27)])
def test_impulse_noise_replaces_its_share_half_black_half_white(severity: int, share: float) -> None:
    found = changed(f"impulse_noise:{severity}", flat(100))
    assert (found == 0).mean() == pytest.approx(share / 2, rel=0.05)
    assert (found == 255).mean() == pytest.approx(share / 2, rel=0.05)
    assert (found == 100).mean() == pytest.approx(1 - share, rel=0.01)
    is_hit = found != 100
    assert is_hit.all(axis=2).mean() < share / 2, "channels are hit by themselves"
