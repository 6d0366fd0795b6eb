"""Ethereum-compatible chains: one client, one development chain, and the anchorer.

Read `anchor_store.py` first (the life of an anchor), then `anchoring.py`.
"""
