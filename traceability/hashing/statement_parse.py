"""Reading statements strictly: exact members, types and ranges; the canonical form only.

Source: docs/formats.md, sections "statement" and "entry and log".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.envelope import MAX_ENTRY_BYTES
from traceability.hashing.members import Members, StatementInvalid
from traceability.hashing.signatures import ALGS, KEY_BYTES
from traceability.hashing.statement_types import (
    ALL_RECORDS,
    CUSTODIES,
    ERASED,
    ERASURE_BASES,
    PARTICIPANT_BYTES,
    REQUESTER_BYTES,
    REVOCATION_REASONS,
    ROLES,
    STATUS_KINDS,
    STATUS_REASONS,
    SUITE,
    BatchStatement,
    Erasure,
    Genesis,
    Header,
    KeyRegister,
    KeyRevoke,
    PublicKey,
    Ranges,
    Replacement,
    ScoreStatement,
    Seen,
    SignedStatement,
    Statement,
    StateStatement,
    StatusStatement,
    Succeeds,
)
from traceability.strict_json import JSONValue

ADDRESS = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
PREFIX = re.compile(r"[0-9]{1,12}", re.ASCII)
VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}", re.ASCII)


def parse_statement(payload: bytes) -> Statement:
    """Return the statement in a payload.

    Raises
    ------
    StatementInvalid
        A member is missing, unknown, of another type or out of range.
    """
    return _statement(parse_canonical(payload, max_bytes=MAX_ENTRY_BYTES))


def sound_payload(statement: SignedStatement) -> bytes:
    """Return the JCS payload of a statement that is about to be signed.

    Raises
    ------
    StatementInvalid
        It is not one that any verifier would read back: it would stay in the log for ever.
    """
    value = statement.to_json()
    _statement(value)
    payload = canonicalize(value)
    if len(payload) > MAX_ENTRY_BYTES:
        raise StatementInvalid(
            "statement is too long", expected=f"at most {MAX_ENTRY_BYTES}", got=str(len(payload))
        )
    return payload


def _statement(value: JSONValue) -> Statement:
    members = Members(value)
    if members.take("suite") != SUITE:
        raise members.fault("suite", f"is unknown: expected {SUITE}")
    kind = members.take("type")
    if kind == Genesis.type:
        statement: Statement = _genesis(members)
    else:
        read = _READERS.get(kind) if isinstance(kind, str) else None
        if read is None:
            raise members.fault("type", "is unknown")
        statement = read(members, _header(members))
    members.end()
    return statement


def _header(members: Members) -> Header:
    return Header(
        log=members.data("log"),
        key=members.data("key"),
        sequence=members.number("sequence"),
        previous=members.data("previous"),
        claimed_time=members.time("claimed_time"),
    )


def _public_key(members: Members, name: str) -> PublicKey:
    # A log's own keys: verifiers everywhere know Ed25519.
    part = members.members(name)
    key = PublicKey(part.one_of("alg", ("ed25519",)), part.data("public_key"))
    part.end()
    return key


def _genesis(members: Members) -> Genesis:
    succeeds = None
    if members.has("succeeds"):
        part = members.members("succeeds")
        succeeds = Succeeds(
            part.data("log"), part.number("tree_size", least=1), part.data("root_hash")
        )
        part.end()
    return Genesis(
        chain_id=members.number("chain_id", least=1),
        contract=members.text("contract", ADDRESS),
        opener=members.text("opener", ADDRESS),
        log_key=_public_key(members, "log_key"),
        registrar_key=_public_key(members, "registrar_key"),
        succeeds=succeeds,
    )


def _key(members: Members, header: Header) -> KeyRegister | KeyRevoke:
    if members.one_of("action", ("register", "revoke")) == "revoke":
        return KeyRevoke(
            header=header,
            target=members.data("target"),
            until_reason=members.one_of("until_reason", REVOCATION_REASONS),
            suspect_from=members.number("suspect_from") if members.has("suspect_from") else None,
        )
    scopes = members.members("scopes")
    roles = scopes.texts("roles", CODE)
    if not roles or not set(roles) <= set(ROLES):
        raise scopes.fault("roles", f"are unknown: expected some of {', '.join(ROLES)}")
    prefixes = scopes.texts("prefixes", PREFIX)
    scopes.end()
    alg = members.one_of("alg", ALGS)
    return KeyRegister(
        header=header,
        alg=alg,
        public_key=members.data("public_key", KEY_BYTES[alg]),
        participant=members.data("participant", PARTICIPANT_BYTES),
        custody=members.one_of("custody", CUSTODIES),
        roles=roles,
        prefixes=prefixes,
        card=members.data("card"),
    )


def _batch(members: Members, header: Header) -> BatchStatement:
    seen = members.members("seen")
    head = Seen(seen.number("tree_size", least=1), seen.data("root_hash"))
    seen.end()
    return BatchStatement(
        header=header,
        participant=members.data("participant", PARTICIPANT_BYTES),
        seen=head,
        record_count=members.number("record_count", least=1),
        batch_root=members.data("batch_root"),
    )


def _status(members: Members, header: Header) -> StatusStatement:
    replacement = None
    if members.has("replacement"):
        part = members.members("replacement")
        replacement = Replacement(part.data("entry"), part.number("record"))
        part.end()
    value = members.take("records")
    whole = type(value) is int and value == ALL_RECORDS
    records = ALL_RECORDS if whole else _ranges(members, "records", value, least=0)
    kind = members.one_of("kind", STATUS_KINDS)
    return StatusStatement(
        header=header,
        entry=members.data("entry"),
        records=records,
        kind=kind,
        reason=members.one_of("reason", STATUS_REASONS),
        replacement=replacement,
        erasure=_erasure(members, kind, records),
    )


def _erasure(members: Members, kind: str, records: Ranges | int) -> Erasure | None:
    """Read what only an erasure has; of several records no single fields can be meant."""
    if kind != ERASED:
        return None
    part = members.members("erasure")
    fields = None
    if part.has("fields"):
        fields = _ranges(part, "fields", part.take("fields"), least=1)
        if isinstance(records, int) or len(records) != 1 or records[0][0] != records[0][1]:
            raise part.fault("fields", "are of several records: expected exactly one record")
    erasure = Erasure(
        part.data("requester", REQUESTER_BYTES), part.one_of("basis", ERASURE_BASES), fields
    )
    part.end()
    return erasure


def _ranges(members: Members, name: str, value: JSONValue, *, least: int) -> Ranges:
    whole = "-1 or " if name == "records" else ""
    fault = members.fault(name, f"are malformed: expected {whole}ascending, disjoint ranges")
    if not isinstance(value, list) or not value:
        raise fault
    ranges: list[tuple[int, int]] = []
    for part in value:
        first, last = _range(part, fault, least)
        # Adjacent ranges would be one range written as two.
        if ranges and first <= ranges[-1][1] + 1:
            raise fault
        ranges.append((first, last))
    return tuple(ranges)


def _range(part: JSONValue, fault: StatementInvalid, least: int) -> tuple[int, int]:
    match part:
        case [int(first), int(last)] if type(first) is int and type(last) is int:
            if least <= first <= last < 2**32:
                return first, last
    raise fault


def _score(members: Members, header: Header) -> ScoreStatement:
    return ScoreStatement(
        header=header,
        policy=members.data("policy"),
        input_size=members.number("input_size", least=1),
        statistics=members.data("statistics"),
        code_version=members.text("code_version", VERSION),
    )


def _state(members: Members, header: Header) -> StateStatement:
    return StateStatement(
        header=header,
        index=members.number("index", least=1),
        previous_state=members.data("previous_state"),
        keys_size=members.number("keys_size"),
        keys_root=members.data("keys_root"),
        status_size=members.number("status_size"),
        status_root=members.data("status_root"),
    )


_READERS: Mapping[str, Callable[[Members, Header], Statement]] = {
    "key": _key,
    "batch": _batch,
    "status": _status,
    "score": _score,
    "state": _state,
}
