"""secp256k1 and EIP-712 in a few plain lines, apart from the code under test.

Source: SEC 2, section 2.4.1; SEC 1, section 4.1; EIP-712, "Specification".
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_hash.auto import keccak

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True)
class Point:
    """A point of y² = x³ + 7; never the one at infinity."""

    x: int
    y: int

    def __add__(self, other: Point) -> Point:
        if self == other:
            slope = 3 * self.x * self.x * pow(2 * self.y, -1, P)
        else:
            slope = (other.y - self.y) * pow(other.x - self.x, -1, P)
        x = (slope * slope - self.x - other.x) % P
        return Point(x, (slope * (self.x - x) - self.y) % P)

    def times(self, scalar: int) -> Point:
        found, doubled = None, self
        while scalar:
            if scalar & 1:
                found = doubled if found is None else found + doubled
            doubled, scalar = doubled + doubled, scalar >> 1
        assert found is not None, "a multiple of the order"
        return found

    def compressed(self) -> bytes:
        return bytes((2 + self.y % 2,)) + word(self.x)

    def uncompressed(self) -> bytes:
        return b"\x04" + word(self.x) + word(self.y)


BASE = Point(
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def y_of(x: int) -> int | None:
    """Return the even y that belongs to x, if the curve has one."""
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if y * y % P != square:
        return None
    return y if y % 2 == 0 else P - y


def signed(secret: int, digest: bytes, nonce: int) -> tuple[int, int]:
    """Return r and s of the ECDSA signature with this nonce, whichever s comes out."""
    r = BASE.times(nonce).x % N
    return r, pow(nonce, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N


def low(s: int) -> int:
    return min(s, N - s)


def digest_of(
    payload_type: str,
    payload: bytes,
    *,
    domain: tuple[tuple[str, str, bytes], ...] = (
        ("string", "name", keccak(b"ItemProof")),
        ("string", "version", keccak(b"1")),
    ),
    statement: str = "Statement(string payloadType,string payload)",
) -> bytes:
    """Return EIP-712's digest; `domain` is type, name and encoded value of each member."""
    members = ",".join(f"{kind} {name}" for kind, name, _ in domain)
    separator = keccak(
        keccak(f"EIP712Domain({members})".encode()) + b"".join(value for *_, value in domain)
    )
    inner = keccak(keccak(statement.encode()) + keccak(payload_type.encode()) + keccak(payload))
    return keccak(b"\x19\x01" + separator + inner)
