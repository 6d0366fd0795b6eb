"""Twice the load that a server bears, while its processes are killed one after another.

A server of two processes, with few places for what waits. First the rate is measured that it
bears; then firms send at twice that rate, each document once, but for those whose fate a broken
connection leaves open: these are sent again. Every few seconds, while all serve, one is killed.
Afterwards each acknowledged submission must be in the log once, where its signed receipt says,
below a final anchor that came in time; and no process may have held more memory than it may.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from ledger_api.auth import create_api_key
from ledger_api.defaults import default_participant
from ledger_api.wiring import open_node
from tests.attack.checks import chain_differences, logged_ids
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.victim import FINAL_SECONDS, Ledger
from tests.attack.writes import DATABASES, place
from tests.support.families import family_of, resident_of, workers_of
from tests.support.ledger import GTIN, document, event
from tests.support.servers import Server, free_port, itemproof_command, running
from tests.support.threads import beside
from traceability.hashing.canonical import canonicalize
from traceability.ledger.audit.audit import audit
from traceability.ledger.clock import system_clock
from traceability.ledger.node import Node
from traceability.ledger.trust import trust_of
from traceability.verify.receipt import open_receipt

SEED = 20261121
WORKERS = 2
LEAST_SECONDS, SECONDS_PER_SCALE = 15.0, 6.0
MEASURED_SECONDS = 4.0
# In hand at once: fewer than a server takes while it is measured, more than it takes afterwards.
MEASURERS, SENDERS, PLACES = 8, 32, 8
OPEN_SECONDS = 60.0
LIFE_SECONDS = (1.0, 5.0)
LOOK_SECONDS = 0.25
MOST_RESIDENT = 2**30


@dataclass
class Told:
    """What the firms were told, and what was seen of the server meanwhile."""

    receipts: dict[str, Any] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)
    kills: int = 0
    resident: int = 0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> set[str]:
        """The events that the server said it has."""
        return self.known | set(self.receipts)

    def note(self, name: str, answer: httpx.Response) -> None:
        """Take an answer down."""
        with self.lock:
            match answer.status_code:
                case 201:
                    self.receipts[name] = answer.json()["receipt"]
                case 200:
                    self.known.add(name)
                case 429 | 503 if "retry-after" in answer.headers:
                    self.refused[answer.status_code] += 1
                case _:
                    self.faults.append(f"{name}: {answer.status_code} {answer.text[:200]}")


@dataclass
class Firms:
    """Send events, each due at a time; who is late sends at once."""

    url: str
    token: str
    told: Told
    prefix: str
    every_seconds: float
    seconds: float
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_all(self, senders: int) -> None:
        """Send for as long as is wanted, by so many threads."""
        self._begin = time.monotonic()
        threads = [threading.Thread(target=self._send_many) for _ in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send_many(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            while (number := self._take()) is not None:
                try:
                    self._send(client, number)
                except Exception as error:  # a thread's error would be lost otherwise
                    self.told.faults.append(repr(error))

    def _take(self) -> int | None:
        """Wait until the next event is due and return its number; None at the end."""
        with self._lock:
            number = self._next
            self._next += 1
        due = number * self.every_seconds
        passed = time.monotonic() - self._begin
        if max(due, passed) >= self.seconds:
            return None
        time.sleep(max(0.0, due - passed))
        return number

    def _send(self, client: httpx.Client, number: int) -> None:
        name = f"urn:example:{self.prefix}:{number}"
        item = f"https://id.gs1.org/01/{GTIN}/21/{self.prefix}{number}"
        body = document(event(number % 1000, eventID=name, epcList=[item]))
        deadline = time.monotonic() + OPEN_SECONDS
        while True:
            try:
                answer = client.post("/api/batches", json=body)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
                continue
            self.told.note(name, answer)
            return


@contextmanager
def served(ledger: Ledger, token_of: Callable[[Node], str]) -> Iterator[tuple[Server, str]]:
    """Serve a ledger by several processes; yield it and an API key."""
    with open_node(ledger.settings, ledger.folder) as node:
        token = token_of(node)
    port = str(free_port())
    command = itemproof_command(
        *("serve", "--data", str(ledger.folder), "--port", port, "--workers", str(WORKERS))
    )
    environment = {
        "ITEMPROOF_DATABASE_URL": ledger.database_url,
        "ITEMPROOF_RPC_URLS": ledger.rpc_url,
        "ITEMPROOF_PUBLISHER_KEY_FILE": str(ledger.publisher_key),
        "ITEMPROOF_KEY_PASSPHRASE_FILE": os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"],
        "ITEMPROOF_FINALITY": "depth:1",
        "ITEMPROOF_DRAFTING_PROCESSES": "1",
        "ITEMPROOF_MAX_SUBMISSIONS": str(PLACES),
        "ITEMPROOF_MAX_SUBMISSIONS_PER_KEY": str(PLACES),
    }
    log = ledger.folder.parent / "serve.log"
    url = f"http://127.0.0.1:{port}"
    with running(command, url, log=log, environment=environment) as server:
        _wait_for_all(url)
        yield server, token


def _wait_for_all(url: str) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while not _all_serve(url):
        if time.monotonic() > deadline:
            raise AssertionError("not all processes serve")
        time.sleep(LOOK_SECONDS)


def _all_serve(url: str) -> bool:
    try:
        figures = httpx.get(f"{url}/metrics", timeout=OPEN_SECONDS).text
    except httpx.TransportError:
        return False
    return f"itemproof_processes {WORKERS}\n" in figures


def operator_key(node: Node) -> str:
    """Make an API key that submits for the ledger's own participant."""
    default_participant(node)
    return create_api_key(node.store, "operator", participant=None, now=0)[1]


