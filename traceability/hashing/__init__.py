"""From values to digests: canonical bytes, commitments, statements, signatures, event hashes.

Read `canonical.py` first, then `commitment.py` (what is committed of a record) and `statement.py`
(what a key signs).
"""
