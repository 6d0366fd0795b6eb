"""`key publisher`: the account that anchors, in an encrypted file of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ledger_api.cli.key_life import key_app
from ledger_api.cli.passphrases import PassphraseFile, key_passphrase
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

# With the commands of `keys.py` and `key_life.py`.
__all__ = ["key_app"]


@key_app.command("publisher")
def publisher_key(
    file: Annotated[Path, typer.Argument(help="Key file of the account.")],
    new: Annotated[bool, typer.Option("--new", help="Make a new account in that file.")] = False,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Show the address of a publisher's key file, or make one: the account that anchors."""

    def work(command: Command) -> None:
        address = (_made if new else _read)(command, file, passphrase_file)
        found = {"address": address, "path": str(file), "new": new}
        lines = [command.output.say("publisher_account", **found)]
        command.output.answer(found, [*lines, command.output.say("publisher_next", **found)])

    run(data, as_json, work)


def _made(command: Command, file: Path, passphrase_file: Path | None) -> str:
    from traceability.chain.accounts import drawn_account
    from traceability.key_files.files import refuse_existing
    from traceability.key_files.own import write_key_file
    from traceability.key_files.passphrases import check_passphrase
    from traceability.key_files.schemes import SECP256K1_ALG, secret_of

    refuse_existing(file)
    source = passphrase_file or command.settings.key_passphrase_file
    passphrase = key_passphrase(command, passphrase_file, twice=True)
    check_passphrase(passphrase, source=source)
    account = drawn_account()
    write_key_file(file, secret_of(SECP256K1_ALG, account.key), passphrase)
    return account.address


def _read(command: Command, file: Path, passphrase_file: Path | None) -> str:
    from traceability.chain.accounts import account_of
    from traceability.key_files.faults import KeyFileInvalid
    from traceability.key_files.own import read_key_file
    from traceability.key_files.schemes import SECP256K1_ALG

    ask = partial(key_passphrase, command, passphrase_file)
    found = read_key_file(file, ask, alg=SECP256K1_ALG)
    if found.alg != SECP256K1_ALG:
        raise KeyFileInvalid(
            f"key file holds another kind of key: expected {SECP256K1_ALG}, got {found.alg}"
        )
    return account_of(found.data).address
