"""Charts, capability and sampling plans for anyone with a CSV: tables in, answers and pictures out.

Read `tables.py` first (what a table must be), then `answers.py`. No ledger is needed.
"""
