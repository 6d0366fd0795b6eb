"""The publisher's account: one private key in one file that only its owner reads.

The file is an encrypted key file, or holds `0x` and 64 hex digits: so that of the test chain, and
one that the operator brings. Nothing here prints or logs a key.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key

from traceability.errors import SettingsInvalid
from traceability.hashing.keccak import keccak256
from traceability.key_files.faults import KeyFileInvalid, KeyNotHeld
from traceability.key_files.folder import KeyFolder
from traceability.key_files.form import is_sealed
from traceability.key_files.schemes import SECP256K1_ALG, secret_of

PRIVATE_KEY = re.compile(r"0x[0-9a-f]{64}")
OWNER_ONLY = 0o600
PUBLISHER: Final = "publisher"
# SEC 2, section 2.4.1: the order of secp256k1's group; a key is below it and not zero.
ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
KEY_BYTES, ADDRESS_BYTES = 32, 20


class PublisherKeyInvalid(SettingsInvalid):
    """The key file is missing or holds no private key."""

    code = "PUBLISHER_KEY_INVALID"


class Account(Protocol):
    """What signs transactions."""

    @property
    def address(self) -> str:
        """`0x` and 40 hex digits."""

    def sign_transaction(self, fields: dict[str, Any], /) -> Any:
        """Return the signed transaction: its `raw_transaction` and its `hash`."""


@dataclass(frozen=True, slots=True)
class KeyAccount:
    """An account by its private key; what signs is imported with the first signature."""

    key: bytes = field(repr=False)
    address: str

    def sign_transaction(self, fields: dict[str, Any], /) -> Any:
        """Return the signed transaction."""
        return _signing()(fields, self.key)


def account_of(key: bytes) -> KeyAccount:
    """Return the account of a private key.

    Raises
    ------
    ValueError
        The key is not between zero and the group's order.
    """
    point = derive_private_key(int.from_bytes(key, "big"), SECP256K1()).public_key()
    numbers = point.public_numbers()
    named = numbers.x.to_bytes(KEY_BYTES, "big") + numbers.y.to_bytes(KEY_BYTES, "big")
    return KeyAccount(key, f"0x{keccak256(named)[-ADDRESS_BYTES:].hex()}")


@cache
def _signing() -> Callable[[dict[str, Any], bytes], Any]:
    """Return what signs a transaction with a key.

    Importing it takes a second, which nobody should wait for who signs nothing. It brings a
    library that raises Python's limit of recursion to where a deep document would overflow the
    stack instead of being refused. That one comes first and alone, and the limit is put back.
    """
    limit = sys.getrecursionlimit()
    try:
        import_module("py_ecc")
    finally:
        sys.setrecursionlimit(limit)
    from eth_account import Account as Library  # noqa: PLC0415 # late on purpose, as said above

    signing: Callable[[dict[str, Any], bytes], Any] = Library.sign_transaction
    return signing


def address_of(account: Account) -> str:
    """Return the account's address: `0x` and 40 lower-case hex digits."""
    return str(account.address).lower()


def _draw() -> bytes:
    return (1 + secrets.randbelow(ORDER - 1)).to_bytes(KEY_BYTES, "big")


def drawn_account() -> KeyAccount:
    """Return a new account; who asks keeps its key."""
    return account_of(_draw())


def publisher_of(keys: KeyFolder) -> KeyAccount:
    """Return the publisher's account that a folder of key files holds, made on first use."""
    if not keys.exists(PUBLISHER, SECP256K1_ALG):
        keys.write(PUBLISHER, secret_of(SECP256K1_ALG, _draw()))
    return account_of(keys.read(PUBLISHER, SECP256K1_ALG).data)


def account_in(path: Path, keys: KeyFolder) -> KeyAccount:
    """Return the account in a file that lies anywhere, encrypted or plain."""
    try:
        with path.open("rb") as file:
            encrypted = is_sealed(file.read(1))
        if encrypted:
            return account_of(keys.load(path, SECP256K1_ALG).data)
    except (OSError, KeyFileInvalid, KeyNotHeld) as cause:
        raise PublisherKeyInvalid(f"publisher key unreadable: {path.name}") from cause
    return load_account(path)


def create_account(path: Path) -> KeyAccount:
    """Make a random account and write its key; an existing file is never overwritten."""
    account = drawn_account()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"0x{account.key.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return account


def load_account(path: Path) -> KeyAccount:
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
        return account_of(bytes.fromhex(text[2:]))
    except ValueError as cause:
        raise PublisherKeyInvalid(f"publisher key out of range: {path.name}") from cause


def load_or_create_account(path: Path) -> KeyAccount:
    """Read the key if the file exists, otherwise make one."""
    return load_account(path) if path.exists() else create_account(path)
