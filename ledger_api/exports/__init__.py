"""Lineage in the forms that others read: spreadsheets, graphs, EPCIS documents.

Each form is a pure function over an answer. Read `cells.py` first: what strangers wrote is data
in every form, and never a formula, a label's markup or a line of its own.
"""
