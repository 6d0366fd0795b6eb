"""Signatures that count, and each way to be almost one; keys that may be registered or not."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.vectors.curve import (
    BASE,
    IDENTITY,
    L,
    P,
    Point,
    challenge,
    encoding,
    secret_scalar,
    signature,
    small_order_points,
    x_of,
)
from tests.support.vectors.plain import seeded

# RFC 8032, section 7.1: seed, public key, message, signature.
RFC = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)
KEY, SIGNED = "PUBLIC_KEY_INVALID", "SIGNATURE_INVALID"
SEED = seeded("ed25519 vectors")
A = secret_scalar(SEED)
PUBLIC = BASE.times(A)
MESSAGE = b"itemproof"
SMALL = small_order_points()


def _case(name: str, key: bytes, sig: bytes, code: str, message: bytes = MESSAGE) -> dict[str, Any]:
    return {
        "name": name,
        "public_key": key.hex(),
        "message": message.hex(),
        "signature": sig.hex(),
        "ok": not code,
        "code": code,
    }


def content() -> dict[str, Any]:
    return {
        "source": "RFC 8032, sections 5.1 and 7.1; docs/formats.md, section 'statement'",
        "seeds": [{"seed": seed, "public_key": key} for seed, key, _, _ in RFC],
        "signatures": [*_published(), *_changed(), *_small_keys(), *_small_r(), *_mixed()],
        "keys": _keys(),
    }


def _published() -> list[dict[str, Any]]:
    return [
        _case(
            f"RFC 8032, test {number}",
            bytes.fromhex(key),
            bytes.fromhex(sig),
            "",
            bytes.fromhex(message),
        )
        for number, (_, key, message, sig) in enumerate(RFC, start=1)
    ]


def _changed() -> list[dict[str, Any]]:
    key = PUBLIC.encoded()
    sig = Ed25519PrivateKey.from_private_bytes(SEED).sign(MESSAGE)
    r, s = sig[:32], int.from_bytes(sig[32:], "little")
    other = BASE.times(A + 1).encoded()
    not_a_point = next(y for y in range(2, 100) if x_of(y) is None)
    return [
        _case("a signature", key, sig, ""),
        _case("another message", key, sig, SIGNED, b"itemproov"),
        _case("another key", other, sig, SIGNED),
        _case("a flipped bit of R", key, bytes((sig[0] ^ 1,)) + sig[1:], SIGNED),
        _case("a flipped bit of S", key, sig[:32] + bytes((sig[32] ^ 1,)) + sig[33:], SIGNED),
        _case("S plus the group order", key, signature(r, s + L), SIGNED),
        _case("S plus eight times the group order", key, signature(r, s + 8 * L), SIGNED),
        _case("S is the group order", key, signature(r, L), SIGNED),
        _case("the largest S", key, signature(r, 2**256 - 1), SIGNED),
        _case("R with the other sign", key, sig[:31] + bytes((sig[31] ^ 128,)) + sig[32:], SIGNED),
        _case("a signature of 63 bytes", key, sig[:63], SIGNED),
        _case("a signature of 65 bytes", key, sig + b"\x00", SIGNED),
        _case("no signature", key, b"", SIGNED),
        _case("a key of 31 bytes", key[:31], sig, KEY),
        _case("a key of 33 bytes", key + b"\x00", sig, KEY),
        _case("a key that is no point", encoding(not_a_point, 0), sig, SIGNED),
        _case("a key whose y is not reduced", encoding(P + 3, 0), sig, KEY),
    ]


def _small_keys() -> list[dict[str, Any]]:
    """Keys of small order: a lax verifier accepts S = 0 and R = A or the identity."""
    everything = signature(IDENTITY.encoded(), 0)
    cases = [
        _case(f"a key of small order, {power}", point.encoded(), everything, KEY)
        for power, point in enumerate(SMALL)
    ]
    cases += [
        _case(f"a key of small order as its own R, {power}", point.encoded(),
              signature(point.encoded(), 0), KEY)
        for power, point in enumerate(SMALL)
    ]  # fmt: skip
    cases += [
        _case(f"a key of small order, y unreduced: {y - P} + p, sign {sign}", encoding(y, sign),
              everything, KEY)
        for y in (P, P + 1) for sign in (0, 1)
    ]  # fmt: skip
    cases += [
        _case(f"a key with x = 0 and a sign, y = {name}", encoding(y, 1), everything, KEY)
        for name, y in (("1", 1), ("-1", P - 1))
    ]
    return cases


def _small_r() -> list[dict[str, Any]]:
    """R of small order: with the identity, S = k a satisfies the equation itself."""
    cases = []
    for name, r in (
        *((f"{power}", point.encoded()) for power, point in enumerate(SMALL)),
        ("unreduced 1 + p", encoding(P + 1, 0)),
        ("unreduced 0 + p", encoding(P, 0)),
        ("1 with a sign", encoding(1, 1)),
    ):
        s = challenge(r, PUBLIC.encoded(), MESSAGE) * A % L
        case = _case(f"R of small order, {name}", PUBLIC.encoded(), signature(r, s), SIGNED)
        cases.append(case)
    return cases


def _mixed() -> list[dict[str, Any]]:
    """Points with a small part, on which checks with and without cofactor differ."""
    torsion = SMALL[1]
    nonce = 12345
    r, mixed_key = BASE.times(nonce), (PUBLIC + torsion).encoded()
    with_remainder = _message(r, mixed_key, lambda k: k % 8 != 0)
    without_remainder = _message(r, mixed_key, lambda k: k % 8 == 0)

    def signed(point: Point, key: bytes, message: bytes) -> bytes:
        k = challenge(point.encoded(), key, message)
        return signature(point.encoded(), (nonce + k * A) % L)

    mixed_r = r + torsion
    return [
        _case("a key with a small part, true only with cofactor", mixed_key,
              signed(r, mixed_key, with_remainder), SIGNED, with_remainder),
        _case("a key with a small part that falls away", mixed_key,
              signed(r, mixed_key, without_remainder), "", without_remainder),
        _case("an R with a small part, true only with cofactor", PUBLIC.encoded(),
              signed(mixed_r, PUBLIC.encoded(), MESSAGE), SIGNED),
    ]  # fmt: skip


def _message(r: Point, key: bytes, is_wanted: Any) -> bytes:
    number = 0
    while not is_wanted(challenge(r.encoded(), key, b"%d" % number)):
        number += 1
    return b"%d" % number


def _keys() -> list[dict[str, Any]]:
    """Public keys as they are registered: no point at all is refused there too."""
    not_a_point = next(y for y in range(2, 100) if x_of(y) is None)
    good = [("a key", PUBLIC.encoded()), ("a key with a small part", (PUBLIC + SMALL[1]).encoded())]
    bad = [
        *((f"small order, {power}", point.encoded()) for power, point in enumerate(SMALL)),
        ("the identity with a sign", encoding(1, 1)),
        ("unreduced identity", encoding(P + 1, 0)),
        ("unreduced y", encoding(P + 3, 1)),
        ("the largest y", encoding(2**255 - 1, 0)),
        ("no point", encoding(not_a_point, 0)),
        ("no point, with a sign", encoding(not_a_point, 1)),
        ("31 bytes", PUBLIC.encoded()[:31]),
        ("nothing", b""),
    ]
    return [
        *({"name": name, "public_key": key.hex(), "ok": True, "code": ""} for name, key in good),
        *({"name": name, "public_key": key.hex(), "ok": False, "code": KEY} for name, key in bad),
    ]
