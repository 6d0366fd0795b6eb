"""From settings and a data folder to an open node; everything opened here is closed here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ledger_api.settings import Settings
from ledger_api.statuses import LedgerMissing
from traceability.chain.accounts import (
    Account,
    account_in,
    address_of,
    publisher_of,
)
from traceability.chain.anchoring import Anchorer, AnchorPolicy
from traceability.chain.client import ChainClient
from traceability.chain.devchain import DevChain, SharedDevChain
from traceability.chain.faults import ContractMismatch
from traceability.chain.fees import FeeMode
from traceability.chain.planning import LogIdentity
from traceability.chain.registry import artifact
from traceability.chain.sender import Sender
from traceability.chain.values import Finality
from traceability.errors import Refused
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource
from traceability.ledger.clock import system_clock
from traceability.ledger.gate import RESTORED, ChainHead, KnownHead
from traceability.ledger.identity import Identity
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import ChainNotConfigured, Node, anchored_head
from traceability.ledger.opening import load_identity, open_identity
from traceability.ledger.rehashing import keep_event_hashes_current
from traceability.ledger.reindexing import keep_attributes_current
from traceability.ledger.trust import TrustFileUnwritable
from traceability.store.anchor_store import StoredAnchors
from traceability.store.store import Store

logger = logging.getLogger(__name__)

# "required": a chain for every command that anchors. "opening": only to open a new ledger.
# "existing": a ledger that is there already, and no chain.
Need = Literal["required", "opening", "existing"]


class OtherLog(Refused):
    """The settings name another log than the data folder holds."""

    code = "OTHER_LOG"


# How long a command that writes waits for the chain's head, before it does without.
GATE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain that this process may use."""

    client: ChainClient
    account: Account
    policy: AnchorPolicy
    # None on an embedded chain: its account is this folder's alone.
    locks: Path | None

    def sender(self, log: bytes) -> Sender | None:
        """Return what keeps other ledgers of this machine from sending meanwhile."""
        if self.locks is None:
            return None
        return Sender(self.locks, address=address_of(self.account), log_id=log)


@contextmanager
def open_node(
    settings: Settings, data_dir: Path, *, need: Need = "required", owns_chain: bool = True
) -> Iterator[Node]:
    """Open the node of a data folder, opening a new ledger on first use.

    Parameters
    ----------
    owns_chain
        Start the embedded chain, and stop it; otherwise the process that started this one does.

    Raises
    ------
    ChainUnavailable
        A new ledger has to be opened, and the chain does not answer.
    """
    if need == "existing":
        require_ledger(settings, data_dir)
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(settings.database(data_dir), data_dir))
        keyring = open_keyring(settings, data_dir)
        identity = load_identity(store, keyring)
        chain = None
        if identity is None and need == "existing":
            raise _missing(data_dir)
        if need == "required" or identity is None:
            embedded = None
            if not settings.rpc_urls:
                embedded = _embedded(stack, settings, data_dir, owns_chain=owns_chain)
            chain = _open_chain(stack, settings, store, keyring=keyring, embedded=embedded)
        if identity is None:
            if chain is None:
                raise AssertionError("a new ledger has a chain")
            identity = open_identity(
                store,
                keyring,
                chain=_Opening(chain, settings),
                host=urlsplit(settings.base_url).netloc,
                clock=system_clock,
            )
        _check_log(settings, identity)
        yield _node(store, identity, settings, data_dir=data_dir, keyring=keyring, chain=chain)


def require_ledger(settings: Settings, data_dir: Path) -> None:
    """Refuse a folder without a ledger, before anything is made in it.

    Raises
    ------
    LedgerMissing
    """
    if settings.database_url is None and not (data_dir / "ledger.sqlite").exists():
        raise _missing(data_dir)


def _missing(data_dir: Path) -> LedgerMissing:
    return LedgerMissing(f"data folder {str(data_dir)!r} holds no ledger: check --data")


def _open_chain(
    stack: ExitStack,
    settings: Settings,
    store: Store,
    *,
    keyring: Keyring,
    embedded: DevChain | SharedDevChain | None,
) -> _Chain:
    with store.reading() as repositories:
        known = repositories.meta.get("contract")
        chain_id = repositories.meta.get("chain_id")
    contract = settings.contract if known is None else known.decode()
    _check_contract(settings, contract)
    pinned = None if chain_id is None else int(chain_id)
    urls = (embedded.url,) if embedded else settings.rpc_urls
    client = stack.enter_context(
        ChainClient(
            urls,
            contract=contract,
            chain_id=pinned,
            fee_mode=FeeMode(settings.fee_mode),
            finality=Finality.parse(settings.finality),
        )
    )
    account = embedded.account if embedded else _publisher(settings, keyring)
    return _Chain(
        client,
        account,
        policy=AnchorPolicy(
            interval=timedelta(seconds=settings.anchor_interval),
            entries=settings.anchor_entries,
            max_price=settings.max_price,
            mines=embedded is not None,
        ),
        locks=None if embedded else settings.locks,
    )


