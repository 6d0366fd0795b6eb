"""Disclosure policies over HTTP: who sees what of a participant's records.

Start with `endpoints.py`; `answers.py` is what it and the command line say of a policy.
"""
