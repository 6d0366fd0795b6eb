"""The domain: codes, events, commitments, the log, its proofs, its chain; it knows no HTTP.

Read `verify/verifier.py` first, then `ledger/capture.py` and `ledger/sequencer.py`.
"""
