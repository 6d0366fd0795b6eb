"""A ledger that is attacked through its chain: every question passes a proxy, time is simulated.

After every step of the anchorer the honest chain is asked whether what was called final is.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.attack.checks import chain_differences, logged_ids
from tests.attack.victim import body_of, event_ids
from tests.support.anvil import Anvil, running_anvil
from tests.support.endpoint import Proxy, proxied
from traceability.chain.accounts import KeyAccount, address_of, load_or_create_account
from traceability.chain.anchoring import Anchorer, AnchorPolicy
from traceability.chain.capture import EvidenceTarget, capture_evidence
from traceability.chain.client import ChainClient
from traceability.chain.faults import EvidenceUnavailable
from traceability.chain.planning import LogIdentity
from traceability.chain.registry import artifact
from traceability.chain.sender import Sender
from traceability.errors import ItemProofError
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node
from traceability.ledger.submission import SubmissionResult
from traceability.store.anchor_store import StoredAnchors
from traceability.store.repositories.anchors import AttemptRow

FUNDS_WEI = 10**21
# How often a serving node looks after its anchors.
STEP_SECONDS = 10.0
PATIENCE_STEPS = 80


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the simulated moment."""
        return self._start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the simulated seconds."""
        return self.seconds


class Names(logging.Handler):
    """Collects by which names troubles were told: log events, and codes of errors."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.found: list[str] = []

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """Return what was not told, in words."""
        return [f"{name} was not told" for name in names if name not in self.found]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first word of a log line."""
        self.found.append(record.getMessage().split(" ", 1)[0])


@dataclass
class Stage:
    """One ledger, the proxies before its chain, and what was seen so far.

    `others` counts transactions of its account that the attack itself has made.
    """

    anvil: Anvil
    honest: ChainClient
    proxies: list[Proxy]
    node: Node
    settings: Settings
    account: KeyAccount
    names: Names
    ends: ExitStack
    clock: Clock = field(default_factory=Clock)
    kept: list[int] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    others: int = 0
    epoch: int = 1

    @property
    def proxy(self) -> Proxy:
        """The first endpoint."""
        return self.proxies[0]

    @cached_property
    def anchors(self) -> StoredAnchors:
        """What the node keeps of its anchors."""
        return StoredAnchors(self.node.store)

    def restart(self, *, timeout_seconds: float = 10.0, policy: AnchorPolicy | None = None) -> None:
        """Let another anchorer go on from the store, as a new process would."""
        client = self.ends.enter_context(
            ChainClient(
                [proxy.url for proxy in self.proxies],
                contract=self.honest.contract,
                chain_id=self.anvil.chain_id,
                timeout_seconds=timeout_seconds,
                clock=self.clock.monotonic,
            )
        )
        identity = self.node.identity
        self.node.anchorer = Anchorer(
            client,
            self.anchors,
            log=LogIdentity(identity.log, identity.origin, identity.genesis.log_key.public_key),
            account=self.account,
            code_hash=artifact().code_hash,
            policy=policy or AnchorPolicy(),
            now=self.clock.now,
            sender=Sender(
                self.settings.locks,
                address=address_of(self.account),
                log_id=identity.log,
                wait_seconds=1.0,
            ),
        )

    # What the ledger does

    def submit(self) -> None:
        """Hand a document in; it has to be taken, whatever the chain does."""
        number = len(self.kept)
        if self._submit(number).status != "ACCEPTED":
            self.wrongs.append(f"document {number} was refused")
        self.kept.append(number)

    def _submit(self, number: int) -> SubmissionResult:
        participant = default_participant(self.node)
        return self.node.submission.submit_body(body_of(0, number), participant=participant)

    def step(self, seconds: float = STEP_SECONDS) -> None:
        """Take one step of the anchorer, some time later."""
        self.clock.seconds += seconds
        before = set(self.final())
        try:
            self.node.anchor_step()
        except ItemProofError as fault:
            self.names.found.append(fault.code)
        for row in set(self.final()) - before:
            self._check_final(row)

    def until(self, name: str) -> None:
        """Step until a name is told once more."""
        told = self.names.found.count(name)
        for _ in range(PATIENCE_STEPS):
            self.step()
            if self.names.found.count(name) > told:
                return
        self.wrongs.append(f"{name} was not told")

    def anchored(self) -> None:
        """Hand a document in and see it into a final block."""
        self.submit()
        self.until("anchor.included")
        self.bury()
        self.until("anchor.final")

    def bury(self) -> None:
        """Make so many blocks that what is included is final."""
        self.honest.mine(2 * self.epoch + 1)

    def final(self) -> list[AttemptRow]:
        """Return the anchors that the ledger calls final."""
        with self.node.store.reading() as repositories:
            return [row for row in repositories.anchors.all() if row.state == "final"]

    def open(self) -> list[AttemptRow]:
        """Return the anchors that are on their way."""
        return list(self.anchors.open_attempts())

    # What must hold

    def _check_final(self, row: AttemptRow) -> None:
        number = row.evidence_block_number or row.block_number or 0
        expected = row.evidence_block_hash or row.block_hash
        head = EvidenceTarget(
            self.node.identity.log, artifact().code_hash, row.tree_size, row.root_hash
        )
        try:
            capture_evidence(self.honest, head, block_number=number)
        except EvidenceUnavailable:
            expected = None
        if expected is None or self.honest.final_block_hash(number) != expected:
            self.wrongs.append(f"size {row.tree_size} was wrongly called final")

    def losses(self) -> list[str]:
        """Let the chain be itself again, finish the work, and return what is wrong then."""
        for proxy in self.proxies:
            proxy.target = self.anvil.url
            proxy.honest()
        self.honest.ask("evm_setAutomine", True)
        self.submit()
        self._finish()
        found = list(self.wrongs)
        found += [f"anchor of size {row.tree_size} stays {row.state}" for row in self.open()]
        found += chain_differences(self.node)
        found += self._lost_events() + self._wrong_anchors()
        report = audit(self.node.store, second_place=self.node.second_place)
        return found + [f"audit: {one.table} {one.key}" for one in report.differences]

    def _finish(self) -> None:
        # Endpoints may have asked for an hour's rest, and a claim of the account lasts as long.
        self.clock.seconds += 2 * 3600
        for _ in range(PATIENCE_STEPS):
            self.step()
            self.bury()
            newest = self.node.standing().checkpoint
            sizes = [row.tree_size for row in self.final()]
            if newest and newest.tree_size in sizes and not self.open():
                return

    def _lost_events(self) -> list[str]:
        again = [number for number in self.kept if self._submit(number).count("accepted")]
        wanted = Counter(name for number in self.kept for name in event_ids(0, number))
        logged = Counter(logged_ids(self.node))
        found = [f"document {number} was acknowledged and is unknown" for number in again]
        names = sorted((wanted - logged) + (logged - wanted))
        return found + [f"{name} is in the log {logged[name]} times" for name in names]

    def _wrong_anchors(self) -> list[str]:
        """Compare what is called final, and what was paid for, with the honest chain."""
        found = []
        for row in self.final():
            number = row.evidence_block_number or row.block_number or 0
            if self.honest.block_hash(number) != (row.evidence_block_hash or row.block_hash):
                found.append(f"size {row.tree_size} is final in a block that is not there")
        # Genesis was opened, and the contract deployed; every other transaction is an anchor.
        sent = self.honest.nonce(address_of(self.account)) - 2 - self.others
        if sent != len(self.final()):
            found.append(f"{len(self.final())} anchors are final, {sent} were paid for")
        return found


@contextmanager
def staged(
    folder: Path,
    *,
    endpoints: int = 1,
    epoch: int = 1,
    chain: Anvil | None = None,
    database_url: str | None = None,
) -> Iterator[Stage]:
    """Yield a new ledger with one final anchor, on a chain of its own unless one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        anvil = chain or stack.enter_context(running_anvil(accounts=0, epoch=epoch))
        proxies = [stack.enter_context(proxied(anvil.url)) for _ in range(endpoints)]
        settings = Settings(
            database_url=database_url or f"sqlite:///{folder / 'ledger.sqlite'}",
            rpc_urls=tuple(proxy.url for proxy in proxies),
            publisher_key_file=folder / "publisher.key",
            lock_dir=folder.parent / "locks",
        )
        account = _funded(anvil, folder / "publisher.key")
        names = stack.enter_context(_named())
        node = stack.enter_context(open_node(settings, folder / "data"))
        honest = stack.enter_context(anvil.client(contract=node.identity.genesis.contract))
        stage = Stage(anvil, honest, proxies, node, settings, account, names, stack, epoch=epoch)
        stage.restart()
        stage.anchored()
        yield stage


def _funded(anvil: Anvil, path: Path) -> KeyAccount:
    account = load_or_create_account(path)
    with anvil.client() as client:
        client.fund(address_of(account), FUNDS_WEI)
    return account


@contextmanager
def _named() -> Iterator[Names]:
    """Listen to what the node says while the context lasts."""
    logger, names = logging.getLogger("traceability"), Names()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(names)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield names
    finally:
        logger.removeHandler(names)
        logger.setLevel(level)
        logger.propagate = propagates
