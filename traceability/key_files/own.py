"""One key file that lies anywhere: a participant's own, under a passphrase of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from traceability.hashing.ed25519 import ALG as ED25519
from traceability.key_files.files import write_new
from traceability.key_files.folder import read_bounded
from traceability.key_files.form import Secret, is_sealed, parse_sealed
from traceability.key_files.opener import Opener
from traceability.key_files.passphrases import check_passphrase, cost_for
from traceability.key_files.plain import read_plain


def read_key_file(path: Path, ask: Callable[[], str], *, alg: str = ED25519) -> Secret:
    """Return the key in a file; `ask` is called only where the file is encrypted.

    Parameters
    ----------
    alg
        What a plain file is taken to be; an encrypted one says it.

    Raises
    ------
    KeyNotHeld, KeyFileInvalid, KeyPassphraseWrong
    """
    data = read_bounded(path)
    if not is_sealed(data):
        return read_plain(data, alg, path.name)
    return Opener().open(parse_sealed(data), [ask()], name=path.name).secret


def write_key_file(path: Path, secret: Secret, passphrase: str) -> None:
    """Write a new key file, encrypted; never over an existing one.

    Raises
    ------
    KeyFileInvalid, KeyPassphraseTooShort
    """
    cost = cost_for(check_passphrase(passphrase))
    write_new(path, Opener().seal(secret, passphrase, cost=cost).to_bytes())
