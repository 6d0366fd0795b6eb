"""How people name participants and keys: by GLN or id, by 64 hex digits."""

from __future__ import annotations

import re

from traceability.ledger.faults import KeyIdInvalid, ParticipantUnknown
from traceability.store.repositories import Repositories
from traceability.store.repositories.participants import ParticipantRow

_PARTICIPANT_ID = re.compile("[0-9a-f]{32}", re.ASCII)
_KEY_ID = re.compile("[0-9a-f]{64}", re.ASCII)


def participant_named(repositories: Repositories, text: str) -> ParticipantRow:
    """Return the participant of a GLN or of an id in hex.

    Raises
    ------
    ParticipantUnknown
    """
    row = repositories.participants.by_gln(text) if text.isprintable() else None
    if row is None and _PARTICIPANT_ID.fullmatch(text):
        row = repositories.participants.get(bytes.fromhex(text))
    if row is None:
        raise ParticipantUnknown(f"participant {text[:80]!r} is unknown: expected a GLN or an id")
    return row


def parse_key_id(text: str) -> bytes:
    """Return the key id that 64 hex digits stand for.

    Raises
    ------
    KeyIdInvalid
    """
    if not _KEY_ID.fullmatch(text.lower()):
        raise KeyIdInvalid(f"key id is malformed: expected 64 hex digits, got {text[:80]!r}")
    return bytes.fromhex(text)
