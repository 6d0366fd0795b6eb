"""Owns EPCIS documents in XML, 2.0 and 1.2: read to JSON-LD, and written from it.

Read `reading.py` first, then `mapping.py`; every rule of names is in `names.py`.
"""
