"""The small vectors, one module for each part; `files.py` says which file each one makes."""
