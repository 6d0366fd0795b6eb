"""The off-chain store: schema, SQL and transactions, the same on SQLite and PostgreSQL.

Nothing here is trusted: every row that matters is committed to the log, and `audit` re-hashes
it. Read `tables.py` first, then `unit_of_work.py`.
"""
