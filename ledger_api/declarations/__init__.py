"""HTTP for statuses: saying what became of records, and asking what was said.

Read `endpoints.py`.
"""
