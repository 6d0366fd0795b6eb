"""The last scene: somebody changes one stored byte behind the ledger's back, and is found out.

The change is made to a copy of the database; the ledger itself stays as it is.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger_api.demo.folder import DATABASE
from traceability.chain.registry import artifact
from traceability.ledger.audit.audit import AuditReport, audit
from traceability.ledger.node import Node
from traceability.ledger.second_place import SecondPlace
from traceability.store.store import Store

SECOND_PLACE = "served-heads.txt"
RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Tampering:
    """What was changed and what the audit named: rows of `records` by their keys."""

    changed: frozenset[str]
    report: AuditReport

    @property
    def named(self) -> frozenset[str]:
        """The changed rows that the audit names."""
        found = {item.key for item in self.report.differences if item.table == RECORDS}
        return self.changed & found


def tamper(node: Node, word: bytes) -> Tampering:
    """Change the last byte of a word in one stored payload of a copy, and audit the copy.

    Parameters
    ----------
    word
        Ends in a digit; the first record whose payload holds it is changed.
    """
    with TemporaryDirectory(prefix="itemproof-") as name:
        folder = Path(name)
        copy = folder / DATABASE
        _copy(node.data_dir / DATABASE, copy)
        shutil.copyfile(node.data_dir / SECOND_PLACE, folder / SECOND_PLACE)
        key = _change(copy, word)
        with Store.open(f"sqlite:///{copy}", folder) as store:
            report = audit(
                store,
                second_place=SecondPlace(folder / SECOND_PLACE),
                code_hash=artifact().code_hash,
            )
    return Tampering(frozenset((key,)), report)


def audit_node(node: Node) -> AuditReport:
    """Audit the ledger itself, and ask the contract for its head."""

    def head() -> tuple[int, bytes]:
        if node.chain is None:
            raise AssertionError("the demonstration has a chain")
        found = node.chain.head(node.identity.log)
        return found.tree_size, found.root_hash

    return audit(
        node.store,
        second_place=node.second_place,
        chain_head=head,
        code_hash=artifact().code_hash,
    )


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _change(database: Path, word: bytes) -> str:
    """Change one byte of one row, and return the row's key as an audit names it."""
    with closing(sqlite3.connect(database)) as connection, connection:
        batch, index, payload = connection.execute(
            "select batch, record_index, payload from records "
            "where instr(payload, ?) order by batch, record_index limit 1",
            (word,),
        ).fetchone()
        at = payload.index(word) + len(word) - 1
        other = b"1" if payload[at : at + 1] != b"1" else b"2"
        connection.execute(
            "update records set payload = ? where batch = ? and record_index = ?",
            (payload[:at] + other + payload[at + 1 :], batch, index),
        )
    return f"{batch}, {index}"
