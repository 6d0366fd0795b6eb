"""Owns EPCIS 2.0 events: their wire form, vocabulary and rules; it repairs and stores nothing.

Read `jsonld.py` first (what a document becomes), then `rules.py` (what an event may say).
"""
