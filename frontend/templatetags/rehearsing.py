from django import template

from annotation import rehearsals

register = template.Library()


@register.simple_tag
def assumptions() -> str:
    """What is made up of workers who rehearse."""
    return rehearsals.ASSUMPTIONS
