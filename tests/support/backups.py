"""Backups of test ledgers, and what is compared of two stores."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ledger_api.auth import create_api_key
from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.backup.restoring import Restored, restore_backup
from traceability.ledger.backup.writing import BackupReport, write_backup
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.store.store import Store
from traceability.store.tables import metadata

PASSPHRASE = "correct horse battery"


def filled(node: Node) -> Node:
    """Put events, items, cards, an API key and statuses' neighbours into a ledger."""
    participant = add_participant(node, gln="9521234567899")
    node.submission.submit(document(event(1), event(2)), participant=participant)
    node.mint(Lot(GTIN, "L1", 600, {"name": {"zh": "电缆"}}), participant=participant)
    create_api_key(node.store, "operator", participant=None, now=1)
    node.sequencer.run(close=True)
    return node


def backed_up(node: Node, path: Path, **options: Any) -> BackupReport:
    """Back a node up."""
    opens = Path(os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"])
    stated: dict[str, Any] = {
        "passphrase": PASSPHRASE,
        "settings": {"ITEMPROOF_BASE_URL": "https://id.example"},
        "key_passphrase_file": opens,
    }
    return write_backup(node.store, node.identity.log, path=path, **(stated | options))


def restored(path: Path, folder: Path, url: str | None = None, **options: Any) -> Restored:
    """Restore a backup, by default into SQLite in the folder."""
    return restore_backup(
        path,
        data_dir=folder,
        database_url=url or sqlite_url_of(folder),
        **({"passphrase": PASSPHRASE} | options),
    )


def sqlite_url_of(folder: Path) -> str:
    """Return the URL of a folder's own database."""
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with store.reading() as repositories:
        return {
            table.name: [
                tuple(row)
                for row in repositories.connection.execute(
                    select(table).order_by(*table.primary_key.columns)
                )
            ]
            for table in metadata.sorted_tables
        }


def secrets_of(folder: Path) -> dict[str, bytes]:
    """Return every key file of a data folder."""
    keys = folder / "keys"
    return {
        path.relative_to(keys).as_posix(): path.read_bytes()
        for path in keys.rglob("*")
        if path.is_file()
    }
