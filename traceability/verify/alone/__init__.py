"""The verifier as one file that needs Python alone: what stands in for other people's code.

Read `building.py` first: it puts the verifier's own sources, unchanged, into one file beside the
stand-ins `plain_*.py`; `main.py` is what runs there.
"""
