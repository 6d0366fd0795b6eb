"""The lineage of a ledger in memory, so that the set of a large recall is found at once.

Read `arrays.py` first: what is held; then `building.py`, `changes.py` and `reaching.py`.
"""
