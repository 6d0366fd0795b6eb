"""A served node is killed amid the job of a long document; on both databases.

It is killed twice: while the document is drawn up, and while its one transaction is written.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.integration.epcis.test_killed import (
    Client,
    environment_of,
    ids_in_log,
    kill,
    new_client,
    settings,  # noqa: F401  # a fixture
)
from tests.support.ledger import document, event
from tests.support.servers import Server, free_port, itemproof_command, running
from traceability.ledger.audit.audit import audit
from traceability.ledger.streaming import WHOLE_BYTES

EVENTS = 1200  # In three pieces.
LOOK_SECONDS = 0.002
END_SECONDS = 80.0
# A job has begun to draw up; it has begun to write. So many files of its own then hold something.
DRAWING, WRITING = 1, 2


def id_of(number: int) -> str:
    return f"urn:example:long:{number}"


def long_document() -> bytes:
    """Return a document whose last event contradicts its first, as is only found in writing."""
    note = "n" * (WHOLE_BYTES // EVENTS)
    context = [*document()["@context"], {"ex": "https://ns.example.com/"}]
    events = [
        event(number, **{"eventID": id_of(number), "ex:note": note}) for number in range(EVENTS)
    ]
    events[-1]["eventID"] = id_of(0)
    data = json.dumps(document(*events) | {"@context": context}).encode()
    assert len(data) > WHOLE_BYTES
    return data


@dataclass
class Job:
    """A job that was promised, as its sender asks for it."""

    client: Client
    path: str

    def told(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.client.token}"}
        answer = httpx.get(f"{self.client.url}{self.path}", headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self) -> dict[str, Any]:
        deadline = time.monotonic() + END_SECONDS
        while (found := self.told())["running"]:
            assert time.monotonic() < deadline, "the job does not end"
            time.sleep(0.05)
        return found


def sent(client: Client, behaviour: str) -> Job:
    headers = {
        "Authorization": f"Bearer {client.token}",
        "Content-Type": "application/ld+json",
        "GS1-Capture-Error-Behaviour": behaviour,
    }
    url = f"{client.url}/epcis/capture"
    answer = httpx.post(url, content=long_document(), headers=headers, timeout=END_SECONDS)
    assert answer.status_code == 202, answer.text
    return Job(client, answer.headers["location"])


def put_aside(process: int, folder: Path) -> int:
    """Return how many unnamed files of a folder a process has that hold something."""
    found = 0
    for one in Path(f"/proc/{process}/fd").iterdir():
        try:
            name = os.readlink(one)  # noqa: PTH115  # `Path` would resolve what is no path
            is_ours = name.startswith(f"{folder}/") and name.endswith(" (deleted)")
            found += bool(is_ours and one.stat().st_size)
        except OSError:  # It was closed meanwhile.
            continue
    return found


def kill_amid(server: Server, folder: Path, *, files: int) -> bool:
    """Kill a server once its job is so far; tell whether it was caught there."""
    deadline = time.monotonic() + END_SECONDS
    was_begun = False
    while time.monotonic() < deadline:
        found = put_aside(server.process.pid, folder)
        if found >= files:
            kill(server)
            return True
        if was_begun and not found:
            break
        was_begun = was_begun or found > 0
        time.sleep(LOOK_SECONDS)
    kill(server)
    return False


def killed_twice(job_of: Callable[[], Job], start: Callable[[], Server], folder: Path) -> Job:
    """Send a document, kill the server twice while it does the job, and start it again."""
    server = start()
    job = job_of()
    assert kill_amid(server, folder, files=DRAWING), "the job was over before it was seen"
    server = start()
    assert job.told()["running"] is True
    kill_amid(server, folder, files=WRITING)
    start()
    return job


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_job_that_was_killed_keeps_all_that_it_should_or_nothing(
    settings: Settings,  # noqa: F811  # the fixture
    tmp_path: Path,
    behaviour: str,
) -> None:
    folder, port = tmp_path / "data", free_port()
    url = f"http://127.0.0.1:{port}"
    with open_node(settings, folder) as node:
        client = new_client(node, "long", url)
    before = {one.name for one in folder.iterdir()}
    command = itemproof_command("serve", "--data", str(folder), "--port", str(port))
    environment = environment_of(settings)
    with ExitStack() as stack:

        def start() -> Server:
            log = tmp_path / f"serve{time.monotonic_ns()}.log"
            return stack.enter_context(running(command, url, log=log, environment=environment))

        job = killed_twice(lambda: sent(client, behaviour), start, folder).ended()
    good = EVENTS - 1 if behaviour == "proceed" else 0
    figures = (job["success"], job["accepted"], job["rejected"])
    assert figures == (False, good, EVENTS - good)
    assert job["errors"][0]["code"] == "EVENT_ID_CONFLICT"
    with open_node(settings, folder) as node:
        node.sequencer.run()
        assert ids_in_log(node) == [id_of(number) for number in range(good)]
        assert audit(node.store, second_place=node.second_place).ok
        with node.store.reading() as repositories:
            assert repositories.capture_jobs.part(1, 0) is None
    left = {one.name for one in folder.iterdir() if one.suffix != ".lock"}
    assert left - before == set()
