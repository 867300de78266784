"""Candidates that show scenes: the same scene twice looks alike, and different ones do not."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from annotation.duplicates.references import signed
from annotation.models import Candidate, DuplicatePair, ImageSignature, Origin, ReferenceImage, Study, TargetClass
from annotation.stats.pictures.signatures import perceptual_hashes
from tests import cast

Grey = NDArray[np.uint8]


def scene(seed: int) -> Grey:
    """Smooth shapes, 32 × 32."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7), dtype=np.uint8)
    return np.asarray(PillowImage.fromarray(coarse).resize((32, 32), PillowImage.Resampling.BICUBIC))


def again(grey: Grey, seed: int = 0) -> Grey:
    """The same scene, saved once more."""
    noise = np.random.default_rng(seed).normal(0, 2, grey.shape)
    return (grey + noise).clip(0, 255).astype(np.uint8)


def hash_of(grey: Grey) -> int:
    return int(perceptual_hashes(grey[None])[0])


def sign(candidate: Candidate, grey: Grey) -> Candidate:
    ImageSignature.objects.create(image=candidate.image, hash=signed(hash_of(grey)), grey=grey.tobytes())
    return candidate


def shown(of: TargetClass, grey: Grey, origin: Origin = Origin.POOL) -> Candidate:
    """A candidate that shows this."""
    return sign(cast.candidate(of, origin), grey)


def measured(of: TargetClass, grey: Grey, num_selected: int) -> Candidate:
    """A candidate of the pool that shows this and that so many of ten workers have selected."""
    return sign(cast.measured(of, Origin.POOL, num_selected), grey)


def reference(study: Study, name: str, grey: Grey) -> ReferenceImage:
    return ReferenceImage.objects.create(study=study, name=name, hash=signed(hash_of(grey)), grey=grey.tobytes())


def pair(first: Candidate, second: Candidate | ReferenceImage) -> DuplicatePair:
    """A pair as a search would have kept it."""
    other = {"second": second} if isinstance(second, Candidate) else {"reference": second}
    return DuplicatePair.objects.create(study=first.study, first=first, hamming=2, found_at=cast.NOW, **other)
