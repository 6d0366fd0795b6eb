"""The chain misbehaves: reorganisations, lost transactions, silence, a second contract.

Each trial is a ledger of its own on a chain of its own. It is survived if nothing that was
acknowledged is lost or doubled, nothing was called final that the honest chain did not call so,
log and contract agree at the end, and the trouble was told by its names. What an endpoint may
lie about is in `lies.py`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ledger_api.wiring import open_node
from tests.attack.stage import Stage, staged
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.trials import Trial, named, row
from tests.support.anvil import other_transaction, running_anvil
from traceability.chain.accounts import address_of
from traceability.chain.anchoring import AnchorPolicy
from traceability.errors import ItemProofError

MINUTE, HOUR = 60.0, 3600.0
# Of the embedded chain's finality: 64 blocks, so that deep reorganisations stay below it.
DEEP_EPOCH = 32


# Reorganisations


def below(depth: int, stage: Stage, *, included_again: bool) -> None:
    """Replace the newest blocks, the anchor's among them; its transaction is gone or moves."""
    stage.submit()
    stage.until("anchor.included")
    (anchor,) = stage.open()
    stage.step()
    if depth > 1:
        stage.honest.mine(depth - 1)
    block = [["0x" + anchor.raw.hex(), 0], [other_transaction(stage.anvil), 0]]
    stage.honest.ask("anvil_reorg", depth, block if included_again else [])
    if not included_again:
        stage.honest.ask("anvil_dropAllTransactions")
    stage.until("anchor.moved")
    if stage.final()[1:]:
        stage.wrongs.append("final below the final block")


def across(depth: int, stage: Stage) -> None:
    """Replace blocks that were final, and with them the last anchors."""
    for _ in range(depth):
        stage.anchored()
    first = stage.final()[-depth].block_number or 0
    newest = stage.honest.block("latest")
    stage.honest.ask("anvil_reorg", (newest.number if newest else first) - first + 1, [])
    stage.honest.ask("anvil_dropAllTransactions")
    stage.until("anchor.finality_broken")


