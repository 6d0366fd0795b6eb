"""Opening a ledger: keys, contract, genesis, and the log in the contract; each step once.

Steps, each durable before the next: (1) key files; (2) the contract's address; (3) the genesis
entry, which binds chain, contract and keys; (4) `openLog` on the chain; (5) the first head.
A crash between any two leaves a folder from which the next run goes on.
"""

from __future__ import annotations

from typing import Protocol

from traceability.errors import Refused
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, parse_envelope, sign_envelope
from traceability.hashing.statement import (
    Genesis,
    PublicKey,
    entry_leaf_hash,
    log_id,
    parse_statement,
)
from traceability.ledger.clock import Clock
from traceability.ledger.identity import Identity
from traceability.ledger.keyring import Keyring
from traceability.merkle.checkpoint import origin_for
from traceability.store.repositories import Repositories
from traceability.store.store import Store
from traceability.store.times import to_milliseconds

DUPLICATE_KEY_BYTES = 32


class OpeningChain(Protocol):
    """What opening a log asks of the chain."""

    def chain_id(self) -> int:
        """Return the chain's id."""

    def registry_address(self) -> str:
        """Return the contract's address, deploying it where none is configured."""

    def opener(self) -> str:
        """Return the address that opens the log and will publish its heads."""

    def is_open(self, log: bytes) -> bool:
        """Tell whether the contract knows the log."""

    def open_log(self, genesis_leaf_hash: bytes) -> bytes:
        """Open the log and return its id."""


class OtherLedger(Refused):
    """The data folder holds another ledger than the settings name."""

    code = "OTHER_LEDGER"


def load_identity(store: Store, keyring: Keyring) -> Identity | None:
    """Return the ledger of an opened data folder; None where opening is not complete."""
    with store.reading() as repositories:
        if repositories.meta.get("opened") is None:
            return None
        return _identity(repositories, keyring)


def open_identity(
    store: Store, keyring: Keyring, *, chain: OpeningChain, host: str, clock: Clock
) -> Identity:
    """Open a new ledger, or go on with an opening that was interrupted."""
    with store.lock("opening"):
        known = load_identity(store, keyring)
        if known is not None:
            return known
        log_key = keyring.named("log", create=True)
        registrar_key = keyring.named("registrar", create=True)
        keyring.secret("duplicate", create=DUPLICATE_KEY_BYTES)
        _remember_contract(store, chain)
        with store.unit_of_work() as work:
            if work.repositories.meta.get("log") is None:
                genesis = _genesis(work.repositories, log_key.public_key, registrar_key.public_key)
                envelope = sign_envelope(
                    STATEMENT_TYPE, genesis.to_payload(), [log_key, registrar_key]
                )
                _keep_genesis(work.repositories, envelope, genesis, host=host, clock=clock)
                for key in (log_key, registrar_key):
                    work.repositories.keys.start_chain(key.key_id, ZERO_HASH)
                work.commit()
        return _open_on_chain(store, keyring, chain)


def adopt_identity(
    store: Store, keyring: Keyring, envelope: Envelope, *, origin: str, clock: Clock
) -> Identity:
    """Take up a log that is open already, from its genesis entry, in an empty store.

    Raises
    ------
    KeyNotHeld, OtherLedger
        The folder holds no keys, or those of another log: nothing could be written.
    """
    genesis = parse_statement(envelope.payload)
    if not isinstance(genesis, Genesis):
        raise OtherLedger("entry 0 of the log is not a genesis")
    held = {"log": genesis.log_key, "registrar": genesis.registrar_key}
    for name, key in held.items():
        if keyring.named(name).public_key != key.public_key:
            raise OtherLedger(f"key file {name!r} is not that of the log: bring back its keys")
    keyring.secret("duplicate", create=DUPLICATE_KEY_BYTES)
    host = origin.split("/log/", 1)[0]
    with store.unit_of_work() as work:
        meta = work.repositories.meta
        meta.put("chain_id", str(genesis.chain_id).encode())
        meta.put("contract", genesis.contract.encode())
        meta.put("opener", genesis.opener.encode())
        _keep_genesis(work.repositories, envelope, genesis, host=host, clock=clock)
        for name in held:
            work.repositories.keys.start_chain(keyring.named(name).key_id, ZERO_HASH)
        meta.put("opened", b"1")
        work.commit()
    with store.reading() as repositories:
        return _identity(repositories, keyring)


