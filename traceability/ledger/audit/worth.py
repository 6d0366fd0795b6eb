"""How many processes an audit is worth: each loads the program anew before it helps."""

from __future__ import annotations

from traceability.store.repositories import Repositories

# Processor seconds that checking one takes, measured; see docs/benchmarks.md.
ITEM_SECONDS = 10e-6
RECORD_SECONDS = 500e-6
ENTRY_SECONDS = 300e-6
# Below so much work, starting processes takes longer than it saves.
WORTH_SECONDS = 3.0


def worthwhile_jobs(repositories: Repositories, *, processors: int) -> int:
    """Return how many processes to audit with: one, or one for each processor."""
    try:
        items = repositories.items.count()
        others = repositories.batches.count_records() - items
        entries = repositories.entries.count_sequenced()
    except (TypeError, ValueError):
        # Somebody stored a value of another type: the audit names it.
        return 1
    seconds = items * ITEM_SECONDS + others * RECORD_SECONDS + entries * ENTRY_SECONDS
    return 1 if seconds < WORTH_SECONDS else processors
