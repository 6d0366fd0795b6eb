"""The benchmarks, one file a part; `measure.py` says what a row is."""
