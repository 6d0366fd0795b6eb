"""Ending one's own key: a revocation that the key itself signs, as its last statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from traceability.errors import InvalidInput
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import Header, KeyRevoke, sound_payload
from traceability.strict_json import parse_json

MAX_BYTES = 16 * 1024
_LOG = re.compile(r"(0x)?[0-9a-f]{64}", re.ASCII)


class KeyPositionInvalid(InvalidInput):
    """The file does not say what the key's next statement must carry, or for which log."""

    code = "KEY_POSITION_INVALID"


@dataclass(frozen=True, slots=True)
class KeyPosition:
    """What a key's next statement must carry."""

    log: bytes
    sequence: int
    previous: bytes

    @classmethod
    def read(cls, data: bytes, *, log: str) -> KeyPosition:
        """Read the answer of `GET /api/keys/{key_id}`; the log's id is not the node's to tell.

        Raises
        ------
        KeyPositionInvalid
        """
        if not _LOG.fullmatch(log.lower()):
            raise KeyPositionInvalid("log id is malformed: expected 64 hex digits")
        match parse_json(data, max_bytes=MAX_BYTES):
            case {"next_sequence": int(sequence), "previous": str(previous)}:
                found = b64u_decode(previous, length=32)
                return cls(bytes.fromhex(log.lower().removeprefix("0x")), sequence, found)
        raise KeyPositionInvalid("key's position is malformed: expected next_sequence and previous")


def sign_revocation(
    key: SecretKey, position: KeyPosition, *, reason: str, suspect_from: int | None
) -> tuple[Envelope, KeyRevoke]:
    """Return the signed revocation of a key by itself.

    Raises
    ------
    StatementInvalid
        The statement is not one that anybody could read back: nothing is signed.
    """
    header = Header(
        position.log, key.key_id, position.sequence, position.previous, datetime.now(UTC)
    )
    statement = KeyRevoke(
        header=header, target=key.key_id, until_reason=reason, suspect_from=suspect_from
    )
    payload = sound_payload(statement)
    return sign_envelope(STATEMENT_TYPE, payload, [key]), statement