def _check_contract(settings: Settings, contract: str | None) -> None:
    expected = settings.contract
    if expected is not None and expected.lower() != (contract or "").lower():
        raise ContractMismatch(
            f"data folder's log is in another contract: expected {expected}, got {contract}",
            expected=expected,
            got=contract or "none",
        )


def _embedded(
    stack: ExitStack, settings: Settings, data_dir: Path, *, owns_chain: bool
) -> DevChain | SharedDevChain:
    if owns_chain:
        return stack.enter_context(DevChain(data_dir, anvil=settings.anvil))
    return stack.enter_context(SharedDevChain(data_dir))


def open_keyring(settings: Settings, data_dir: Path, *, encrypt: bool = True) -> Keyring:
    """Return the keys of a data folder; with a passphrase, those that lie plain are encrypted.

    Where no chain is configured, a folder without a passphrase gets one of its own.
    """
    folder = data_dir / "keys"
    source = PassphraseSource(
        folder / OWN_FILE,
        configured=settings.key_passphrase_file,
        makes_own=not settings.rpc_urls,
    )
    keyring = Keyring(folder, source)
    if encrypt and source.kind == "configured" and keyring.files.plain_files():
        _encrypt(keyring)
    return keyring


def _encrypt(keyring: Keyring) -> None:
    try:
        for path in keyring.files.encrypt():
            logger.info("keys.encrypted file=%s", path.name)
    except OSError as error:  # On a read-only disk they stay as they are.
        logger.warning("keys.plain %s", error.strerror)


def _publisher(settings: Settings, keyring: Keyring) -> Account:
    if settings.publisher_key_file is not None:
        return account_in(settings.publisher_key_file, keyring.files)
    return publisher_of(keyring.files)


class _Opening:
    """The chain as `open_identity` asks for it."""

    def __init__(self, chain: _Chain, settings: Settings) -> None:
        self._chain = chain
        self._settings = settings

    def chain_id(self) -> int:
        return self._chain.client.chain_id()

    def registry_address(self) -> str:
        if self._settings.contract is not None:
            self._chain.client.check_contract()
            return self._chain.client.contract
        with self._alone():
            return self._chain.client.deploy(self._chain.account)

    def opener(self) -> str:
        return address_of(self._chain.account)

    def is_open(self, log: bytes) -> bool:
        return self._chain.client.head(log).tree_size > 0

    def open_log(self, genesis_leaf_hash: bytes) -> bytes:
        chain = self._chain
        with self._alone():
            opened = chain.client.open_log(genesis_leaf_hash, self.opener(), chain.account)
        return opened.log_id

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only sender from the account, with nothing of another ledger in flight."""
        sender = self._chain.sender(b"")
        if sender is None:
            yield
            return
        with sender.holding():
            client = self._chain.client
            sender.check_free(client.nonce(self.opener()), chain_id=client.chain_id())
            yield


def _check_log(settings: Settings, identity: Identity) -> None:
    expected = settings.log_id
    if expected is not None and expected.lower().removeprefix("0x") != identity.log.hex():
        raise OtherLog(
            f"data folder holds another log: expected {expected[:16]}, "
            f"got {identity.log.hex()[:16]}"
        )


def _node(
    store: Store,
    identity: Identity,
    settings: Settings,
    *,
    data_dir: Path,
    keyring: Keyring,
    chain: _Chain | None,
) -> Node:
    keep_event_hashes_current(store, identity.duplicate_key)
    keep_attributes_current(store)
    anchorer = None
    if chain is not None:
        anchorer = Anchorer(
            chain.client,
            StoredAnchors(store),
            log=LogIdentity(identity.log, identity.origin, identity.genesis.log_key.public_key),
            account=chain.account,
            code_hash=artifact().code_hash,
            policy=chain.policy,
            sender=chain.sender(identity.log),
        )
    node = Node(
        store,
        identity,
        data_dir=data_dir,
        keyring=keyring,
        anchorer=anchorer,
        chain=None if chain is None else chain.client,
        ask_chain=None if chain else chain_asked_by(settings, identity, data_dir),
        served_heads=settings.served_heads,
    )
    try:
        node.write_trust()
    except TrustFileUnwritable as error:  # Who only reads needs no newer one.
        logger.warning("trust.unwritten code=%s %s", error.code, error.fault)
    return node


def chain_asked_by(settings: Settings, identity: Identity, data_dir: Path) -> ChainHead | None:
    """Return what asks the chain for the log's head; None where none is configured or needed.

    A restored folder needs one. What an embedded chain left in it proves nothing: without
    endpoints any command that anchors starts one.
    """
    if not settings.rpc_urls and not (data_dir / RESTORED).exists():
        return None

    def ask() -> KnownHead | None:
        if not settings.rpc_urls:
            raise ChainNotConfigured("no chain is configured: its head cannot be asked for")
        with ChainClient(
            settings.rpc_urls,
            contract=identity.genesis.contract,
            chain_id=identity.genesis.chain_id,
            timeout_seconds=GATE_SECONDS,
        ) as client:
            return anchored_head(client, identity.log)

    return ask
