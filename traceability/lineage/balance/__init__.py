"""Mass balance: what went in, what came out, what was scrap, what is left and what is missing.

Read `accounts.py` for the meaning, `asking.py` for how the store's events come to it.
"""
