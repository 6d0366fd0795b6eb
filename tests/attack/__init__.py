"""Attacks on a whole ledger, in real processes on real databases and a real chain."""
