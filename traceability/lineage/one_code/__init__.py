"""One item, one code, one life: events of the same thing that cannot all be true.

Start with `rules.py`, which says what contradicts what; `judging.py` asks it for a document.
"""
