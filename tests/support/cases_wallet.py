"""Steps 4 and 3 for keys of wallets: other forms of key and signature, schemes mixed up."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.cases import Case, World, refused, wallet_key
from tests.support.forge import item, signing_key
from tests.support.vectors.wallet_curve import N
from traceability.hashing.ed25519 import key_id
from traceability.hashing.secp256k1 import ALG, typed_data_hash

KEY = wallet_key("Mallory")
STRANGER = wallet_key("stranger")


class _Signing:
    """A key whose signatures or public key are made up."""

    alg = ALG

    def __init__(
        self, sign: Callable[[bytes], bytes], *, public_key: bytes = KEY.public_key
    ) -> None:
        self.sign = sign
        self.public_key = public_key
        self.key_id = key_id(ALG, public_key)


def _high(digest: bytes) -> bytes:
    signature = KEY.sign(digest)
    s = N - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


def wallets() -> list[Case]:
    return [*_batches(), *_registrations()]


def _batches() -> list[Case]:
    """Register a wallet's key in order, and sign the batch otherwise."""
    own = signing_key("Mallory")
    signers: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
        ("wallet-high-s", "the larger of the two s", _high),
        ("wallet-with-v", "a recovery number appended", lambda d: KEY.sign(d) + b"\x1b"),
        ("wallet-zeros", "r and s are 0", lambda _: bytes(64)),
        ("wallet-other-key", "another wallet signed under this id", STRANGER.sign),
        ("wallet-other-type", "typed data of another payload type",
         lambda _: KEY.sign(typed_data_hash("text/plain", b"{}"))),
        ("wallet-ed25519", "an Ed25519 signature under a wallet's id", own.sign),
    )  # fmt: skip
    cases = []
    for name, story, sign in signers:
        world = World.begin()
        mallory = world.forge.register("Mallory", key=KEY)
        batch = world.forge.batch(mallory, [item("S1")], signers=[_Signing(sign)])
        world.close()
        cases.append(
            refused(world, name, story, world.proof(batch, 0), step=3, reason="SIGNATURE_INVALID")
        )
    return cases


def _registrations() -> list[Case]:
    uncompressed = b"\x04" + bytes(64)
    stories = (
        ("wallet-key-not-a-point", "a key that is no point of the curve", b"\x02" + bytes(32),
         ALG, "PUBLIC_KEY_INVALID"),
        ("wallet-key-uncompressed", "a key in its long form", uncompressed, ALG,
         "STATEMENT_INVALID"),
        ("wallet-key-as-ed25519", "a wallet's key registered as one of Ed25519", KEY.public_key,
         "ed25519", "STATEMENT_INVALID"),
        ("ed25519-key-as-wallet", "an Ed25519 key registered as a wallet's",
         signing_key("Mallory").public_key, ALG, "STATEMENT_INVALID"),
    )  # fmt: skip
    cases = []
    for name, story, public_key, alg, reason in stories:
        world = World.begin()
        key = _Signing(lambda _: bytes(64), public_key=public_key)
        mallory = world.forge.register("Mallory", key=key, alg=alg)
        batch = world.forge.batch(mallory, [item("S1")])
        world.close()
        cases.append(refused(world, name, story, world.proof(batch, 0), step=4, reason=reason))
    return cases
