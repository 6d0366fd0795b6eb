"""Recalls as reports: where everything is that a fault reaches, what is missing, and how fast.

Read `report.py` for what a report says, `states.py` for its words, then `making.py`.
"""