@contextmanager
def harried(server: Server, told: Told) -> Iterator[None]:
    """Kill a process every few seconds, and watch their memory, until the block ends."""
    with beside([partial(_kill, server, told), partial(_watch, server.process.pid, told)]):
        yield


def _kill(server: Server, told: Told, stopping: threading.Event) -> None:
    chosen = random.Random(SEED)
    while not stopping.wait(chosen.uniform(*LIFE_SECONDS)):
        # Those that are only starting serve nobody, and would never come to it.
        if _all_serve(server.url):
            os.kill(chosen.choice(workers_of(server.process.pid)), signal.SIGKILL)
            told.kills += 1


def _watch(parent: int, told: Told, stopping: threading.Event) -> None:
    while not stopping.wait(LOOK_SECONDS):
        found = [resident_of(one) for one in family_of(parent)]
        told.resident = max(told.resident, *found, 0)


def losses(ledger: Ledger, told: Told) -> list[str]:
    """Open the ledger again, anchor it, and return what is not as it should be."""
    with open_node(ledger.settings, ledger.folder) as node:
        node.anchor_and_wait(timeout_seconds=FINAL_SECONDS)
        logged = Counter(logged_ids(node))
        found = [f"{name} is not in the log" for name in told.acknowledged if not logged[name]]
        found += [
            f"{name} is in the log {count} times" for name, count in logged.items() if count > 1
        ]
        found += _broken_receipts(node, told.receipts)
        report = audit(node.store, second_place=node.second_place)
        found += [f"audit: {one.table} {one.key}" for one in report.differences]
        return found + chain_differences(node)


def _broken_receipts(node: Node, receipts: dict[str, Any]) -> list[str]:
    trust, anchor, now = trust_of(node.store, node.identity), node.standing().anchor, system_clock()
    anchored = 0 if anchor is None or anchor.state != "final" else anchor.tree_size
    found: list[str] = []
    with node.store.reading() as repositories:
        for name, value in receipts.items():
            receipt = open_receipt(canonicalize(value), trust)
            entry = repositories.entries.by_leaf_index(receipt.leaf_index)
            is_there = entry is not None and entry.leaf_hash == receipt.entry_leaf_hash
            if not is_there or receipt.leaf_index >= anchored or now > receipt.anchored_by:
                found.append(f"receipt of {name} is not kept")
    return found


def attack(database: str, setting: Setting, folder: Path) -> Outcome:
    """Measure, send twice as much, kill; then count."""
    seconds = max(LEAST_SECONDS, SECONDS_PER_SCALE * setting.scale)
    told = Told()
    with place(database, folder) as here, here.ledger("loaded") as ledger:
        with served(ledger, operator_key) as (server, token):
            before = time.monotonic()
            Firms(server.url, token, told, "M", 0.0, MEASURED_SECONDS).send_all(MEASURERS)
            rate = len(told.acknowledged) / (time.monotonic() - before)
            with harried(server, told):
                firms = Firms(server.url, token, told, "L", 1 / (2 * rate), seconds)
                firms.send_all(SENDERS)
            status = server.stop()
        found = told.faults + losses(ledger, told)
    return _outcome(told, found, rate=rate, seconds=seconds, status=status)


def _outcome(told: Told, found: list[str], *, rate: float, seconds: float, status: int) -> Outcome:
    if status:
        found.append(f"the server ended with {status}")
    if not told.kills:
        found.append("no process was killed")
    if told.resident > MOST_RESIDENT:
        found.append(f"a process held {told.resident} bytes")
    trials = len(told.acknowledged)
    evidence = (
        f"{seconds:.0f} s at {2 * rate:.0f}/s, twice what it bears; {told.kills} processes killed, "
        f"{told.refused.total()} told to come later; at most {told.resident >> 20} MiB a process"
    )
    return Outcome(trials, max(0, trials - len(found)), "; ".join(found[:5]) or evidence)


def _named(database: str) -> Attack:
    run: Callable[[Setting, Path], Outcome] = partial(attack, database)
    return Attack(f"twice the load on {database} while processes are killed", run)


ATTACKS = tuple(_named(database) for database in DATABASES)
