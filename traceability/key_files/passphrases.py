"""Passphrases of key files: where they come from, and what scrypt costs with each.

A passphrase of people is made dear to guess. One that this program drew has 256 random bits and
says so by its beginning: nobody guesses it however cheap a guess is, so opening with it takes a
few milliseconds. Whoever writes that beginning before a word of their own deceives themselves.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from traceability.errors import SettingsInvalid
from traceability.key_files.faults import KeyPassphraseMissing, KeyPassphraseTooShort
from traceability.key_files.files import write_new
from traceability.key_files.form import Cost

MAX_PASSPHRASE_BYTES = 4096
MIN_PASSPHRASE_CHARACTERS = 8
# 128 MiB and about half a second for each guess.
PEOPLES_COST = Cost(2**17)
RANDOM_COST = Cost(2**10)
OWN_FILE = "passphrase"
_DRAWN = "itemproof-passphrase-1-"
_DRAWN_FORM = re.compile(_DRAWN + "[0-9A-Za-z_-]{43}", re.ASCII)


def draw_passphrase() -> str:
    """Return a passphrase of 256 random bits."""
    return _DRAWN + secrets.token_urlsafe(32)


def cost_for(passphrase: str) -> Cost:
    """Return what scrypt is to cost for new files under a passphrase."""
    return RANDOM_COST if _DRAWN_FORM.fullmatch(passphrase) else PEOPLES_COST


def check_passphrase(passphrase: str, *, source: Path | None = None) -> str:
    """Return a passphrase for new files, unless it would soon be guessed.

    Parameters
    ----------
    source
        The file that it was read from.

    Raises
    ------
    KeyPassphraseTooShort
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise KeyPassphraseTooShort(
            f"passphrase{'' if source is None else f' in {str(source)!r}'} is too short: expected "
            f"{MIN_PASSPHRASE_CHARACTERS} characters, got {len(passphrase)}",
            expected=f"{MIN_PASSPHRASE_CHARACTERS} characters",
            got=str(len(passphrase)),
        )
    return passphrase


def read_passphrase(
    path: Path, *, missing: Callable[[str], SettingsInvalid] = KeyPassphraseMissing
) -> str:
    """Return the first line of a passphrase file.

    Parameters
    ----------
    missing
        The error where there is none.
    """
    try:
        with path.open("rb") as handle:
            line = handle.readline(MAX_PASSPHRASE_BYTES)
    except OSError as error:
        raise missing(f"passphrase file {path.name!r} cannot be read") from error
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise missing(f"passphrase file {path.name!r} is not UTF-8") from error
    if not text:
        raise missing(f"passphrase file {path.name!r} has an empty first line")
    return text


def new_passphrase(path: Path, *, draw: bool) -> str:
    """Return the passphrase in a file, which is drawn and written first if so asked.

    Raises
    ------
    KeyFileExists
        There is such a file already: it may be the only copy of a passphrase.
    """
    if draw:
        write_new(path, f"{draw_passphrase()}\n".encode())
    return read_passphrase(path)


class PassphraseSource:
    """Where a folder's passphrase comes from: a file that is configured, or the folder's own.

    Parameters
    ----------
    own
        The folder's own passphrase file. It protects nothing against who reads the folder.
    configured
        The file that the settings name; used for new files where there is one.
    makes_own
        Whether a folder without either gets one of its own: on a test chain only.
    """

    def __init__(
        self, own: Path, *, configured: Path | None = None, makes_own: bool = True
    ) -> None:
        self._own = own
        self._configured = configured
        self._makes_own = makes_own

    @property
    def kind(self) -> Literal["configured", "own", "none"]:
        """Which one new files are written under."""
        if self._configured is not None:
            return "configured"
        return "own" if self._makes_own else "none"

    def known(self) -> list[str]:
        """Return every passphrase that may open a file of the folder, the likeliest first."""
        files = [self._configured] if self._configured is not None else []
        files += [self._own] if self._own.exists() else []
        return list(dict.fromkeys(read_passphrase(path) for path in files))

    def for_new(self) -> str:
        """Return the passphrase for new files, making the folder's own if that is its way.

        Raises
        ------
        KeyPassphraseMissing, KeyPassphraseTooShort
        """
        if self._configured is not None:
            return check_passphrase(read_passphrase(self._configured))
        if not self._makes_own:
            raise KeyPassphraseMissing(
                "no passphrase for key files: name a file with ITEMPROOF_KEY_PASSPHRASE_FILE"
            )
        if not self._own.exists():
            write_new(self._own, f"{draw_passphrase()}\n".encode(), known=True)
        return read_passphrase(self._own)
