"""Evidence bundles over HTTP, for auditors.

Start with `endpoints.py`; `traceability/ledger/evidence/` writes them.
"""
