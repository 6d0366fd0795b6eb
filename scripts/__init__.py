"""Commands of the project that `make` calls: set-up, locks, checks, benchmarks, demo data.

Each is a thin file with its own help; read `setup.py` first.
"""