def _remember_contract(store: Store, chain: OpeningChain) -> None:
    with store.reading() as repositories:
        if repositories.meta.get("contract") is not None:
            return
    address = chain.registry_address()
    with store.unit_of_work() as work:
        meta = work.repositories.meta
        meta.put("chain_id", str(chain.chain_id()).encode())
        meta.put("contract", address.lower().encode())
        meta.put("opener", chain.opener().lower().encode())
        work.commit()


def _text(repositories: Repositories, name: str) -> str:
    value = repositories.meta.get(name)
    if value is None:
        raise OtherLedger(f"data folder has no {name}: it was opened by something else")
    return value.decode()


def _genesis(repositories: Repositories, log_key: bytes, registrar_key: bytes) -> Genesis:
    return Genesis(
        chain_id=int(_text(repositories, "chain_id")),
        contract=_text(repositories, "contract"),
        opener=_text(repositories, "opener"),
        log_key=PublicKey("ed25519", log_key),
        registrar_key=PublicKey("ed25519", registrar_key),
        succeeds=None,
    )


def _keep_genesis(
    repositories: Repositories, envelope: Envelope, genesis: Genesis, *, host: str, clock: Clock
) -> None:
    leaf_hash = entry_leaf_hash(envelope)
    log = log_id(
        chain_id=genesis.chain_id,
        contract=genesis.contract,
        opener=genesis.opener,
        genesis_leaf_hash=leaf_hash,
    )
    repositories.entries.add(
        leaf_hash=leaf_hash,
        type="genesis",
        key_id=None,
        sequence=None,
        envelope=envelope.to_bytes(),
        received=to_milliseconds(clock()),
    )
    repositories.meta.put("genesis", leaf_hash)
    repositories.meta.put("log", log)
    repositories.meta.put("origin", origin_for(host, log).encode())


def _open_on_chain(store: Store, keyring: Keyring, chain: OpeningChain) -> Identity:
    with store.reading() as repositories:
        identity = _identity(repositories, keyring)
    if not chain.is_open(identity.log):
        opened = chain.open_log(entry_leaf_hash(identity.genesis_envelope))
        if opened != identity.log:
            raise OtherLedger(
                f"contract opened another log: expected {identity.log.hex()[:16]}, "
                f"got {opened.hex()[:16]}"
            )
    with store.unit_of_work() as work:
        work.repositories.meta.put("opened", b"1")
        work.commit()
    return identity


def _identity(repositories: Repositories, keyring: Keyring) -> Identity:
    log = repositories.meta.get("log")
    genesis_hash = repositories.meta.get("genesis")
    row = None if genesis_hash is None else repositories.entries.by_leaf_hash(genesis_hash)
    if log is None or row is None:
        raise OtherLedger("data folder holds no genesis entry")
    envelope = parse_envelope(row.envelope)
    genesis = parse_statement(envelope.payload)
    if not isinstance(genesis, Genesis):
        raise OtherLedger("entry 0 of the data folder is not a genesis")
    log_key, registrar_key = keyring.named("log"), keyring.named("registrar")
    held = (log_key.public_key, registrar_key.public_key)
    if held != (genesis.log_key.public_key, genesis.registrar_key.public_key):
        raise OtherLedger("key files are not those of the log: bring back its keys")
    return Identity(
        log=log,
        origin=_text(repositories, "origin"),
        genesis=genesis,
        genesis_envelope=envelope,
        log_key=log_key,
        registrar_key=registrar_key,
        duplicate_key=keyring.secret("duplicate"),
    )
