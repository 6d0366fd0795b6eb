"""Secret keys at rest: one encrypted file each, written whole or not at all.

It owns the format, the passphrase and the files. Read `form.py` first, then `folder.py`.
"""
