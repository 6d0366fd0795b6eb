"""History is rewritten by an operator with the database, the data folder and the log's keys.

Each trial is one lie, told consistently; it is survived if everybody who can catch it does, by
the name that stands here, and if what they hold convinces a third party with a trust file of
their own. What the operator serves instead of the truth is made in `operator.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.attack import false_entries, operator
from tests.attack.false_entries import Falsehood
from tests.attack.operator import World, recall, revoke
from tests.attack.table import Attack, Outcome, Setting
from tests.support.anvil import running_anvil
from tests.support.ledger import document, event
from tests.support.mirrored import FolderSource
from tests.support.postgres import running_postgres
from tests.support.rebuilt import mirrored
from traceability.errors import ItemProofError
from traceability.hashing.envelope import RECEIPT_TYPE, sign_envelope
from traceability.hashing.statement import Receipt
from traceability.ledger.mirror.copying import copy_log
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node

DATABASES = ("sqlite", "postgresql")
DAY = timedelta(days=1)
MOST_TOLD = 5
Story = Callable[[World, Node], None]


def documents(world: World, node: Node, *numbers: int) -> None:
    """Log documents, each by its number in the true history, or others."""
    for number in numbers:
        made = document(event(2 * number), event(2 * number + 1))
        result = node.submission.submit(made, participant=world.ledger.participant)
        if result.batch is None:
            raise AssertionError(f"document {number} was not accepted")
        node.sequencer.run(close=True)


def rued(world: World, node: Node) -> None:
    """Revoke and recall as it truly was."""
    revoke(node, world.revoked)
    recall(world.ledger, node)


def fork(world: World, node: Node) -> None:
    """Log others' documents instead."""
    documents(world, node, 90, 91, 92, 93, 94)


def truncate(world: World, node: Node) -> None:
    """Log nothing: what came is gone."""


def reorder(world: World, node: Node) -> None:
    """Log the same, the last document first."""
    documents(world, node, world.second)
    rued(world, node)
    documents(world, node, world.first, 90)


def backdate(world: World, node: Node) -> None:
    """Log the same, and say that it was a week ago."""
    truth, node.clock = node.clock, lambda: world.ledger.clock() - timedelta(days=7)
    for part in (node.capture, node.registrar, node.statuses, node.sequencer):
        part._clock = node.clock
    documents(world, node, world.first)
    rued(world, node)
    documents(world, node, world.second, 90)
    node.clock = truth


def replace_leaf(world: World, node: Node) -> None:
    """Log another document in the place of one, and the rest as it was."""
    documents(world, node, 91)
    rued(world, node)
    documents(world, node, world.second, 90)


def drop_revocation(world: World, node: Node) -> None:
    """Leave the revocation out."""
    documents(world, node, world.first)
    recall(world.ledger, node)
    documents(world, node, world.second, 90, 91)


def drop_recall(world: World, node: Node) -> None:
    """Leave the recall out."""
    documents(world, node, world.first)
    revoke(node, world.revoked)
    documents(world, node, world.second, 90, 91)


STORIES: tuple[Story, ...] = (
    fork,
    truncate,
    reorder,
    backdate,
    replace_leaf,
    drop_revocation,
    drop_recall,
)


# Who has to catch a story, and by which names.
FORKED = (
    "contract: ANCHOR_REJECTED: Inconsistent",
    "audit: checkpoints root_hash",
    "mirror: MIRROR_FORKED",
    "mirror: fork proven to a third party",
    "seen: SEEN_REFUSED",
    "verifier: step 9 ANCHOR_MISMATCH",
    "verifier: step 9 ANCHOR_MISSING",
)
SHORTENED = (
    "contract: shorter than the contract's head",
    "audit: entries leaf_index",
    "mirror: MIRROR_SOURCE_OLDER",
    "seen: SEEN_REFUSED",
    "verifier: step 9 ANCHOR_MISMATCH",
    "verifier: step 9 ANCHOR_MISSING",
)


def caught(world: World, story: Story) -> list[str]:
    """Tell a story; return who catches it, and by which names."""
    with world.branch() as node:
        story(world, node)
        found = {
            "contract": operator.contract(world, node),
            "audit": operator.audits(world, node),
            "mirror": operator.mirrors(world, node, story.__name__),
            "seen": operator.remembers(world, node),
            "verifier": operator.verifies(world, node),
        }
        return [f"{who}: {name}" for who, names in found.items() for name in names]


def two_heads(world: World) -> list[str]:
    """Show two readers two histories, and let them compare what they have."""
    one, other = world.mirror("one reader"), MirrorFolder(world.ledger.home / "another reader")
    with world.branch() as node:
        fork(world, node)
        mirrored(node, other, world.ledger.trust)
    source = FolderSource(other.path)
    found = false_entries.refusal(lambda: copy_log(source, one, world.ledger.trust))
    return [found, *operator.third_partys_audit(world, one)]


