"""The verifier: from one disclosed field to a block hash, trusting only a trust file.

Imports neither store nor chain nor settings. Read `verifier.py` first: its opening
comment lists the numbered steps; then `bundle.py` for what is read, `report.py` for
what is said.
"""
