"""A log that tests copy: the served application as a source, and ways to make it lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ledger import document, event
from traceability.hashing.statement import Header, ScoreStatement
from traceability.ledger.chains import append_signed
from traceability.ledger.mirror.faults import MirrorSourceRefused
from traceability.ledger.mirror.folder import file_of
from traceability.ledger.mirror.source import check_length
from traceability.ledger.node import Node
from traceability.verify.trust import Trust


@dataclass(slots=True)
class ClientSource:
    """A log behind a test client; `changed` replaces an answer, `asked` lists the questions."""

    client: Any
    headers: dict[str, str]
    changed: dict[str, Callable[[bytes], bytes | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(self, name: str, *, most: int | None = None) -> bytes | None:
        self.asked.append(name)
        answer = self.client.get(f"/log/{name}", headers=self.headers)
        if answer.status_code in (401, 403):
            raise MirrorSourceRefused("an API key is needed")
        data = answer.content if answer.status_code == 200 else None
        change = self.changed.get(file_of(name))
        found = change(data) if change is not None and data is not None else data
        check_length(name, len(found or b""), most)
        return found


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A mirror as a source, as a file server hands it out."""

    path: Path

    def get(self, name: str, *, most: int | None = None) -> bytes | None:
        place = self.path / file_of(name)
        return place.read_bytes() if place.is_file() else None


def trusted(node: Node) -> Trust:
    """Return the trust in a test ledger's log."""
    from traceability.ledger.trust import trust_of

    return trust_of(node.store, node.identity)


def fill(node: Node, entries: int) -> None:
    """Log many small entries at once, and close the log with a state entry."""
    with node.store.unit_of_work() as work:
        for number in range(entries):

            def build(header: Header, number: int = number) -> ScoreStatement:
                return ScoreStatement(header, bytes(32), number + 1, bytes(32), "1")

            append_signed(
                work.repositories,
                build,
                log=node.identity.log,
                author=node.identity.log_key,
                now=node.clock(),
            )
        work.commit()
    node.sequencer.run(close=True)


def grow(node: Node, participant: bytes, batches: int, *, start: int = 0) -> None:
    """Log batches of one event each, and close the log with a state entry."""
    for number in range(start, start + batches):
        result = node.submission.submit(document(event(number)), participant=participant)
        assert result.batch is not None
    node.sequencer.run(close=True)