def reorganised(setting: Setting) -> list[Trial]:
    """Return reorganisations that finality allows for."""
    depths = (1, 2, 3, 5, 8, 13, 21, 34, 55)[: max(2, 9 * setting.scale // 100)]
    return [
        Trial(
            f"{depth} deep, anchor {'moved' if again else 'gone'}",
            partial(below, depth, included_again=again),
            ("anchor.moved",) if again else ("anchor.moved", "anchor.returned"),
            epoch=DEEP_EPOCH,
        )
        for depth in depths
        for again in (False, True)
    ]


def broken(setting: Setting) -> list[Trial]:
    """Return reorganisations that finality forbids."""
    names = ("anchor.finality_broken", "anchor.unfinal", "anchor.returned")
    depths = range(1, 2 + 4 * setting.scale // 100)
    return [Trial(f"{depth} final anchors", partial(across, depth), names) for depth in depths]


# Transactions


def stuck(times: int, stage: Stage, *, first_wins: bool = False) -> None:
    """Include nothing until the transaction was replaced so often."""
    stage.honest.ask("evm_setAutomine", False)
    stage.submit()
    stage.until("anchor.sent")
    first = stage.open()[0]
    for _ in range(times):
        stage.until("anchor.replaced")
        stage.until("anchor.sent")
    if first_wins:
        stage.honest.ask("anvil_dropAllTransactions")
        stage.honest.send_raw(first.raw)
    stage.honest.mine(1)


def dearer(stage: Stage) -> None:
    """Include nothing until no higher fee is allowed."""
    stage.honest.ask("evm_setAutomine", False)
    stage.restart(policy=AnchorPolicy(max_price=stage.honest.fee().price * 3 // 2))
    stage.submit()
    stage.until("FEE_ABOVE_LIMIT")
    stage.step()
    stage.honest.mine(1)


def dropped(times: int, stage: Stage) -> None:
    """Forget the waiting transaction, again and again."""
    stage.honest.ask("evm_setAutomine", False)
    stage.submit()
    stage.until("anchor.sent")
    for _ in range(times):
        stage.honest.ask("anvil_dropAllTransactions")
        stage.until("anchor.sent_again")


def overtaken(stage: Stage) -> None:
    """Send something else from the publisher's account, at the nonce of the waiting anchor."""
    stage.honest.ask("evm_setAutomine", False)
    stage.submit()
    stage.until("anchor.sent")
    (anchor,) = stage.open()
    stage.honest.ask("anvil_dropAllTransactions")
    to = "0x" + "11" * 20
    other = stage.honest.sign(b"", account=stage.account, to=to, gas=21_000, nonce=anchor.nonce)
    stage.honest.send_raw(other.raw)
    stage.others += 1
    stage.honest.mine(1)
    stage.until("anchor.given_up")


def unpaid(stage: Stage) -> None:
    """Leave the publisher with nothing for a while."""
    address = address_of(stage.account)
    had = stage.honest.balance(address)
    stage.honest.fund(address, 1)
    stage.submit()
    stage.until("PUBLISHER_UNFUNDED")
    stage.step(HOUR)
    stage.honest.fund(address, had)


def held_up(setting: Setting) -> list[Trial]:
    """Return trials of transactions that no block includes."""
    most = 1 + 3 * setting.scale // 100
    replaced = ("anchor.replaced", "anchor.sent")
    return [
        *(Trial(f"replaced {n} times", partial(stuck, n), replaced) for n in range(1, 1 + most)),
        *(
            Trial(f"the first of {n + 1} wins", partial(stuck, n, first_wins=True), replaced)
            for n in range(1, 1 + most)
        ),
        Trial("up to the highest fee", dearer, ("anchor.replaced", "FEE_ABOVE_LIMIT")),
        Trial("nothing to pay with", unpaid, ("PUBLISHER_UNFUNDED", "anchor.balance_low")),
    ]


def forgotten(setting: Setting) -> list[Trial]:
    """Return trials of transactions that nodes forget, or another displaces."""
    again = ("anchor.sent_again",)
    times = range(1, 2 + 4 * setting.scale // 100)
    return [
        *(Trial(f"forgotten {n} times", partial(dropped, n), again) for n in times),
        Trial("another took its nonce", overtaken, ("anchor.given_up", "anchor.dropped")),
    ]


# Silence


def silent(begin: str, stage: Stage, *, status: int, wait: str | None = None) -> None:
    """Answer nothing for an hour, from this moment in the life of an anchor on."""
    stage.submit()
    if begin:
        stage.until(begin)
    stage.proxy.status = status
    stage.proxy.headers = {} if wait is None else {"Retry-After": wait}
    end = stage.clock.seconds + HOUR
    while stage.clock.seconds < end:
        stage.step(4 * MINUTE)
        if stage.clock.seconds + 2 * MINUTE > end:
            stage.submit()


def late(stage: Stage) -> None:
    """Answer every question too late for an hour."""
    stage.submit()
    stage.restart(timeout_seconds=0.05)
    stage.proxy.delay = 0.2
    for _ in range(12):
        stage.step(5 * MINUTE)
    stage.proxy.honest()
    stage.restart()


def down(setting: Setting) -> list[Trial]:
    """Return hours without an endpoint."""
    moments = ("", "anchor.signed", "anchor.sent", "anchor.included", "anchor.evidence")
    begins = moments[: 2 + 3 * setting.scale // 100]
    return [
        *(
            Trial(begin or "before", partial(silent, begin, status=502), ("CHAIN_UNAVAILABLE",))
            for begin in begins
        ),
        *(
            Trial(
                f"429 {begin or 'before'}",
                partial(silent, begin, status=429, wait="3600"),
                ("CHAIN_RATE_LIMITED",),
            )
            for begin in begins
        ),
        Trial("too late", late, ("CHAIN_TIMEOUT",)),
    ]


# Another chain, another contract


def reset(blocks: int, stage: Stage, *, waiting: bool) -> None:
    """Begin the chain anew at its genesis; after a while the true one is back."""
    stage.submit()
    if waiting:
        stage.until("anchor.sent")
    with running_anvil(accounts=0) as empty:
        with empty.client() as client:
            client.mine(blocks)
        stage.proxy.target = empty.url
        for _ in range(10):
            stage.submit()
            stage.step(MINUTE)
        stage.proxy.target = stage.anvil.url


def resets(setting: Setting) -> list[Trial]:
    """Return chains that begin anew, shorter or longer than the true one was."""
    short = ("CONTRACT_MISMATCH",)
    sizes = (1, 100)[: 1 + setting.scale // 50]
    return [
        Trial(
            f"to {size} blocks{', one in flight' if waiting else ''}",
            partial(reset, size, waiting=waiting),
            short if size == 1 else ("anchor.finality_broken", *short),
        )
        for size in sizes
        for waiting in (False, True)
    ]


def contracts_of_two_ledgers(folder: Path) -> list[str]:
    """Let two ledgers with one key and a contract each anchor on one chain at the same time."""
    with running_anvil(accounts=0) as chain, staged(folder / "one", chain=chain) as first:
        (folder / "two").mkdir()
        key = first.settings.publisher_key_file
        (folder / "two" / "publisher.key").write_text(key.read_text() if key else "")
        with staged(folder / "two", chain=chain) as second:
            first.honest.ask("evm_setAutomine", False)
            for stage in (first, second):
                stage.submit()
            first.until("anchor.sent")
            second.until("PUBLISHER_BUSY")
            first.honest.mine(1)
            # Deploying, opening and the anchors of the other one.
            found = []
            for stage, other in ((first, second), (second, first)):
                stage.others = 2 + len(other.final()) + len(other.open())
                found += stage.losses()
            if first.honest.contract == second.honest.contract:
                found.append("both are in one contract")
            return found


def contract_of_the_settings(folder: Path) -> list[str]:
    """Open a ledger with settings that name another contract."""
    with staged(folder / "one") as stage:
        with stage.anvil.client() as client:
            other = client.deploy(stage.anvil.new_account())
        changed = stage.settings.model_copy(update={"contract": other})
        try:
            with open_node(changed, stage.node.data_dir):
                return ["a ledger was opened with another contract"]
        except ItemProofError as fault:
            stage.names.found.append(fault.code)
        return stage.losses() + stage.names.missing(("CONTRACT_MISMATCH",))


def two_contracts(setting: Setting, folder: Path) -> Outcome:
    """Run what needs more than one ledger, or none."""
    del setting
    found = {
        "two ledgers, one key": contracts_of_two_ledgers(folder / "ledgers"),
        "settings name the other": contract_of_the_settings(folder / "settings"),
    }
    return named(found, ("PUBLISHER_BUSY", "CONTRACT_MISMATCH"))


ATTACKS: tuple[Attack, ...] = (
    row("a reorganisation below the final block", reorganised),
    row("a reorganisation across the final block", broken),
    row("an anchor is stuck, and is replaced", held_up),
    row("an anchor is dropped, or displaced", forgotten),
    row("the endpoint is down for an hour", down),
    row("the chain is reset to its genesis", resets),
    Attack("two contracts, two ledgers", two_contracts),
)
