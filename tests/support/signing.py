"""A participant's own program against a served test ledger, and ways to make the node misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.ledger import add_participant
from tests.support.mirrored import trusted
from traceability.client import KeyFolder, Submitter
from traceability.client.transport import Answer
from traceability.hashing.signatures import SecretKey
from traceability.ledger.node import Node
from traceability.verify.trust import Trust

Change = Callable[[Answer], Answer]


@dataclass(slots=True)
class ClientTransport:
    """A node behind a test client; `changed` bends answers, `asked` lists the questions."""

    client: Any
    headers: dict[str, str]
    changed: dict[str, Change] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, *, body: bytes = b"", media_type: str = "") -> Answer:
        self.asked.append(f"{method} {path}")
        headers = self.headers | ({"Content-Type": media_type} if media_type else {})
        found = self.client.request(method, path, content=body, headers=headers)
        answer = Answer(found.status_code, found.content, dict(found.headers))
        change = self.changed.get(path)
        return answer if change is None else change(answer)


@dataclass(slots=True)
class Signing:
    """A registered key, its folder, and the way to the node."""

    node: Node
    transport: ClientTransport
    key: SecretKey
    path: Path
    participant: bytes
    trust: Trust
    slept: list[float] = field(default_factory=list)

    def submitter(self) -> Submitter:
        """Return a program as a new process would start it."""
        return Submitter(
            self.transport,
            self.trust,
            key=self.key,
            folder=KeyFolder(self.path),
            clock=self.node.clock,
            sleep=self.slept.append,
        )


@contextmanager
def signing(node: Node, path: Path, key: SecretKey) -> Iterator[Signing]:
    participant = add_participant(node, key=key)
    _, token = create_api_key(node.store, "participant", participant=participant, now=0)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    with TestClient(create_app(node, Settings()), base_url="http://127.0.0.1:8000") as client:
        transport = ClientTransport(client, headers)
        yield Signing(node, transport, key, path, participant, trusted(node))
