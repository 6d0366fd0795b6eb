"""Backup and restore: one encrypted file with all that a ledger cannot make again.

Read `writing.py` first; `cipher.py` and `frames.py` are the file's two layers.
"""
