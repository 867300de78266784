"""Groups of classifiers: what they are called, and the shapes of their points."""

from evaluation.models import Classifier
from evaluation.reports.content import Content

GROUPS = {value: str(label).lower() for value, label in Classifier.Group.choices}
SHAPES = dict(zip(GROUPS.values(), ("circle", "triangle-up", "square"), strict=True))


def shapes_of(content: Content) -> dict[str, str]:
    """The groups that occur, standard first, each with its shape."""
    there = {GROUPS[each["group"]] for each in content["classifiers"]}
    return {name: shape for name, shape in SHAPES.items() if name in there}
