"""Where things came from, where they went, and what a fault reaches.

Start with `rules.py`, which says what counts as lineage; `tracing.py` and `journeys.py` answer
the questions, over the SQL of `queries.py`.
"""
