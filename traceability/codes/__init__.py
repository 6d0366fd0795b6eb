"""Owns GS1 identification keys, their written forms and new serials; it never guesses or repairs.

Read `keys.py` first (what a key is), then `uris.py` (how a key is written).
"""
