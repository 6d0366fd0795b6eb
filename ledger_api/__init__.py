"""HTTP, pages and command line: wiring and presentation over `traceability` and `analytics`.

Read `wiring.py` first, then `app.py` and `cli/app.py`.
"""
