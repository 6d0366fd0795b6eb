"""Which participants' events are held against the one-code rules, and whose turn it is."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, text

from traceability.store.bulk import select_among
from traceability.store.tables import one_code_rules

# One transaction at a time judges by what the others have committed.
_HELD = "SELECT participant FROM one_code_rules WHERE participant"
_TURN = zlib.crc32(b"itemproof/one-code")


class RuleMode(StrEnum):
    """What a breach of the one-code rules does to a participant's event."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class OneCodeRepository:
    """SQL over `one_code_rules`; a participant without a row has the rules off."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mode(self, participant: bytes) -> RuleMode:
        """Return how a participant's events are judged."""
        found = self._connection.scalar(
            select(one_code_rules.c.mode).where(one_code_rules.c.participant == participant)
        )
        return RuleMode.OFF if found is None else RuleMode(found)

    def held(self, participants: Collection[bytes]) -> set[bytes]:
        """Return those of these participants whose events are judged at all."""
        return {row[0] for row in select_among(self._connection, _HELD, participants)}

    def set_mode(self, participant: bytes, mode: RuleMode) -> None:
        """Judge a participant's events so from now on."""
        self._connection.execute(
            delete(one_code_rules).where(one_code_rules.c.participant == participant)
        )
        if mode is not RuleMode.OFF:
            self._connection.execute(
                insert(one_code_rules).values(participant=participant, mode=mode.value)
            )

    def take_turn(self) -> None:
        """Wait until no other transaction that took its turn is open.

        On SQLite a writer is alone anyway.
        """
        if self._connection.dialect.name == "postgresql":
            statement = text("SELECT pg_advisory_xact_lock(:turn)")
            self._connection.execute(statement, {"turn": _TURN})
