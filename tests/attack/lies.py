"""Endpoints lie: about receipts, heads, proofs, the chain's id, the final block, and the time.

One endpoint alone can hold an anchor up; it must not make the ledger call anything final that
is not, nor lose its way once it is honest again. Among several, one liar is outvoted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.attack.stage import Stage
from tests.attack.table import Attack, Setting
from tests.attack.trials import Trial, row
from tests.support.anvil import running_anvil
from tests.support.endpoint import Lie, Proxy
from traceability.chain.client import ChainClient

MINUTE = 60.0
WORD = 64
OTHER_HASH = "0x" + "ab" * 32
# What a head begins with: 0x, the root, the size.
ROOT, SIZE = slice(2, 2 + WORD), slice(2 + WORD, 2 + 2 * WORD)


def while_lying(stage: Stage, *, minutes: int = 12) -> None:
    """Step while an endpoint lies; nothing of what is anchored meanwhile may become final."""
    before = len(stage.final())
    for _ in range(minutes):
        stage.step(MINUTE)
        stage.honest.mine(1)
    if len(stage.final()) > before:
        stage.wrongs.append("final on the word of a liar")


def lied(method: str, lie: Lie, stage: Stage, *, begin: str) -> None:
    """Lie about one method from this moment in the life of an anchor on."""
    stage.submit()
    if begin:
        stage.until(begin)
    stage.proxy.lies[method] = lie
    while_lying(stage)


def lied_and_caught(method: str, lie: Lie, stage: Stage, *, begin: str) -> None:
    """Lie about one method while others tell enough of the truth to prove the anchor."""
    stage.submit()
    stage.until(begin)
    stage.proxy.lies[method] = lie
    for _ in range(12):
        stage.step(MINUTE)
        stage.honest.mine(1)


# Receipts


def reverted(params: list[Any], truth: Any) -> Any:
    """Say that the contract has refused what it took."""
    return truth and truth | {"status": "0x0"}


def elsewhere(params: list[Any], truth: Any) -> Any:
    """Name a block that does not exist."""
    return truth and truth | {"blockHash": OTHER_HASH}


def of_another(params: list[Any], truth: Any) -> Any:
    """Answer the receipt of another transaction."""
    return truth and truth | {"transactionHash": OTHER_HASH}


def never_included(stage: Stage) -> None:
    """Swallow the transaction, and say that a block includes it."""
    stage.submit()
    stage.until("anchor.signed")
    (anchor,) = stage.open()
    name = "0x" + anchor.tx_hash.hex()
    block = stage.honest.ask("eth_getBlockByNumber", "latest", False)
    stage.proxy.swallowed["eth_sendRawTransaction"] = name
    stage.proxy.lies["eth_getTransactionReceipt"] = lambda params, truth: {
        "transactionHash": name,
        "status": "0x1",
        "blockNumber": block["number"],
        "blockHash": block["hash"],
        "gasUsed": "0xc350",
        "contractAddress": None,
    }
    while_lying(stage)


def receipts(setting: Setting) -> list[Trial]:
    """Return wrong receipts."""
    del setting
    method = "eth_getTransactionReceipt"
    return [
        Trial(
            "reverted",
            partial(lied_and_caught, method, reverted, begin="anchor.sent"),
            ("anchor.given_up",),
        ),
        Trial(
            "in no block", partial(lied, method, elsewhere, begin="anchor.sent"), ("anchor.moved",)
        ),
        Trial(
            "of another",
            partial(lied, method, of_another, begin="anchor.sent"),
            ("CHAIN_UNAVAILABLE",),
        ),
        Trial("of what was never sent", never_included, ("anchor.evidence_unavailable",)),
    ]


# Heads


def head_with(part: slice, word: str) -> Lie:
    """Return a lie about a word of the contract's head; what is no head is left as it is."""

    def lie(params: list[Any], truth: Any) -> Any:
        if len(truth) < SIZE.stop:
            return truth
        return truth[: part.start] + word + truth[part.stop :]

    return lie


