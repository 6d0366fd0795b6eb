"""Signatures of wallets that count, each way to be almost one, and keys in their one form."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from eth_hash.auto import keccak

from tests.support.vectors.envelope_cases import PAYLOAD, RECEIPT, SEEDS, STATEMENT, pae
from tests.support.vectors.plain import b64, b64u, h, jcs, seeded
from tests.support.vectors.wallet_curve import BASE, N, P, digest_of, low, signed, word, y_of

ALG = "secp256k1-eip712"
KEY, SIGNED = "PUBLIC_KEY_INVALID", "SIGNATURE_INVALID"
SECRET = int.from_bytes(seeded("wallet"), "big") % N
POINT = BASE.times(SECRET)
PUBLIC = POINT.compressed()
NONCE = int.from_bytes(seeded("wallet nonce"), "big") % N
DIGEST = digest_of(STATEMENT, PAYLOAD)
R, S = signed(SECRET, DIGEST, NONCE)
GOOD = word(R) + word(low(S))


def content() -> dict[str, Any]:
    return {
        "source": "SEC 1, EIP-2, EIP-712; docs/formats.md, section 'statement'",
        "alg": ALG,
        "digests": [
            {"payload_type": kind, "payload": payload.hex(), "digest": digest.hex()}
            for kind, payload in ((STATEMENT, PAYLOAD), (RECEIPT, b""), (STATEMENT, "货".encode()))
            for digest in (digest_of(kind, payload),)
        ],
        "signatures": [*_good(), *_forms(), *_ranges(), *_others(), *_domains()],
        "keys": _keys(),
        "envelopes": _envelopes(),
    }


def _case(name: str, sig: bytes, code: str, **changes: Any) -> dict[str, Any]:
    case = {"public_key": PUBLIC, "payload_type": STATEMENT, "payload": PAYLOAD} | changes
    shown = {name: v.hex() if isinstance(v, bytes) else v for name, v in case.items()}
    return {"name": name, **shown, "signature": sig.hex(), "ok": not code, "code": code}


def _by(digest: bytes, *, secret: int = SECRET, nonce: int = NONCE) -> bytes:
    r, s = signed(secret, digest, nonce)
    return word(r) + word(low(s))


def _good() -> list[dict[str, Any]]:
    chinese = '{"name":"货"}'.encode()
    odd = next(k for k in range(2, 99) if BASE.times(k).y % 2)
    even = next(k for k in range(2, 99) if BASE.times(k).y % 2 == 0)
    return [
        _case("a signature", GOOD, ""),
        _case("text that is not ASCII", _by(digest_of(STATEMENT, chinese)), "", payload=chinese),
        _case("an empty payload", _by(digest_of(STATEMENT, b"")), "", payload=b""),
        _case("a receipt", _by(digest_of(RECEIPT, PAYLOAD)), "", payload_type=RECEIPT),
        _case("a key with an odd y", _by(DIGEST, secret=odd), "",
              public_key=BASE.times(odd).compressed()),
        _case("a key with an even y", _by(DIGEST, secret=even), "",
              public_key=BASE.times(even).compressed()),
        _case("the base point as key", _by(DIGEST, secret=1), "", public_key=BASE.compressed()),
        _case("a nonce of 1", _by(DIGEST, nonce=1), ""),
    ]  # fmt: skip


def _forms() -> list[dict[str, Any]]:
    r, s = R, low(S)
    recovery = bytes((BASE.times(NONCE).y % 2 ^ (s != S),))
    return [
        _case("the larger s", word(r) + word(N - s), SIGNED),
        _case("a recovery number appended", GOOD + recovery, SIGNED),
        _case("27 and the recovery number appended", GOOD + bytes((27 + recovery[0],)), SIGNED),
        _case("DER", encode_dss_signature(r, s), SIGNED),
        _case("63 bytes", GOOD[:63], SIGNED),
        _case("65 bytes, a zero in front", b"\x00" + GOOD, SIGNED),
        _case("no signature", b"", SIGNED),
        _case("r and s exchanged", word(s) + word(r), SIGNED),
        _case("little-endian", word(r)[::-1] + word(s)[::-1], SIGNED),
    ]


def _ranges() -> list[dict[str, Any]]:
    r, s = R, low(S)
    numbers = (
        ("r is 0", 0, s),
        ("s is 0", r, 0),
        ("both are 0", 0, 0),
        ("r is the group order", N, s),
        ("s is the group order", r, N),
        ("r is the largest number", 2**256 - 1, s),
        ("s is the largest number", r, 2**256 - 1),
        ("s is just over half the order", r, N // 2 + 1),
        ("s is half the order, of nothing", r, N // 2),
        ("r is 1, of nothing", 1, s),
        ("s plus 1", r, s + 1),
        ("r plus 1", r + 1, s),
    )
    return [_case(name, word(r) + word(s), SIGNED) for name, r, s in numbers]


def _others() -> list[dict[str, Any]]:
    raw = jcs({"payload": PAYLOAD.decode(), "payloadType": STATEMENT})
    personal = keccak(b"\x19Ethereum Signed Message:\n%d%b" % (len(PAYLOAD), PAYLOAD))
    other = BASE.times(SECRET + 1).compressed()
    negated = bytes((PUBLIC[0] ^ 1,)) + PUBLIC[1:]
    binary = b"\xff" + PAYLOAD
    return [
        _case("another payload", GOOD, SIGNED, payload=PAYLOAD + b" "),
        _case("another payload type", GOOD, SIGNED, payload_type=RECEIPT),
        _case("another key", GOOD, SIGNED, public_key=other),
        _case("the key with the other y", GOOD, SIGNED, public_key=negated),
        _case("DSSE's encoding in place of typed data",
              _by(keccak(pae(STATEMENT, PAYLOAD))), SIGNED),
        _case("DSSE's encoding under SHA-256", _by(h(pae(STATEMENT, PAYLOAD))), SIGNED),
        _case("a personal message", _by(personal), SIGNED),
        _case("JSON in place of typed data", _by(keccak(raw)), SIGNED),
        _case("a payload that is no text", _by(digest_of(STATEMENT, binary)), SIGNED,
              payload=binary),
    ]  # fmt: skip


def _domains() -> list[dict[str, Any]]:
    """Typed data that other programs could get signed."""
    name, version = ("string", "name", keccak(b"ItemProof")), ("string", "version", keccak(b"1"))
    domains = (
        ("another name", (("string", "name", keccak(b"itemproof")), version)),
        ("another version", (name, ("string", "version", keccak(b"2")))),
        ("no version", (name,)),
        ("a chain id", (name, version, ("uint256", "chainId", word(1)))),
        ("a contract", (name, version, ("address", "verifyingContract", word(1)))),
        ("members in another order", (version, name)),
    )
    cases = [
        _case(f"domain: {what}", _by(digest_of(STATEMENT, PAYLOAD, domain=domain)), SIGNED)
        for what, domain in domains
    ]
    for what, statement in (
        ("another type name", "Entry(string payloadType,string payload)"),
        ("payload as bytes", "Statement(string payloadType,bytes payload)"),
        ("members in another order", "Statement(string payload,string payloadType)"),
    ):
        digest = digest_of(STATEMENT, PAYLOAD, statement=statement)
        cases.append(_case(f"struct: {what}", _by(digest), SIGNED))
    return cases


def _keys() -> list[dict[str, Any]]:
    no_point = next(x for x in range(2, 99) if y_of(x) is None)
    small = next(x for x in range(1, 99) if y_of(x) is not None)
    good = (
        ("a key", PUBLIC),
        ("its negative", bytes((PUBLIC[0] ^ 1,)) + PUBLIC[1:]),
        ("the base point", BASE.compressed()),
        ("a small x", b"\x02" + word(small)),
    )
    bad = (
        ("uncompressed", POINT.uncompressed()),
        ("uncompressed, without its first byte", POINT.uncompressed()[1:]),
        ("hybrid", bytes((6 + POINT.y % 2,)) + POINT.uncompressed()[1:]),
        ("x only", PUBLIC[1:]),
        ("not on the curve", b"\x02" + word(no_point)),
        ("x is not reduced", b"\x02" + word(P + small)),
        ("x is the field's order", b"\x02" + word(P)),
        ("the largest x", b"\x03" + bytes([255]) * 32),
        ("x is 0", b"\x02" + bytes(32)),
        ("infinity", b"\x00"),
        ("infinity, padded", bytes(33)),
        ("compressed with another first byte", b"\x05" + PUBLIC[1:]),
        ("uncompressed's first byte on 33 bytes", b"\x04" + PUBLIC[1:]),
        ("34 bytes", PUBLIC + b"\x00"),
        ("nothing", b""),
    )
    return [
        *({"name": name, "public_key": key.hex(), "ok": True, "code": ""} for name, key in good),
        *({"name": name, "public_key": key.hex(), "ok": False, "code": KEY} for name, key in bad),
    ]


def _envelopes() -> list[dict[str, Any]]:
    """Envelopes of both schemes, and keys that pass as one of the other."""
    author = Ed25519PrivateKey.from_private_bytes(SEEDS[0])
    own = author.public_key().public_bytes_raw()
    own_sig = author.sign(pae(STATEMENT, PAYLOAD))
    edwards, wallet = ("ed25519", own), (ALG, PUBLIC)
    cases: tuple[tuple[str, list[tuple[tuple[str, bytes], bytes]], list[tuple[str, bytes]], str],
                 ...] = (
        ("a wallet alone", [(wallet, GOOD)], [wallet], ""),
        ("registrar and wallet", [(edwards, own_sig), (wallet, GOOD)], [edwards, wallet], ""),
        ("a wallet's key under the other scheme's id",
         [(("ed25519", PUBLIC), GOOD)], [wallet], "SIGNERS_INVALID"),
        ("an Ed25519 key under the wallet's id",
         [((ALG, own), own_sig)], [edwards], "SIGNERS_INVALID"),
        ("a wallet's key as one of Ed25519",
         [(("ed25519", PUBLIC), GOOD)], [("ed25519", PUBLIC)], KEY),
        ("an Ed25519 key as a wallet's", [((ALG, own), own_sig)], [(ALG, own)], KEY),
        ("an Ed25519 signature by a wallet's key", [(wallet, own_sig)], [wallet], SIGNED),
        ("a wallet's signature by an Ed25519 key", [(edwards, GOOD)], [edwards], SIGNED),
        ("a scheme that nobody knows", [(("p256", PUBLIC), GOOD)], [("p256", PUBLIC)],
         "SCHEME_UNKNOWN"),
        ("the scheme's name in capitals", [((ALG.upper(), PUBLIC), GOOD)],
         [(ALG.upper(), PUBLIC)], "SCHEME_UNKNOWN"),
        ("no scheme", [(("", PUBLIC), GOOD)], [("", PUBLIC)], "SCHEME_UNKNOWN"),
    )  # fmt: skip
    return [
        {
            "name": name,
            "text": _envelope(signatures),
            "keys": [{"alg": alg, "public_key": key.hex()} for alg, key in keys],
            "ok": not code,
            "code": code,
        }
        for name, signatures, keys, code in cases
    ]


def _envelope(signatures: list[tuple[tuple[str, bytes], bytes]]) -> str:
    return jcs(
        {
            "payload": b64(PAYLOAD),
            "payloadType": STATEMENT,
            "signatures": [
                {"keyid": b64u(h(alg.encode() + b"\x00" + key)), "sig": b64(sig)}
                for (alg, key), sig in signatures
            ],
        }
    ).decode()
