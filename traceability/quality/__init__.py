"""Inspections, losses and outputs as committed records, and the scores that follow from them.

Read `extraction.py` first (what a record must hold), then `scores.py`; the arithmetic is in
`analytics`.
"""
