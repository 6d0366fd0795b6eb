"""Signed tree heads, as C2SP writes them and as ours are stricter."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.vectors.plain import b64, h, seeded

SEED, OTHER_SEED = seeded("log key"), seeded("another log key")
ORIGIN = "log.example/log/" + seeded("log").hex()
ROOT = seeded("root")
CODE, ENCODING = "CHECKPOINT_INVALID", "ENCODING_INVALID"


def public_key(seed: bytes = SEED) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_hash(name: str, seed: bytes = SEED) -> bytes:
    return h(name.encode() + b"\n\x01" + public_key(seed))[:4]


def signature_line(body: str, *, name: str = ORIGIN, seed: bytes = SEED) -> str:
    sig = Ed25519PrivateKey.from_private_bytes(seed).sign(body.encode())
    return f"— {name} {b64(key_hash(name, seed) + sig)}\n"


def body(*, origin: str = ORIGIN, size: str = "1000", root: str | None = None) -> str:
    return f"{origin}\n{size}\n{b64(ROOT) if root is None else root}\n"


def note(text: str, **line: Any) -> str:
    return text + "\n" + signature_line(text, **line)


def content() -> dict[str, Any]:
    return {
        "source": "C2SP signed-note and tlog-checkpoint; docs/formats.md, section 'entry and log'",
        "checkpoints": [*_good(), *_bad_lines(), *_bad_values(), *_bad_signatures()],
    }


def _case(name: str, text: str, code: str = "", **other: Any) -> dict[str, Any]:
    return {
        "name": name,
        "note": text,
        "origin": ORIGIN,
        "public_key": public_key().hex(),
        "ok": not code,
        "code": code,
        **other,
    }


def _good() -> list[dict[str, Any]]:
    return [
        _case(f"size {size}", note(body(size=size)), tree_size=int(size), root_hash=ROOT.hex())
        for size in ("1", "1000", "9007199254740991")
    ]


def _bad_lines() -> list[dict[str, Any]]:
    good = note(body())
    line = signature_line(body())
    cosigner = signature_line(body(), name="witness.example", seed=OTHER_SEED)
    return [
        _case("nothing", "", CODE),
        _case("no line end at the end", good[:-1], CODE),
        _case("a line after the end", good + "\n", CODE),
        _case("two signatures", good + cosigner, CODE),
        _case("the same signature twice", good + line, CODE),
        _case("an extension line", note(body() + "extension\n"), CODE),
        _case("no empty line", body() + line, CODE),
        _case("two empty lines", body() + "\n\n" + line, CODE),
        _case("no signature", body() + "\n", CODE),
        _case("carriage returns", good.replace("\n", "\r\n"), CODE),
        _case("a hyphen for the dash", good.replace("—", "-"), CODE),
        _case("two spaces in the signature line", good.replace("— ", "—  "), CODE),
        _case("a note of 5,000 characters", good.replace(ORIGIN, "o" * 2500), CODE),
    ]


def _bad_values() -> list[dict[str, Any]]:
    root, line = b64(ROOT), "size of another form: "
    loose = root[:-2] + chr(ord(root[-2]) + 1) + "="
    sizes = ("0", "01", "+5", "-5", " 5", "5 ", "0x5", "1e3", "", "5.0", "９", "9007199254740992",
             "18446744073709551616")  # fmt: skip
    spaced, plus = "log example/log", "log+example/log"
    return [
        *(_case(f"{line}{size!r}", note(body(size=size)), CODE) for size in sizes),
        _case("a root of 31 bytes", note(body(root=b64(ROOT[:31]))), ENCODING),
        _case("a root without padding", note(body(root=root[:-1])), ENCODING),
        _case("a root with unused bits set", note(body(root=loose)), ENCODING),
        _case("no root", note(body(root="")), ENCODING),
        _case("an origin with a space", note(body(origin=spaced), name=spaced), CODE),
        _case("an origin with a plus", note(body(origin=plus), name=plus), CODE),
        _case("no origin", note(body(origin="")), CODE),
    ]  # fmt: skip


def _bad_signatures() -> list[dict[str, Any]]:
    text = body()
    other = "log.example/log/" + seeded("other log").hex()
    sig = Ed25519PrivateKey.from_private_bytes(SEED).sign(text.encode())

    def line(blob: bytes, name: str = ORIGIN) -> str:
        return f"{text}\n— {name} {b64(blob)}\n"

    return [
        _case("another log's checkpoint", note(body(origin=other), name=other), CODE),
        _case("another log's origin under our name", note(body(origin=other)), CODE),
        _case("another key name", note(text, name="log.example"), CODE),
        _case("another key", note(text, seed=OTHER_SEED), CODE),
        _case("another key under our key's hash",
              line(key_hash(ORIGIN)
                   + Ed25519PrivateKey.from_private_bytes(OTHER_SEED).sign(text.encode())),
              "SIGNATURE_INVALID"),
        _case("a key hash of zero", line(bytes(4) + sig), CODE),
        _case("a signature over the empty line too",
              line(key_hash(ORIGIN)
                   + Ed25519PrivateKey.from_private_bytes(SEED).sign(text.encode() + b"\n")),
              "SIGNATURE_INVALID"),
        _case("another size under the signature", note(text).replace("\n1000\n", "\n1001\n"),
              "SIGNATURE_INVALID"),
        _case("a signature of 63 bytes", line(key_hash(ORIGIN) + sig[:63]), ENCODING),
        _case("a signature of 65 bytes", line(key_hash(ORIGIN) + sig + b"\0"), ENCODING),
        _case("a signature without padding", note(text)[:-2] + "\n", ENCODING),
        _case("a changed bit", line(key_hash(ORIGIN) + sig[:-1] + bytes((sig[-1] ^ 1,))),
              "SIGNATURE_INVALID"),
    ]  # fmt: skip
