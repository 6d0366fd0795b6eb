"""Requests that name themselves are done once: same key and request, same answer.

Source: draft-ietf-httpapi-idempotency-key-header; a key that was used for another request is
answered with 409.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import Header

from ledger_api.auth import Caller
from ledger_api.epcis.faults import IdempotencyKeyInvalid, IdempotencyKeyReused
from traceability.errors import ItemProofError
from traceability.store.repositories import Repositories
from traceability.store.repositories.idempotency import IdempotencyRow
from traceability.store.store import Store

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same request under it is done once."),
]
_KEY = re.compile(r'"([\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})')
# How long answers are kept.
KEPT_MS = 7 * 24 * 3600 * 1000


class Raced(ItemProofError):
    """Another request under the same key was faster; its answer is there now."""

    code = "IDEMPOTENCY_RACED"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is kept."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the answer as it is stored."""
        return orjson.dumps([self.status, self.headers, self.body.decode()])

    @classmethod
    def from_bytes(cls, data: bytes) -> Answer:
        """Return a stored answer."""
        status, headers, body = orjson.loads(data)
        return cls(status, headers, body.encode())


@dataclass(frozen=True, slots=True)
class Once:
    """One request under a name; without a name it is done as often as it is sent."""

    api_key: str
    name: str | None
    request_hash: bytes

    def known(self, repositories: Repositories) -> Answer | None:
        """Return the answer that was given.

        Raises
        ------
        IdempotencyKeyReused
            It was given to another request.
        """
        if self.name is None:
            return None
        row = repositories.idempotency.get(self.api_key, self.name)
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            raise IdempotencyKeyReused(
                f"Idempotency-Key {self.name[:64]!r} was used for another request: "
                "expected a new key"
            )
        return Answer.from_bytes(row.answer)

    def known_in(self, store: Store) -> Answer | None:
        """Return the answer that was given, reading it from a store."""
        if self.name is None:
            return None
        with store.reading() as repositories:
            return self.known(repositories)

    def keep(self, repositories: Repositories, answer: Answer, *, now: int) -> None:
        """Keep an answer in the transaction that makes it true.

        Raises
        ------
        Raced
            The transaction must not be committed: the other one's answer counts.
        """
        if self.name is None:
            return
        row = IdempotencyRow(self.request_hash, answer.to_bytes())
        if not repositories.idempotency.add(self.api_key, self.name, row=row, created=now):
            raise Raced(f"Idempotency-Key {self.name[:64]!r} is answered by another request")
        repositories.idempotency.forget(before=now - KEPT_MS)


def once(
    caller: Caller,
    header: str | None,
    request: Sequence[bytes],
    *,
    body: tuple[int, Iterable[bytes]] = (0, ()),
) -> Once:
    """Return a request under its name.

    Parameters
    ----------
    request
        What makes it this request and no other, besides its body.
    body
        Its length and its parts.

    Raises
    ------
    IdempotencyKeyInvalid
    """
    if header is None:
        return Once(caller.name, None, b"")
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise IdempotencyKeyInvalid(
            "Idempotency-Key is malformed: expected 1 to 255 visible ASCII characters"
        )
    digest = hashlib.sha256()
    for part in request:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    size, parts = body
    digest.update(size.to_bytes(8, "big"))
    for part in parts:
        digest.update(part)
    return Once(caller.name, found[1] or found[2], digest.digest())
