"""A copy of the log as plain files: made, continued, checked and served without the node.

Start with `copying.py`; `folder.py` says what lies where, `auditing.py` what is checked.
"""
