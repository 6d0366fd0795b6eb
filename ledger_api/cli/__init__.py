"""The program `itemproof`: each command is a few lines over the domain.

Read `app.py` first: it names every command.
"""

from ledger_api.cli.app import main

__all__ = ["main"]
