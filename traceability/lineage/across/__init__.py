"""Read-across (举一反三): from a fault, everything that shares a cause with it.

Read `rules.py` for the meaning; `asking.py` computes the same from the store.
"""
