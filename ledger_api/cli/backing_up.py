"""`backup` and `restore`: one encrypted file with all that a ledger cannot make again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.cli.passphrases import PassphraseFile, ask_passphrase
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

if TYPE_CHECKING:
    from traceability.ledger.backup.restoring import Restored
    from traceability.ledger.backup.writing import BackupReport
    from traceability.ledger.node import Node


def backup(
    file: Annotated[Path, typer.Argument(help="Backup to write.")],
    passphrase_file: PassphraseFile = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify/--no-verify", help="Restore it into a scratch folder and audit that."
        ),
    ] = True,
    replace: Annotated[bool, typer.Option("--replace", help="Write over an older file.")] = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Back a ledger up while it runs: store, keys and second place, encrypted and verified."""

    def work(command: Command) -> None:
        from ledger_api.wiring import require_ledger
        from traceability.ledger.backup.writing import write_backup

        require_ledger(command.settings, command.data_dir)
        passphrase = _passphrase(command, passphrase_file, twice=True)
        if not verify:
            command.output.progress(command.output.say("backup_unverified", path=file))
        with command.node(need="existing") as node, command.output.bar("backup") as bar:
            report = write_backup(
                node.store,
                node.identity.log,
                path=file,
                passphrase=passphrase,
                settings=_settings_of(command, node),
                served_heads=command.settings.served_heads,
                key_passphrase_file=command.settings.key_passphrase_file,
                verify=verify,
                replace=replace,
                progress=lambda _part, done: bar(done, 0),
            )
        _answer_backup(command, report)

    run(data, as_json, work)


def _settings_of(command: Command, node: Node) -> dict[str, str]:
    """Return what a node that takes the ledger over has to be told: no secret, no database."""
    settings, genesis = command.settings, node.identity.genesis
    return {
        "ITEMPROOF_BASE_URL": settings.base_url,
        "ITEMPROOF_CONTRACT": genesis.contract,
        "ITEMPROOF_LOG_ID": node.identity.log.hex(),
        "ITEMPROOF_FEE_MODE": settings.fee_mode,
        "ITEMPROOF_FINALITY": settings.finality,
    }


def _answer_backup(command: Command, report: BackupReport) -> None:
    say = command.output.say
    value = {
        "path": str(report.path),
        "bytes": report.size,
        "log": report.log.hex(),
        "entries": report.tree_size,
        "rows": report.rows,
        "files": report.files,
        "verified": report.verified,
        "missing": report.missing,
    }
    lines = [say("backed_up", **value)]
    if report.missing:
        lines.append(say("backup_incomplete", **value))
    verdict = "backup_verified" if report.verified else "backup_unverified"
    command.output.answer(value, [*lines, say(verdict, path=report.path)])


def restore(
    file: Annotated[Path, typer.Argument(help="Backup to restore.")],
    passphrase_file: PassphraseFile = None,
    erasures: Annotated[
        Path | None,
        typer.Option(help="Another erasures.jsonl, whose erasures are done again at once."),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Restore a backup into an empty data folder and an empty database of either kind."""

    def work(command: Command) -> None:
        from traceability.ledger.backup.restoring import restore_backup
        from traceability.ledger.erasure_list import read_named_list

        passphrase = _passphrase(command, passphrase_file)
        with command.output.bar("restore") as bar:
            found = restore_backup(
                file,
                passphrase=passphrase,
                data_dir=command.data_dir,
                database_url=command.settings.database(command.data_dir),
                served_heads=command.settings.served_heads,
                key_passphrase_file=command.settings.key_passphrase_file,
                erasures=() if erasures is None else read_named_list(erasures),
                progress=lambda _part, done: bar(done, 0),
            )
        _answer_restored(command, found)

    run(data, as_json, work)


def _answer_restored(command: Command, found: Restored) -> None:
    say = command.output.say
    value = {
        "log": found.log.hex(),
        "entries": found.tree_size,
        "rows": found.rows,
        "created": found.created,
        "served": found.served_size,
        "missing": max(0, found.served_size - found.tree_size),
        "settings": found.settings,
    }
    lines = [say("restored", folder=command.data_dir, **value)]
    lines += [f"  {name}={setting}" for name, setting in found.settings.items()]
    lines.append(say("restored_older" if value["missing"] else "restored_next", **value))
    command.output.answer(value, lines)


def _passphrase(command: Command, named: Path | None, *, twice: bool = False) -> str:
    """Return the passphrase: from the file that is named, the settings' file, or the keyboard."""
    from traceability.ledger.backup.faults import PassphraseMissing

    return ask_passphrase(
        command,
        named,
        setting="backup_passphrase_file",
        prompt="passphrase",
        missing=PassphraseMissing,
        twice=twice,
    )
