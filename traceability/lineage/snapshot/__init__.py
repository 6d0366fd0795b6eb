"""The lineage of a ledger in memory, so that a recall of a million items takes half a second.

Read `arrays.py` first: what is held; then `building.py`, `changes.py` and `reaching.py`.
"""
