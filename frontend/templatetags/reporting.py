"""How a report's words and its figures without a unit are written."""

from django import template

from evaluation.models import Classifier
from evaluation.reports.content import AdaptivityContent

register = template.Library()
MINUS = "\N{MINUS SIGN}"
SMALLEST_P = 0.001
LEVEL = 0.05


@register.filter
def group_name(group: str) -> str:
    """`more_data` as more data; what is no group as it is."""
    return str(dict(Classifier.Group.choices).get(group, group)).lower()


@register.filter
def moved(rank_change: int | None) -> str:
    """Ranks won or lost, such as +2 or −1; nothing for none."""
    if not rank_change:
        return ""
    return f"+{rank_change}" if rank_change > 0 else f"{MINUS}{-rank_change}"


@register.filter
def figure(value: float | None, digits: int = 2) -> str:
    """−0.25, with a real minus; a dash where there is no value."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


@register.filter
def p_value(p: float | None) -> str:
    """= 0.031 or < 0.001."""
    if p is None:
        return "–"
    return f"< {SMALLEST_P}" if p < SMALLEST_P else f"= {p:.3f}"


@register.filter
def strategy_name(strategy: str) -> str:
    """`matched_frequency` as matched frequency."""
    return strategy.replace("_", " ")


@register.filter
def later_fall_behind(adaptivity: AdaptivityContent) -> bool:
    """Whether later classifiers lie lower under the line than earlier ones, by more than chance."""
    correlation, p = adaptivity["date_correlation"], adaptivity["date_p"]
    return correlation is not None and p is not None and correlation < 0 and p < LEVEL


@register.filter
def signs_of_overfitting(adaptivity: AdaptivityContent | None) -> str:
    """`some` or `none`; `unknown` where no line could be drawn to look for them."""
    if adaptivity is None:
        return "unknown"
    return "some" if adaptivity["has_diminishing_returns"] or later_fall_behind(adaptivity) else "none"
