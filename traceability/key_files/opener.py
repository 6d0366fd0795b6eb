"""Opening and sealing key files; what scrypt makes of a passphrase is kept for the process."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from traceability.key_files.faults import KeyPassphraseMissing, KeyPassphraseWrong
from traceability.key_files.form import SALT_BYTES, Cost, Kdf, SealedKey, Secret, seal, unseal
from traceability.key_files.schemes import check_secret


class Opened(NamedTuple):
    """A secret, and the passphrase that opened it."""

    secret: Secret
    passphrase: str


class Opener:
    """Opens key files; one scrypt for all that share passphrase, salt and cost."""

    def __init__(self) -> None:
        self._derived: dict[tuple[str, Kdf], bytes] = {}
        # How files under a passphrase are encrypted here: new ones take the same salt.
        self._used: dict[str, Kdf] = {}

    def __repr__(self) -> str:
        return f"Opener({len(self._derived)} keys)"

    def open(self, sealed: SealedKey, passphrases: Sequence[str], *, name: str) -> Opened:
        """Return what a file holds, by the first passphrase that opens it.

        Raises
        ------
        KeyPassphraseMissing, KeyPassphraseWrong, KeyFileInvalid
        """
        if not passphrases:
            raise KeyPassphraseMissing(
                f"key file {name!r} is encrypted, and no passphrase is given: name a file with "
                "ITEMPROOF_KEY_PASSPHRASE_FILE"
            )
        for passphrase in passphrases:
            secret = unseal(sealed, self._wrapping(passphrase, sealed.kdf))
            if secret is not None:
                check_secret(secret)
                self._used[passphrase] = sealed.kdf
                return Opened(secret, passphrase)
        raise KeyPassphraseWrong(
            f"passphrase does not open key file {name!r}, or the file was changed"
        )

    def seal(self, secret: Secret, passphrase: str, *, cost: Cost) -> SealedKey:
        """Encrypt a secret, with the salt last used for the passphrase in this process."""
        check_secret(secret)
        kdf = self._used.get(passphrase)
        if kdf is None or kdf.cost != cost:
            kdf = self._used[passphrase] = Kdf(cost, secrets.token_bytes(SALT_BYTES))
        return seal(secret, self._wrapping(passphrase, kdf), kdf=kdf)

    def has_used(self, passphrase: str) -> bool:
        """Tell whether a file under this passphrase was opened or made by this process."""
        return passphrase in self._used

    def _wrapping(self, passphrase: str, kdf: Kdf) -> bytes:
        key = (passphrase, kdf)
        if key not in self._derived:
            self._derived[key] = kdf.derive(passphrase)
        return self._derived[key]
