"""The demonstration: a seeded story of copper rod that becomes cable drums, told on a real ledger.

Read `plan.py` first (who makes what from what), then `story.py` (what the command does).
"""
