"""Passphrases on the command line: from a file that is named, from the settings', or asked for.

A passphrase is never an argument, which other users of the machine could read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.cli.running import Command
from traceability.errors import SettingsInvalid

if TYPE_CHECKING:
    from traceability.hashing.signatures import SecretKey

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="File whose first line is the passphrase; default: it is asked for.",
    ),
]


def ask_passphrase(
    command: Command,
    named: Path | None,
    *,
    setting: str,
    prompt: str,
    missing: Callable[[str], SettingsInvalid],
    twice: bool = False,
) -> str:
    """Return a passphrase.

    Parameters
    ----------
    setting
        The setting that names a file where `named` is None.
    prompt
        The line that asks for it.
    missing
        The error where there is none, and nobody can be asked.
    """
    from traceability.key_files.passphrases import read_passphrase

    path = named or getattr(command.settings, setting)
    if path is not None:
        return read_passphrase(path, missing=missing)
    if not sys.stdin.isatty():
        raise missing(
            "passphrase is missing: name a file with --passphrase-file or "
            f"ITEMPROOF_{setting.upper()}"
        )
    found: str = typer.prompt(
        command.output.say(prompt),
        hide_input=True,
        confirmation_prompt=command.output.say("passphrase_again") if twice else False,
        err=True,
    )
    return found


def key_passphrase(command: Command, named: Path | None, *, twice: bool = False) -> str:
    """Return the passphrase of a key file."""
    from traceability.key_files.faults import KeyPassphraseMissing

    return ask_passphrase(
        command,
        named,
        setting="key_passphrase_file",
        prompt="key_passphrase",
        missing=KeyPassphraseMissing,
        twice=twice,
    )


def own_key(command: Command, path: Path, passphrase_file: Path | None = None) -> SecretKey:
    """Return the signing key in a file, asking for its passphrase if it is encrypted."""
    from traceability.key_files.own import read_key_file
    from traceability.key_files.schemes import secret_key_of

    return secret_key_of(read_key_file(path, partial(key_passphrase, command, passphrase_file)))
