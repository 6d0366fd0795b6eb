"""Reports of recalls for people: PDF, XLSX, a notice for each holder, all signed together.

What they say is made in `traceability/lineage/recalls`; read `folder.py` first.
"""
