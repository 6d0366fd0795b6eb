"""Evidence bundles for auditors: a ZIP of records, proofs, anchors and what checks them.

Read `writing.py` first: it lists the files; `choosing.py` says which records, `zipping.py` writes.
"""
