"""Re-hashing everything against the log and the chain; every difference is named.

Read `audit.py` first: it lists the parts. Each part yields `Difference`s and never stops at
the first, so that one report shows the whole damage.
"""
