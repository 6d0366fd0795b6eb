"""The publisher's account: one private key in one file that only its owner reads.

The file holds `0x` and 64 hex digits. Nothing here prints or logs a key.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from traceability.errors import SettingsInvalid

PRIVATE_KEY = re.compile(r"0x[0-9a-f]{64}")
OWNER_ONLY = 0o600


class PublisherKeyInvalid(SettingsInvalid):
    """The key file is missing or holds no private key."""

    code = "PUBLISHER_KEY_INVALID"


def address_of(account: LocalAccount) -> str:
    """Return the account's address: `0x` and 40 lower-case hex digits."""
    return str(account.address).lower()


def create_account(path: Path) -> LocalAccount:
    """Make a random account and write its key; an existing file is never overwritten."""
    account: LocalAccount = Account.create()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"0x{bytes(account.key).hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return account


def load_account(path: Path) -> LocalAccount:
    """Read an account's key."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise PublisherKeyInvalid(f"publisher key unreadable: {path.name}") from cause
    if not PRIVATE_KEY.fullmatch(text):
        raise PublisherKeyInvalid(
            f"publisher key malformed: expected 0x and 64 lower-case hex digits in {path.name}"
        )
    try:
        account: LocalAccount = Account.from_key(text)
    except Exception as cause:
        raise PublisherKeyInvalid(f"publisher key out of range: {path.name}") from cause
    return account


def load_or_create_account(path: Path) -> LocalAccount:
    """Read the key if the file exists, otherwise make one."""
    return load_account(path) if path.exists() else create_account(path)
