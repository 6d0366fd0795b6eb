"""An encrypted key file opens as it was written, and in no other way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from traceability.hashing.canonical import canonicalize
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.hashing.secp256k1 import WalletKey
from traceability.key_files.faults import KeyFileInvalid, KeyPassphraseMissing, KeyPassphraseWrong
from traceability.key_files.form import (
    MAX_FILE_BYTES,
    SECRET,
    Cost,
    Kdf,
    SealedKey,
    Secret,
    parse_sealed,
    seal,
    unseal,
)
from traceability.key_files.opener import Opener
from traceability.key_files.schemes import secret_of, secret_of_signing_key, signing_key_of

CHEAP = Cost(2**4)
KEY = SigningKey.from_seed(bytes(range(32)))
KDF = Kdf(CHEAP, bytes(32))
WRAPPING = KDF.derive("correct horse")


def sealed(secret: Secret | None = None) -> SealedKey:
    return seal(secret or secret_of_signing_key(KEY), WRAPPING, kdf=KDF)


def members() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sealed().to_bytes())
    return found


class TestRoundTrip:
    @pytest.mark.parametrize(
        "secret",
        [
            secret_of_signing_key(KEY),
            secret_of("secp256k1", b"\x01" * 32),
            secret_of("secp256k1-eip712", b"\x01" * 32),
            secret_of(SECRET, b"\x00" * 48),
        ],
    )
    def test_gives_back_what_was_sealed(self, secret: Secret) -> None:
        read = parse_sealed(sealed(secret).to_bytes())
        assert unseal(read, WRAPPING) == secret

    def test_gives_a_key_that_signs(self) -> None:
        opened = Opener().open(sealed(), ["correct horse"], name="x")
        assert signing_key_of(opened.secret).key_id == KEY.key_id

    def test_carries_an_alg_that_is_not_known_here(self) -> None:
        secret = Secret("secp256k1-of-later", b"\x02" * 33, b"\x03" * 32)
        assert unseal(parse_sealed(sealed(secret).to_bytes()), WRAPPING) == secret

    def test_says_what_it_is_without_the_passphrase_and_no_more(self) -> None:
        found = members()
        assert (found["format"], found["alg"]) == ("itemproof-key-1", "ed25519")
        assert found["key_id"] == b64u_encode(KEY.key_id)
        assert found["kdf"]["n"] == CHEAP.n
        assert KEY.to_seed() not in sealed().to_bytes()
        assert b64u_encode(KEY.to_seed()).encode() not in sealed().to_bytes()

    def test_never_uses_a_nonce_twice(self) -> None:
        assert len({sealed().nonce for _ in range(50)}) == 50


def test_a_wallets_public_key_is_the_one_that_it_signs_with() -> None:
    secret = b"\x01" * 32
    assert (
        secret_of("secp256k1-eip712", secret).public_key == WalletKey.from_seed(secret).public_key
    )


class TestWhatIsRefused:
    def test_another_passphrase(self) -> None:
        with pytest.raises(KeyPassphraseWrong, match=r"'log\.sealed'"):
            Opener().open(sealed(), ["correct horsf"], name="log.sealed")

    def test_no_passphrase(self) -> None:
        with pytest.raises(KeyPassphraseMissing, match=r"'log\.sealed'"):
            Opener().open(sealed(), [], name="log.sealed")

    def test_every_changed_byte(self) -> None:
        whole = sealed().to_bytes()
        for at in range(len(whole)):
            for bit in (0x01, 0x40):
                bent = bytearray(whole)
                bent[at] ^= bit
                try:
                    read = parse_sealed(bytes(bent))
                except KeyFileInvalid:
                    continue
                # A cost that was raised within bounds would only take time.
                assert unseal(read, WRAPPING) is None, f"byte {at}"

    @pytest.mark.parametrize("name", sorted(members()))
    def test_a_member_of_another_file(self, name: str) -> None:
        other = SigningKey.from_seed(b"\x07" * 32)
        kdf = Kdf(Cost(2**5), b"\x01" * 32)
        wrapping = kdf.derive("correct horse")
        foreign = json.loads(seal(secret_of_signing_key(other), wrapping, kdf=kdf).to_bytes())
        foreign |= {"format": "itemproof-key-2", "alg": "secp256k1"}
        mixed = canonicalize(members() | {name: foreign[name]})
        with pytest.raises((KeyFileInvalid, KeyPassphraseWrong)):
            Opener().open(parse_sealed(mixed), ["correct horse"], name="x")

    @pytest.mark.parametrize("name", sorted(members()))
    def test_a_member_that_is_missing(self, name: str) -> None:
        left = {key: value for key, value in members().items() if key != name}
        with pytest.raises(KeyFileInvalid, match=f"'{name}' is missing"):
            parse_sealed(canonicalize(left))

    def test_a_member_that_is_unknown(self) -> None:
        with pytest.raises(KeyFileInvalid, match="'note' is unknown"):
            parse_sealed(canonicalize(members() | {"note": "x"}))

    def test_another_form_of_the_same_json(self) -> None:
        with pytest.raises(KeyFileInvalid, match="malformed"):
            parse_sealed(json.dumps(members(), indent=1).encode())

    @pytest.mark.parametrize(
        "cost",
        [
            {"n": 2**40},
            {"n": 2**18, "r": 16},
            {"n": 2**19},
            {"n": 3},
            {"n": 1},
            {"n": 0},
            {"r": 0},
            {"r": 2**20},
            {"p": 0},
            {"p": 5},
            {"n": -2},
            {"n": 16.5},
        ],
    )
    def test_a_cost_that_would_eat_memory_or_is_none(self, cost: dict[str, Any]) -> None:
        found = members()
        found["kdf"] |= cost
        with pytest.raises(KeyFileInvalid, match=r"out of (bounds|range)"):
            parse_sealed(canonicalize(found))

    def test_a_cost_that_people_need_is_read(self) -> None:
        found = members()
        found["kdf"] |= {"n": 2**17, "r": 8, "p": 1}
        assert parse_sealed(canonicalize(found)).kdf.cost == Cost(2**17)

    def test_more_bytes_than_any_key_file_has(self) -> None:
        with pytest.raises(KeyFileInvalid):
            parse_sealed(canonicalize(members() | {"ciphertext": "A" * MAX_FILE_BYTES}))

    @pytest.mark.parametrize("length", [0, 15, 16])
    def test_a_secret_of_nothing(self, length: int) -> None:
        empty = b64u_encode(bytes(length))
        with pytest.raises(KeyFileInvalid, match="impossible length"):
            parse_sealed(canonicalize(members() | {"ciphertext": empty}))

    def test_a_public_key_that_is_not_that_of_the_secret(self) -> None:
        other = SigningKey.from_seed(b"\x07" * 32)
        wrong = Secret("ed25519", other.public_key, KEY.to_seed())
        with pytest.raises(KeyFileInvalid, match="another key than it names"):
            Opener().open(sealed(wrong), ["correct horse"], name="x")

    @pytest.mark.parametrize("alg", ["ed25519", "secp256k1"])
    def test_a_secret_that_is_no_key_of_its_alg(self, alg: str) -> None:
        for data in (b"\x01" * 31, b"\x01" * 33):
            with pytest.raises(KeyFileInvalid, match="no key of its alg"):
                secret_of(alg, data)

    def test_an_alg_that_this_program_does_not_sign_with(self) -> None:
        secret = Secret("sm2", b"\x02" * 33, b"\x03" * 32)
        with pytest.raises(KeyFileInvalid, match="alg is unknown"):
            Opener().open(sealed(secret), ["correct horse"], name="x")


class TestWhatIsShown:
    def test_no_secret_and_no_passphrase(self) -> None:
        opener = Opener()
        opened = opener.open(sealed(), ["correct horse"], name="x")
        for shown in (repr(opened.secret), str(opened.secret), repr(opener), repr(KEY)):
            assert "horse" not in shown
            assert repr(KEY.to_seed())[2:-1] not in shown
        assert b64u_decode(members()["public_key"]) == KEY.public_key


class TestOneScryptForAll:
    def test_files_of_one_process_share_their_salt(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        derive = Kdf.derive
        monkeypatch.setattr(
            Kdf, "derive", lambda self, text: asked.append(text) or derive(self, text)
        )
        opener = Opener()
        files = [opener.seal(secret_of(SECRET, b"s"), "a passphrase", cost=CHEAP) for _ in "123"]
        assert len({one.kdf.salt for one in files}) == 1
        assert len({one.nonce for one in files}) == 3
        for one in files:
            opener.open(one, ["a passphrase"], name="x")
        assert asked == ["a passphrase"]

    def test_another_passphrase_or_cost_has_a_salt_of_its_own(self) -> None:
        opener = Opener()
        secret = secret_of(SECRET, b"s")
        one = opener.seal(secret, "a passphrase", cost=CHEAP)
        two = opener.seal(secret, "another one", cost=CHEAP)
        three = opener.seal(secret, "a passphrase", cost=Cost(2**5))
        assert len({one.kdf.salt, two.kdf.salt, three.kdf.salt}) == 3
