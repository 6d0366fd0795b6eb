"""Participants and the cards that their registrations commit to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from traceability.store.tables import cards, participants


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """An organisation that signs; its GLN is None where it has none."""

    participant: bytes
    gln: str | None
    name: str


@dataclass(frozen=True, slots=True)
class CardRow:
    """A participant's card; payload and secret are None once erased."""

    card: bytes
    participant: bytes
    payload: bytes | None
    secret: bytes | None


class ParticipantRepository:
    """SQL over `participants` and `cards`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, row: ParticipantRow) -> None:
        """Keep a participant, replacing what an earlier card said."""
        changed = self._connection.execute(
            update(participants)
            .where(participants.c.participant == row.participant)
            .values(gln=row.gln, name=row.name)
        )
        if not changed.rowcount:
            self._connection.execute(
                insert(participants).values(participant=row.participant, gln=row.gln, name=row.name)
            )

    def get(self, participant: bytes) -> ParticipantRow | None:
        """Return a participant by id."""
        row = self._connection.execute(
            select(participants).where(participants.c.participant == participant)
        ).one_or_none()
        return None if row is None else ParticipantRow(*row)

    def by_gln(self, gln: str) -> ParticipantRow | None:
        """Return a participant by its GLN."""
        row = self._connection.execute(
            select(participants).where(participants.c.gln == gln)
        ).one_or_none()
        return None if row is None else ParticipantRow(*row)

    def all(self) -> list[ParticipantRow]:
        """Return every participant, by name."""
        rows = self._connection.execute(select(participants).order_by(participants.c.name))
        return [ParticipantRow(*row) for row in rows]

    def add_card(self, row: CardRow) -> None:
        """Keep a card, once."""
        if self.card(row.card) is None:
            self._connection.execute(
                insert(cards).values(
                    card=row.card,
                    participant=row.participant,
                    payload=row.payload,
                    secret=row.secret,
                )
            )

    def card(self, card: bytes) -> CardRow | None:
        """Return a card by the record leaf hash that registrations name."""
        row = self._connection.execute(select(cards).where(cards.c.card == card)).one_or_none()
        return None if row is None else CardRow(*row)

    def all_cards(self) -> list[CardRow]:
        """Return every card."""
        rows = self._connection.execute(select(cards).order_by(cards.c.card))
        return [CardRow(*row) for row in rows]
