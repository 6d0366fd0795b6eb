"""DSSE envelopes: what is signed, and how an envelope is written in exactly one way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.vectors.plain import b64, b64u, h, jcs, leaf, seeded

STATEMENT = "application/vnd.itemproof.statement+json"
RECEIPT = "application/vnd.itemproof.receipt+json"
SEEDS = (seeded("author"), seeded("co-signer"))
PAYLOAD = jcs({"suite": "itemproof-1", "type": "example"})


def public_key(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(seed: bytes) -> bytes:
    return h(b"ed25519\x00" + public_key(seed))


def pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def signed(
    seeds: tuple[bytes, ...] = SEEDS, *, kind: str = STATEMENT, payload: bytes = PAYLOAD
) -> dict[str, Any]:
    """Return a good envelope's JSON."""
    message = pae(kind, payload)
    return {
        "payload": b64(payload),
        "payloadType": kind,
        "signatures": [
            {
                "keyid": b64u(key_id(seed)),
                "sig": b64(Ed25519PrivateKey.from_private_bytes(seed).sign(message)),
            }
            for seed in seeds
        ],
    }


def content() -> dict[str, Any]:
    return {
        "source": "DSSE 1.0.2 (protocol.md, envelope.md); docs/formats.md, section 'statement'",
        "pae": [
            {"payload_type": kind, "payload_hex": payload.hex(), "hex": pae(kind, payload).hex()}
            for kind, payload in (
                ("http://example.com/HelloWorld", b"hello world"),
                (STATEMENT, b""),
                (RECEIPT, b"\x00\xff"),
            )
        ],
        "key_ids": [
            {"public_key": public_key(seed).hex(), "key_id": key_id(seed).hex()} for seed in SEEDS
        ],
        "envelopes": [*_good(), *_bad_forms(), *_bad_signers()],
    }


def _case(name: str, envelope: Any, code: str = "", **other: Any) -> dict[str, Any]:
    text = envelope if isinstance(envelope, str) else jcs(envelope).decode()
    seeds = other.pop("seeds", SEEDS)
    return {
        "name": name,
        "text": text,
        "public_keys": [public_key(seed).hex() for seed in seeds],
        "payload_type": STATEMENT,
        "ok": not code,
        "code": code,
        **other,
    }


def _good() -> list[dict[str, Any]]:
    both, one = signed(), signed(SEEDS[:1])
    return [
        _case("author and co-signer", both, leaf_hash=leaf(jcs(both)).hex()),
        _case("one author", one, seeds=SEEDS[:1], leaf_hash=leaf(jcs(one)).hex()),
        _case("a receipt", signed(kind=RECEIPT), payload_type=RECEIPT),
    ]


def _changed(change: Callable[[Any], Any]) -> dict[str, Any]:
    envelope = copy.deepcopy(signed())
    change(envelope)
    return envelope


def _member(name: str, value: Any) -> dict[str, Any]:
    return _changed(lambda envelope: envelope.update({name: value}))


def _in_signature(name: str, value: Any) -> dict[str, Any]:
    return _changed(lambda envelope: envelope["signatures"][0].update({name: value}))


def _bad_forms() -> list[dict[str, Any]]:
    text = jcs(signed()).decode()
    padded = signed(payload=b"ab")["payload"]  # YWI=
    last = padded[:-2] + "J="
    form = "ENVELOPE_INVALID"

    sig = signed()["signatures"][0]["sig"]
    keyid = signed()["signatures"][0]["keyid"]
    return [
        _case("white space", " " + text, "NOT_CANONICAL"),
        _case("members in another order", '{"signatures":[],"payload":"","payloadType":""}',
              "NOT_CANONICAL"),
        _case("a duplicate member", text[:-1] + ',"payload":""}', "JSON_DUPLICATE_KEY"),
        _case("not an object", "[]", form),
        _case("an unknown member", _member("more", 1), form),
        _case("no payload", {k: v for k, v in signed().items() if k != "payload"}, form),
        _case("no payload type", {k: v for k, v in signed().items() if k != "payloadType"}, form),
        _case("a payload type that is no text", _member("payloadType", 1), form),
        _case("no signatures", _member("signatures", []), form),
        _case("five signatures", _member("signatures", signed()["signatures"] * 3), form),
        _case("signatures that are no list", _member("signatures", {}), form),
        _case("a signature with an unknown member", _in_signature("cert", ""), form),
        _case("a signature without keyid", _changed(lambda e: e["signatures"][0].pop("keyid")),
              form),
        _case("payload without its padding", _member("payload", padded.rstrip("=")),
              "ENCODING_INVALID"),
        _case("payload with unused bits set", _member("payload", last), "ENCODING_INVALID"),
        _case("payload in base64url", _member("payload", "-_-_"), "ENCODING_INVALID"),
        _case("payload with a line break", _member("payload", "YWJj\n"), "ENCODING_INVALID"),
        _case("sig in base64url", _in_signature("sig", "-_" + sig[2:]), "ENCODING_INVALID"),
        _case("keyid with padding", _in_signature("keyid", keyid + "="), "ENCODING_INVALID"),
        _case("keyid in standard base64", _in_signature("keyid", "+/" + keyid[2:]),
              "ENCODING_INVALID"),
        _case("keyid of 31 bytes", _in_signature("keyid", b64u(bytes(31))), "ENCODING_INVALID"),
        _case("more than 4,096 bytes", _member("payload", b64(bytes(3000))), "JSON_TOO_LARGE"),
    ]  # fmt: skip


def _bad_signers() -> list[dict[str, Any]]:
    signers, wrong = "SIGNERS_INVALID", "SIGNATURE_INVALID"
    first, second = signed()["signatures"]

    def with_signatures(*signatures: Any) -> dict[str, Any]:
        return _changed(lambda envelope: envelope.update({"signatures": list(signatures)}))

    other_payload = _changed(lambda envelope: envelope.update({"payload": b64(PAYLOAD + b" ")}))
    return [
        _case("signers in another order", with_signatures(second, first), signers),
        _case("a signer is missing", with_signatures(first), signers),
        _case("one signer twice", with_signatures(first, first), signers),
        _case("a signer too many", with_signatures(first, second, second), signers),
        _case("a signer too many for one", signed(), signers, seeds=SEEDS[:1]),
        _case("signatures exchanged", with_signatures({**first, "sig": second["sig"]}, second),
              wrong),
        _case("an empty signature", with_signatures({**first, "sig": ""}, second), wrong),
        _case("another payload", other_payload, wrong),
        _case("a receipt where a statement is asked for", signed(kind=RECEIPT),
              "ENVELOPE_INVALID"),
        _case("another payload type in the same envelope",
              _changed(lambda envelope: envelope.update({"payloadType": RECEIPT})), wrong,
              payload_type=RECEIPT),
    ]  # fmt: skip
