"""The section of the test sets: what each is, how far it was reviewed, and who knew accuracies before it was frozen."""

from annotation.counting import verdicts
from evaluation import looks
from evaluation.reports.content import SetContent
from evaluation.reports.gathering import OfSet


def described(of: OfSet) -> SetContent:
    """One set."""
    test_set = of.test_set
    selected, seen = of.num_selected[of.is_judged], of.num_seen[of.is_judged]
    return {
        "name": of.name,
        "strategy": str(test_set.strategy),
        "citation": test_set.citation,
        "content_sha256": test_set.content_sha256,
        "is_given": test_set.is_given,
        "num_images": len(of.num_seen),
        "num_selected": int(of.num_selected.sum()),
        "num_seen": int(of.num_seen.sum()),
        "mean_frequency": float((selected / seen).mean()) if len(seen) else None,
        "num_missing": sum(int(shortage.get("num_missing", 0)) for shortage in test_set.shortages),
        "num_substitutions": len(test_set.substitutions),
        "review": verdicts.summary(test_set),
        "early_looks": [
            {"name": look.name, "is_reviewer": look.is_reviewer, "first_at": look.first_at.isoformat()}
            for look in looks.before_freeze(test_set)
        ],
    }
