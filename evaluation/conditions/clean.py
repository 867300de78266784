from evaluation.conditions.base import Condition, register


@register
class Clean(Condition):
    """The image as it is."""

    kind = "clean"
