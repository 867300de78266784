"""Fifteen corruptions, in the order of the paper."""

from evaluation.conditions.corruptions import gaussian_noise, shot_noise, impulse_noise  # isort: skip
from evaluation.conditions.corruptions import defocus_blur, glass_blur, motion_blur, zoom_blur  # isort: skip
from evaluation.conditions.corruptions import snow, frost, fog, brightness  # isort: skip
from evaluation.conditions.corruptions import contrast, elastic_transform, pixelate, jpeg_compression  # isort: skip

__all__ = [
    "brightness", "contrast", "defocus_blur", "elastic_transform", "fog", "frost", "gaussian_noise", "glass_blur",
    "impulse_noise", "jpeg_compression", "motion_blur", "pixelate", "shot_noise", "snow", "zoom_blur",
]  # fmt: skip
