"""A served node is killed again and again while clients capture; on both databases.

Each client sends its documents one after another, each again until it is promised (202), under
one `Idempotency-Key` a document. Whatever was promised is recorded in the end: once, whole, and
in the order in which it was sent.
"""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.support.anvil import Anvil
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.servers import Server, free_port, itemproof_command, running
from tests.support.threads import beside
from traceability.chain.accounts import create_account
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node

SEED = 20260503
CLIENTS = 3
KILLS = 3
EVENTS = 60  # A document of so many is drawn up in another process.
LIFE_SECONDS = (0.3, 1.2)
END_SECONDS = 30.0


@dataclass
class Client:
    """Sends documents of a participant until it is told to stop."""

    name: str
    participant: bytes
    token: str
    url: str
    promised: list[str] = field(default_factory=list)
    fault: str = ""

    def send_until(self, stopping: threading.Event) -> None:
        try:
            with httpx.Client(base_url=self.url, timeout=10) as client:
                while not stopping.is_set():
                    self.promised.append(self._send(client, len(self.promised)))
        except Exception as error:  # A thread's error would be lost otherwise.
            self.fault = repr(error)

    def _send(self, client: httpx.Client, number: int) -> str:
        """Send one document until it is promised, and return where its job is found."""
        events = [self._event(number, one) for one in range(EVENTS)]
        body = json.dumps(document(*events))
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/ld+json",
            "Idempotency-Key": f'"{self.name}-{number}"',
        }
        deadline = time.monotonic() + END_SECONDS
        while True:
            try:
                answer = client.post("/epcis/capture", content=body, headers=headers)
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the server does not come back"
                time.sleep(0.05)
                continue
            assert answer.status_code == 202, answer.text
            return answer.headers["location"]

    def _event(self, document_number: int, event_number: int) -> dict[str, Any]:
        serial = f"{self.name}.{document_number}.{event_number}"
        return event(
            event_number,
            eventID=self.id(document_number, event_number),
            epcList=[f"https://id.gs1.org/01/{GTIN}/21/{serial}"],
        )

    def id(self, document_number: int, event_number: int) -> str:
        return f"urn:example:{self.name}:{document_number}:{event_number}"

    def wait_for_jobs(self) -> None:
        """Wait until every job that was promised has ended, well."""
        headers = {"Authorization": f"Bearer {self.token}"}
        deadline = time.monotonic() + END_SECONDS
        with httpx.Client(base_url=self.url, timeout=10, headers=headers) as client:
            for location in self.promised:
                while (job := client.get(location).json())["running"]:
                    assert time.monotonic() < deadline, "a promised job does not end"
                    time.sleep(0.02)
                assert (job["success"], job["accepted"], job["rejected"]) == (True, EVENTS, 0), job


@pytest.fixture
def settings(anvil: Anvil, database_url: str, tmp_path: Path) -> Settings:
    key_file = tmp_path / "publisher.key"
    account = create_account(key_file)
    with anvil.client() as client:
        client.fund(str(account.address), 10**21)
    return Settings(
        database_url=database_url,
        rpc_urls=(anvil.url,),
        publisher_key_file=key_file,
        finality="depth:1",
    )


def new_client(node: Node, name: str, url: str) -> Client:
    participant = add_participant(node)
    _, token = create_api_key(node.store, "participant", participant=participant, now=0)
    return Client(name, participant, token, url)


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in listed.read_text(encoding="utf-8").split()]


def kill(server: Server) -> None:
    """Kill a server as a loss of power would; those that worked for it leave by themselves."""
    left = children_of(server.process.pid)
    server.process.kill()
    server.process.wait()
    deadline = time.monotonic() + END_SECONDS
    while any(is_alive(one) for one in left):
        assert time.monotonic() < deadline, "processes of a killed server go on"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return not state.startswith("Z")


def ids_in_log(node: Node) -> list[str]:
    """Return the ids of all recorded events, in the order of the log."""
    with node.store.reading() as repositories:
        return [
            json.loads(record.payload)["eventID"]
            for batch in repositories.batches.all()
            for record in repositories.batches.records_between(batch.batch, 0, batch.record_count)
            if record.payload is not None
        ]


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "ITEMPROOF_DATABASE_URL": settings.database_url or "",
        "ITEMPROOF_RPC_URLS": ",".join(settings.rpc_urls),
        "ITEMPROOF_KEY_PASSPHRASE_FILE": str(settings.key_passphrase_file),
        "ITEMPROOF_PUBLISHER_KEY_FILE": str(settings.publisher_key_file),
        "ITEMPROOF_FINALITY": settings.finality,
        "ITEMPROOF_DRAFTING_PROCESSES": "1",
    }


def serve_and_kill(clients: list[Client], settings: Settings, folder: Path) -> None:
    """Serve, kill, and serve again while clients send; then wait for all that was promised."""
    url, environment = clients[0].url, environment_of(settings)
    port = url.rpartition(":")[2]
    command = itemproof_command("serve", "--data", str(folder / "data"), "--port", port)
    chosen = random.Random(SEED)
    with ExitStack() as stack:

        def start(number: int) -> Server:
            log = folder / f"serve{number}.log"
            return stack.enter_context(running(command, url, log=log, environment=environment))

        server = start(0)
        # A document that was begun is promised before its client stops.
        with beside([one.send_until for one in clients]):
            for number in range(1, KILLS + 1):
                time.sleep(chosen.uniform(*LIFE_SECONDS))
                kill(server)
                server = start(number)
            time.sleep(LIFE_SECONDS[1])
        assert [one.fault for one in clients] == [""] * CLIENTS
        for one in clients:
            one.wait_for_jobs()
        assert server.stop() == 0, server.output()


def test_what_was_promised_is_kept_once_and_in_order(settings: Settings, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with open_node(settings, tmp_path / "data") as node:
        clients = [new_client(node, f"client{number}", url) for number in range(CLIENTS)]
    serve_and_kill(clients, settings, tmp_path)
    with open_node(settings, tmp_path / "data") as node:
        node.sequencer.run()
        found = ids_in_log(node)
        assert audit(node.store, second_place=node.second_place).ok
    for one in clients:
        assert len(one.promised) == len(set(one.promised)) > 1
        sent = range(len(one.promised))
        wanted = [one.id(number, index) for number in sent for index in range(EVENTS)]
        assert [name for name in found if f":{one.name}:" in name] == wanted
