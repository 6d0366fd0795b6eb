"""Supplier quality: arrays and tables in, frozen results out; pure functions, no I/O.

Read `integer_statistics.py` first (what any engine counts), then `grading.py` and
`supplier_score.py` (what one exact Python core makes of it).
"""
