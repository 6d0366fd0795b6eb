"""A ledger is lost and its backup is old: a day, an hour, one checkpoint; time is simulated.

Each trial: back up; live on, so that more is served, promised and anchored; lose everything but
the mirror, and what is known elsewhere; restore. Then nothing may be written, and what is missing
is named; reading goes on; `rebuild` brings the log back; it runs on, is anchored, and the mirror
of before follows it, which it can only do if the history is the same. Every receipt is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ledger_api.auth import create_api_key
from tests.attack.old_ledger import OldLedger, Witness, item
from tests.attack.table import Attack, Outcome, Setting
from tests.support.anvil import running_anvil
from tests.support.backups import contents
from tests.support.ledger import GTIN, add_participant
from tests.support.postgres import running_postgres
from traceability.errors import ItemProofError
from traceability.hashing.statement import Receipt
from traceability.ledger.audit.audit import audit
from traceability.ledger.gate import StoreBehind
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.trust import trust_of
from traceability.verify.verifier import verify_bundle

DATABASES = ("sqlite", "postgresql")
# What a mirror has not: the audit says of such a batch that it has no records, and nothing else.
WITHOUT_RECORDS = ("records", "record_index", "0")


@dataclass(frozen=True, slots=True)
class Age:
    """How old the backup is when it is needed."""

    name: str
    passes: timedelta
    # Into so many parts, each with documents and an anchor of its own.
    parts: int


AGES = (
    Age("a day", timedelta(hours=24), 4),
    Age("an hour", timedelta(hours=1), 2),
    Age("a checkpoint", timedelta(seconds=1), 1),
)


def live(ledger: OldLedger, age: Age, witness: Witness, factor: int) -> int:
    """Let time pass and work be done; return the size of the log after it."""
    is_last_unanchored = age.parts == 1 and witness is Witness.SECOND_PLACE
    with ledger.opened() as node:
        for _ in range(age.parts * factor):
            ledger.clock.move(age.passes / (age.parts * factor))
            ledger.submit(node)
            if not is_last_unanchored:
                ledger.anchor(node)
        checkpoint = node.standing().checkpoint
    return 0 if checkpoint is None else checkpoint.tree_size


def refusals(node: Node, first: int, last: int) -> Iterator[str]:
    """Try every way to write; yield what was not refused, or not by the numbers."""
    before = contents(node.store)
    attempts: dict[str, Callable[[], object]] = {
        "a registration": lambda: add_participant(node),
        "a lot": lambda: node.mint(Lot(GTIN, "L", 1, {}), participant=bytes(16)),
        "an API key": lambda: create_api_key(node.store, "auditor", participant=None, now=0),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except StoreBehind as error:
            if (error.first, error.last) != (first, last):
                yield f"{name}: entries {error.first} to {error.last} are said to be missing"
        else:
            yield f"{name} was not refused"
    try:
        node.anchor_step()
    except ItemProofError:
        pass
    else:
        yield "anchoring was not refused"
    if contents(node.store) != before:
        yield "something was written"


def unreadable(node: Node, number: int) -> Iterator[str]:
    """Prove a record of before the backup, and check the proof."""
    code = item(number)
    data = node.prove(code).to_bytes()
    report = verify_bundle(data, trust_of(node.store, node.identity), code=code)
    if report.exit_status:
        yield f"proof of {code} does not verify: {report.failed}"


def closed(ledger: OldLedger, witness: Witness, first: int, last: int) -> list[str]:
    """Open what was restored; return what is not as it should be."""
    with ledger.opened(answers=witness is not Witness.SECOND_PLACE) as node:
        found = list(refusals(node, first, last))
        try:
            ledger.submit(node)
            found.append("a document was not refused")
        except StoreBehind:
            ledger.documents -= 1
        return found + list(unreadable(node, 0))


def mended(ledger: OldLedger, first: int, size: int) -> Iterator[str]:
    """Rebuild, run on, anchor; yield what is not as it should be."""
    rebuilt = ledger.rebuild()
    if (rebuilt.first, rebuilt.tree_size) != (first, size):
        yield f"rebuild brought back {rebuilt.first} to {rebuilt.tree_size}, not {first} to {size}"
    with ledger.opened() as node:
        fault = node.gate.fault()
        if fault is not None:
            yield f"gate is closed after rebuild: {fault.fault}"
            return
        ledger.submit(node)
        ledger.anchor(node)
        yield from chain_differences(node)
        yield from unreadable(node, 2 * (ledger.documents - 1))
        report = audit(node.store, second_place=node.second_place)
        for one in report.differences:
            if (one.table, one.column, one.found) != WITHOUT_RECORDS:
                yield f"audit: {one.table} {one.key}"
        for receipt in ledger.receipts:
            yield from broken(node, receipt)
    # Whoever copies checks that the log continues what the mirror held: a fork is refused.
    copied = ledger.copy()
    if copied.before != size or copied.head.tree_size <= size:
        yield f"mirror of {copied.before} entries grew to {copied.head.tree_size}, from {size}"


def chain_differences(node: Node) -> Iterator[str]:
    """Yield what the contract holds that the log does not."""
    if node.chain is None:
        raise AssertionError("no chain")
    head, newest = node.chain.head(node.identity.log), node.standing().checkpoint
    if newest is None or (head.tree_size, head.root_hash) != (newest.tree_size, newest.root_hash):
        yield f"contract's head of size {head.tree_size} is not the log's"


def broken(node: Node, receipt: Receipt) -> Iterator[str]:
    """Yield why a receipt is not kept: another entry in its place, or no anchor in time."""
    name = f"receipt of entry {receipt.leaf_index}"
    with node.store.reading() as repositories:
        entry = repositories.entries.by_leaf_index(receipt.leaf_index)
        anchor = repositories.anchors.covering(receipt.leaf_index)
    if entry is None or entry.leaf_hash != receipt.entry_leaf_hash:
        yield f"{name}: another entry is there"
    if anchor is None or anchor.state != "final" or anchor.block_number is None:
        yield f"{name}: not anchored"
        return
    block = None if node.chain is None else node.chain.block(anchor.block_number)
    if block is None or datetime.fromtimestamp(block.timestamp, UTC) > receipt.anchored_by:
        yield f"{name}: anchored too late"


def trial(ledger: OldLedger, age: Age, witness: Witness, factor: int) -> list[str]:
    """Lose a ledger and bring it back; return what is not as it should be."""
    file = ledger.home / f"backup-{ledger.places}"
    first = ledger.back_up(file)
    size = live(ledger, age, witness, factor)
    ledger.copy()
    ledger.lose(keeps_second_place=witness is not Witness.CHAIN)
    if ledger.restore(file) != first:
        return ["the backup is of another size"]
    return [*closed(ledger, witness, first, size - 1), *mended(ledger, first, size)]


def attack(database: str, age: Age, setting: Setting, folder: Path) -> Outcome:
    """Lose the same ledger again and again, after it has run on each time."""
    rounds, factor = max(1, setting.scale // 25), min(6, 1 + setting.scale // 20)
    survived, trials, lost = 0, 0, list[str]()
    with ExitStack() as stack:
        chain = stack.enter_context(running_anvil(accounts=0))
        server = stack.enter_context(running_postgres()) if database == "postgresql" else None
        ledger = OldLedger(folder, chain, server, stack)
        with ledger.opened() as node:
            ledger.submit(node)
            ledger.anchor(node)
        for witness in [*Witness] * rounds:
            trials += 1
            try:
                found = trial(ledger, age, witness, factor)
            except (ItemProofError, AssertionError, OSError) as error:
                found = [f"{type(error).__name__}: {error}"]
            survived += not found
            lost += [f"{witness}: {what}" for what in found]
            if found:
                break
    evidence = (
        f"writing refused, reading went on, rebuilt and anchored on without a fork; "
        f"{len(ledger.receipts)} receipts kept"
    )
    return Outcome(trials, survived, "; ".join(lost[:5]) or evidence)


def _named(database: str, age: Age) -> Attack:
    run: Callable[[Setting, Path], Outcome] = partial(attack, database, age)
    return Attack(f"a backup is restored {age.name} back on {database}", run)


ATTACKS = tuple(_named(database, age) for database in DATABASES for age in AGES)
