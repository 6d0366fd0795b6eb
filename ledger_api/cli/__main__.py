"""`python -m ledger_api.cli`, where the program itself is not on the path."""

from ledger_api.cli import main

main()
