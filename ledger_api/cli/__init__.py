"""The program `itemproof`: each command is a few lines over the domain.

Read `app.py` first: it names every command.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the program; what it is made of is imported here, where Ctrl-C is answered."""
    try:
        from ledger_api.cli.app import main as run_program

        run_program()
    except KeyboardInterrupt:
        _interrupted()


def _interrupted() -> None:
    """Say that the program was stopped before any command began."""
    from ledger_api.cli.output import Output
    from ledger_api.statuses import Interrupted, exit_status
    from ledger_api.terminal import terminal_language

    error = Interrupted("program was stopped before the command began")
    Output(as_json="--json" in sys.argv, lang=terminal_language()).error(error)
    sys.exit(exit_status(error))
