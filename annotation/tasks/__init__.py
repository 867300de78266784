"""What the `default` queue does. Every task takes ids, can run twice, and is found again by a sweep.

A task's name is `annotation.tasks.` and its function, whichever file holds it: messages and the schedule know it so.
"""

from annotation.tasks.collecting import collect, enqueue_collection, sweep_collections
from annotation.tasks.counting import (
    enqueue_recompute,
    enqueue_recount,
    enqueue_recounts,
    recompute_frequencies,
    recount_stale,
    sweep_frequencies,
    sweep_mixtures,
)
from annotation.tasks.files import (
    enqueue_contact_sheets,
    enqueue_export,
    make_contact_sheets,
    remove_old_exports,
    sweep_contact_sheets,
    sweep_exports,
    write_export,
)
from annotation.tasks.hearing import (
    enqueue_learning,
    learn_posting,
    receive_notifications,
    subscribe_to_prolific,
)
from annotation.tasks.inviting import enqueue_letters, send_letters
from annotation.tasks.measuring import enqueue_measuring, measure_images, sweep_measuring
from annotation.tasks.rehearsing import enqueue_rehearsal, rehearse, sweep_rehearsals
from annotation.tasks.reviews import enqueue_review, review_quality, sweep_reviews
from annotation.tasks.searching import enqueue_duplicate_search, search_duplicates, sweep_duplicate_searches
from annotation.tasks.workforce import (
    enqueue_reconciliation,
    enqueue_round,
    reconcile_batch,
    round_of_batch,
    sweep_reconciliations,
    sweep_rounds,
)

__all__ = [
    "collect",
    "enqueue_collection",
    "enqueue_contact_sheets",
    "enqueue_duplicate_search",
    "enqueue_export",
    "enqueue_learning",
    "enqueue_letters",
    "enqueue_measuring",
    "enqueue_recompute",
    "enqueue_reconciliation",
    "enqueue_recount",
    "enqueue_recounts",
    "enqueue_rehearsal",
    "enqueue_review",
    "enqueue_round",
    "learn_posting",
    "make_contact_sheets",
    "measure_images",
    "receive_notifications",
    "recompute_frequencies",
    "reconcile_batch",
    "recount_stale",
    "rehearse",
    "remove_old_exports",
    "review_quality",
    "round_of_batch",
    "search_duplicates",
    "send_letters",
    "subscribe_to_prolific",
    "sweep_collections",
    "sweep_contact_sheets",
    "sweep_duplicate_searches",
    "sweep_exports",
    "sweep_frequencies",
    "sweep_measuring",
    "sweep_mixtures",
    "sweep_reconciliations",
    "sweep_rehearsals",
    "sweep_reviews",
    "sweep_rounds",
    "write_export",
]
