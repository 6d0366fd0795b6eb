"""Attacks on a whole ledger, in real processes on real databases and a real chain."""

import os
from pathlib import Path

# With a chain that is configured nobody gets keys without a passphrase.
os.environ.setdefault(
    "ITEMPROOF_KEY_PASSPHRASE_FILE",
    str(Path(__file__).parents[1] / "support" / "passphrase.txt"),
)
