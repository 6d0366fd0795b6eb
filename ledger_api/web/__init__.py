"""The pages: what consumers, suppliers, auditors and buyers see.

Read `views.py` first, which says what a page needs; `pages.py` renders it, and `assets.py`
serves styles and scripts and sets the headers that keep everything else out.
"""