def heads(setting: Setting) -> list[Trial]:
    """Return wrong heads of the contract."""
    begins = ("", "anchor.signed", "anchor.sent")[: 1 + 2 * setting.scale // 100]
    lies: tuple[tuple[str, Lie, str], ...] = (
        ("another root", head_with(ROOT, "ab" * 32), "FOREIGN_HEAD"),
        ("a larger size", head_with(SIZE, f"{10**6:064x}"), "LOG_BEHIND_CHAIN"),
        ("no log", head_with(SIZE, "0" * WORD), "LOG_NOT_OPENED"),
        ("no answer", lambda params, truth: "0x", "CONTRACT_MISMATCH"),
    )
    return [
        Trial(
            f"{label}{' after ' if begin else ''}{begin}",
            partial(lied_and_caught if begin else lied, "eth_call", lie, begin=begin),
            (name,),
        )
        for begin in begins
        for label, lie, name in lies
    ]


# Proofs


def spoiled(value: Any) -> Any:
    """Return a proof of which one bit is another."""
    last = value[-1]
    return [*value[:-1], last[:-1] + f"{int(last[-1], 16) ^ 1:x}"]


def account_proof(params: list[Any], truth: Any) -> Any:
    """Spoil the proof that the contract is in the state."""
    return truth | {"accountProof": spoiled(truth["accountProof"])}


def storage_proof(params: list[Any], truth: Any) -> Any:
    """Spoil the proof of the head's first word."""
    first, *rest = truth["storageProof"]
    return truth | {"storageProof": [first | {"proof": spoiled(first["proof"])}, *rest]}


def no_proof(params: list[Any], truth: Any) -> Any:
    """Leave the proofs out."""
    return truth | {"accountProof": [], "storageProof": []}


def other_state(params: list[Any], truth: Any) -> Any:
    """Name another state root in blocks."""
    return truth and truth | {"stateRoot": OTHER_HASH}


def headerless(lie: Lie, stage: Stage) -> None:
    """Lie about blocks, so that no header hashes to its block."""
    stage.proxy.lies["debug_getRawHeader"] = lambda params, truth: "0xc0"
    lied("eth_getBlockByNumber", lie, stage, begin="anchor.included")


def proofs(setting: Setting) -> list[Trial]:
    """Return wrong proofs and headers."""
    lies: tuple[tuple[str, Lie], ...] = (
        ("account proof", account_proof),
        ("storage proof", storage_proof),
        ("none", no_proof),
    )
    names = ("anchor.evidence_unavailable",)
    return [
        *(
            Trial(label, partial(lied, "eth_getProof", lie, begin="anchor.included"), names)
            for label, lie in lies[: 2 + setting.scale // 100]
        ),
        Trial("header", partial(headerless, other_state), names),
    ]


# Another chain


def other_id(stage: Stage) -> None:
    """Serve another chain's id to a node that starts."""
    stage.submit()
    stage.proxy.lies["eth_chainId"] = lambda params, truth: "0x1"
    stage.restart()
    while_lying(stage, minutes=3)
    if stage.open():
        stage.wrongs.append("something was signed for another chain")
    stage.proxy.honest()
    stage.restart()


def other_chain(stage: Stage) -> None:
    """Become another chain while the node runs."""
    stage.submit()
    stage.until("anchor.sent")
    with running_anvil(chain_id=31999, accounts=0) as other:
        stage.proxy.target = other.url
        while_lying(stage, minutes=5)


def chain_ids(setting: Setting) -> list[Trial]:
    """Return chains that are another one."""
    del setting
    return [
        Trial("at a start", other_id, ("CHAIN_ID_MISMATCH",)),
        Trial("in between", other_chain, ("CONTRACT_MISMATCH",)),
    ]


# Old answers


class Stale:
    """Answers as the chain was at an earlier block."""

    def __init__(self, honest: ChainClient, number: int) -> None:
        self._honest = honest
        self._number = number

    def install(self, proxy: Proxy) -> None:
        """Have a proxy answer so; what is sent is passed on."""
        for method in ("eth_call", "eth_getTransactionCount", "eth_getBalance"):
            proxy.swallowed[method] = partial(self._then, method)
        for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
            proxy.lies[method] = self._known
        proxy.lies["eth_getBlockByNumber"] = self._block
        proxy.lies["eth_blockNumber"] = lambda params, truth: hex(self._number)

    def _then(self, method: str, params: list[Any]) -> Any:
        return self._honest.ask(method, params[0], hex(self._number))

    def _known(self, params: list[Any], truth: Any) -> Any:
        number = truth and truth.get("blockNumber")
        return truth if number is not None and int(number, 16) <= self._number else None

    def _block(self, params: list[Any], truth: Any) -> Any:
        named = {"latest": self._number, "finalized": max(0, self._number - 2)}
        number = named.get(params[0])
        if number is None:
            return truth if truth and int(truth["number"], 16) <= self._number else None
        return self._honest.ask("eth_getBlockByNumber", hex(number), False)


def stale(begin: str, stage: Stage, *, liars: int = 1) -> None:
    """Stand still from this moment on, while the chain goes on."""
    stage.submit()
    if begin:
        stage.until(begin)
    newest = stage.honest.block("latest")
    for proxy in stage.proxies[:liars]:
        Stale(stage.honest, newest.number if newest else 0).install(proxy)
    for _ in range(12):
        stage.step(MINUTE)
    stage.submit()
    for _ in range(10):
        stage.step(MINUTE)
        stage.honest.mine(1)


def rolled_back(stage: Stage) -> None:
    """Answer as before the last anchor, which is final."""
    before = stage.honest.block("latest")
    stage.anchored()
    Stale(stage.honest, before.number if before else 0).install(stage.proxy)
    stage.submit()
    while_lying(stage)


def old_answers(setting: Setting) -> list[Trial]:
    """Return endpoints that stand still."""
    begins = ("anchor.signed", "anchor.sent")[: 1 + setting.scale // 100]
    disagree = ("chain.endpoints_disagree",)
    return [
        *(Trial(f"alone, {begin}", partial(stale, begin), ()) for begin in begins),
        Trial("alone, before a final anchor", rolled_back, ("anchor.nonce_used",)),
        Trial("one of two", partial(stale, "anchor.sent"), disagree, endpoints=2),
        Trial("one of three", partial(stale, "anchor.sent"), disagree, endpoints=3),
        Trial("two of three", partial(stale, "anchor.sent", liars=2), disagree, endpoints=3),
    ]


# The final block


def tag_stuck(stage: Stage, *, anchors: int) -> None:
    """Let the finalized tag stand still for two hours while anchors go on."""
    newest = stage.honest.ask("eth_getBlockByNumber", "finalized", False)

    def standing(params: list[Any], truth: Any) -> Any:
        return newest if params[0] == "finalized" else truth

    stage.proxy.lies["eth_getBlockByNumber"] = standing
    before = len(stage.final())
    for _ in range(anchors):
        stage.submit()
        stage.until("anchor.included")
        for _ in range(24 // anchors):
            stage.step(5 * MINUTE)
            stage.honest.mine(1)
    if len(stage.final()) > before:
        stage.wrongs.append("final beyond the tag")


def tag_ahead(stage: Stage) -> None:
    """One of three calls the newest block final."""
    stage.proxy.lies["eth_getBlockByNumber"] = lambda params, truth: (
        stage.honest.ask("eth_getBlockByNumber", "latest", False)
        if params[0] == "finalized"
        else truth
    )
    stage.submit()
    stage.until("anchor.evidence")
    for _ in range(10):
        stage.step()


def tags(setting: Setting) -> list[Trial]:
    """Return finality that stands still, or is told too early."""
    overdue = ("anchor.finality_overdue",)
    counts = (1, 2, 4)[: 1 + 2 * setting.scale // 100]
    return [
        *(Trial(f"stuck, {n} anchors", partial(tag_stuck, anchors=n), overdue) for n in counts),
        Trial("too early by one of three", tag_ahead, (), endpoints=3),
    ]


# Another contract


def other_contract(stage: Stage) -> None:
    """Answer with what stands in another contract of the same code."""
    stage.submit()
    with stage.anvil.client() as client:
        other = client.deploy(stage.anvil.new_account())
    ask = stage.honest.ask

    def called(params: list[Any], truth: Any) -> Any:
        return ask("eth_call", params[0] | {"to": other}, *params[1:])

    stage.proxy.lies["eth_call"] = called
    while_lying(stage, minutes=5)


def other_contracts_proof(stage: Stage) -> None:
    """Prove what stands in another contract of the same code."""
    with stage.anvil.client() as client:
        other = client.deploy(stage.anvil.new_account())

    def proven(params: list[Any], truth: Any) -> Any:
        return stage.honest.ask("eth_getProof", other, *params[1:])

    lied("eth_getProof", proven, stage, begin="anchor.included")


def other_contracts(setting: Setting) -> list[Trial]:
    """Return answers from another contract."""
    del setting
    return [
        Trial("its head", other_contract, ("LOG_NOT_OPENED",)),
        Trial("its proof", other_contracts_proof, ("anchor.evidence_unavailable",)),
    ]


ROWS: tuple[tuple[str, Callable[[Setting], list[Trial]]], ...] = (
    ("an endpoint lies about receipts", receipts),
    ("an endpoint lies about the contract's head", heads),
    ("an endpoint lies in proofs and headers", proofs),
    ("an endpoint serves another chain", chain_ids),
    ("an endpoint gives old answers", old_answers),
    ("the finalized tag is stuck, or early", tags),
    ("an endpoint answers from a second contract", other_contracts),
)
ATTACKS: tuple[Attack, ...] = tuple(row(name, trials) for name, trials in ROWS)
