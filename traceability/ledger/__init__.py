"""The ledger's own work: validate, hash, append; put in order; prove; audit.

Read `capture.py` first, then `sequencer.py` and `bundles.py`.
"""
