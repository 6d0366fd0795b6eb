"""The EPCIS 2.0 HTTP binding: capture with its jobs, events given back, discovery.

Start with `endpoints.py`; `jobs.py` does what a 202 has promised.
"""
