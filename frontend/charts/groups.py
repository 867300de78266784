"""Groups of classifiers: what they are called, and the shapes of their points."""

from evaluation.reports.content import Content

GROUPS = {"standard": "standard", "robustness": "robustness intervention", "more_data": "more data"}
SHAPES = {"standard": "circle", "robustness intervention": "triangle-up", "more data": "square"}


def shapes_of(content: Content) -> dict[str, str]:
    """The groups that occur, standard first, each with its shape."""
    there = {GROUPS[each["group"]] for each in content["classifiers"]}
    return {name: shape for name, shape in SHAPES.items() if name in there}