def broken_receipt(world: World, index: int, *, ahead: timedelta) -> list[str]:
    """Promise an entry that is not logged at this index, and judge it when the time has come."""
    with world.ledger.opened(chain=False) as node:
        now = datetime.now(UTC)
        promise = Receipt(
            log=node.identity.log,
            entry_leaf_hash=b"\x07" * 32,
            leaf_index=index,
            received=now - timedelta(days=2),
            anchored_by=now + ahead,
        )
        signed = sign_envelope(RECEIPT_TYPE, promise.to_payload(), [node.identity.log_key])
    with world.ledger.chain.client() as client:
        client.mine(4)
    program, trust = world.third_party()
    file, shown = trust.with_name(f"receipt-{index}.json"), trust.with_name(f"shown-{index}.json")
    file.write_bytes(signed.to_bytes())
    asked = ("--trust", str(trust), "--rpc", world.ledger.chain.url)
    mirror = ("--mirror", str(world.ledger.mirror.path), "-o", str(shown))
    found = []
    # The second asks nobody but the chain: the file holds all else.
    for what, more in ((file, mirror), (shown, ())):
        status, answer = program("verify", "--receipt", str(what), *asked, *more)
        found.append(f"exit {status} {answer.get('verdict')} {answer.get('reason_code')}")
    return found


def anchored(world: World, falsehood: Falsehood, code: str) -> list[str]:
    """Log and anchor a false entry; return who catches it, and by which names."""
    with world.instead() as node:
        falsehood(world, node)
        world.ledger.anchor(node)
        folder = MirrorFolder(world.ledger.home / "mirrors" / falsehood.__name__)
        mirrored(node, folder, world.ledger.trust)
        found = {
            "audit": operator.audits(world, node),
            "mirror": operator.third_partys_audit(world, folder),
            "verifier": false_entries.proof_of(world, node, code),
        }
        return [f"{who}: {name}" for who, names in found.items() for name in names]


def logged_twice(world: World) -> list[str]:
    """Log an entry again, in a log of plain files."""
    with world.instead() as node:
        folder = MirrorFolder(world.ledger.home / "mirrors" / "twice")
        mirrored(node, folder, world.ledger.trust)
        false_entries.logged_again(folder, node, world.ledger.receipts[0].leaf_index)
    return operator.third_partys_audit(world, folder)


Lies = Mapping[str, tuple[Callable[[World], list[str]], tuple[str, ...]]]

REWRITTEN: Lies = {
    **{
        story.__name__: (
            partial(caught, story=story),
            SHORTENED if story is truncate else FORKED,
        )
        for story in STORIES
    },
    "two_heads": (two_heads, ("MIRROR_FORKED", "exit 1", "fork root_hash")),
}
FALSE: Lies = {
    "another entry in a receipt's place": (
        lambda world: broken_receipt(world, world.ledger.receipts[2].leaf_index, ahead=DAY),
        ("exit 1 broken",),
    ),
    "a receipt's entry is never anchored": (
        lambda world: broken_receipt(world, world.seen.tree_size + 5, ahead=-DAY),
        ("exit 1 broken",),
    ),
    "wrong state root": (
        lambda world: anchored(world, false_entries.wrong_state_root, operator.ITEM),
        ("audit: entries envelope", "mirror: exit 1", "mirror: entries envelope"),
    ),
    "key without registrar": (
        lambda world: anchored(
            world, false_entries.key_without_registrar, false_entries.FALSE_ITEM
        ),
        (
            "audit: entries envelope",
            "audit: keys key_id",
            "mirror: exit 1",
            "mirror: entries envelope",
            "verifier: step 4 SIGNERS_INVALID",
        ),
    ),
    "logged twice": (logged_twice, ("exit 1", "entries envelope")),
}


def told(lies: Lies, database: str, setting: Setting, folder: Path) -> Outcome:
    """Tell every lie, each of them in ledgers of its own round; return who was not fooled."""
    survived, faults = 0, list[str]()
    rounds = max(1, setting.scale // 20)
    for number in range(rounds):
        with ExitStack() as stack:
            chain = stack.enter_context(running_anvil(accounts=0))
            server = stack.enter_context(running_postgres()) if database == "postgresql" else None
            world = World.begin(folder / str(number), chain, server, stack, documents=2 + number)
            for name, (tell, expected) in lies.items():
                lacks = missing(tell, world, expected)
                survived += not lacks
                faults += [f"{name}: {what}" for what in lacks]
    names = dict.fromkeys(name for _, expected in lies.values() for name in expected)
    evidence = f"{', '.join(lies)}; caught by {'; '.join(names)}"
    return Outcome(rounds * len(lies), survived, " | ".join(faults[:MOST_TOLD]) or evidence)


def missing(tell: Callable[[World], list[str]], world: World, expected: Sequence[str]) -> list[str]:
    """Tell a lie; return the names by which nobody has caught it."""
    try:
        found = tell(world)
    except (ItemProofError, AssertionError, OSError) as error:
        return [f"{type(error).__name__}: {error}"]
    lacks = [name for name in expected if not any(one.startswith(name) for one in found)]
    return [f"not caught by {name}, but {found}" for name in lacks]


ATTACKS: tuple[Attack, ...] = tuple(
    Attack(f"{name} on {database}", partial(told, lies, database))
    for name, lies in (("history is rewritten", REWRITTEN), ("false entries are anchored", FALSE))
    for database in DATABASES
)
