"""Arithmetic on Ed25519's curve, slow and plain, to make the signatures that must be refused.

Source: RFC 8032, sections 5.1.3, 5.1.4 and 5.1.6.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)


@dataclass(frozen=True)
class Point:
    """A point of -x² + y² = 1 + d x² y²."""

    x: int
    y: int

    def __add__(self, other: Point) -> Point:
        product = D * self.x * other.x * self.y * other.y
        x = (self.x * other.y + other.x * self.y) * pow(1 + product, -1, P)
        y = (self.y * other.y + self.x * other.x) * pow(1 - product, -1, P)
        return Point(x % P, y % P)

    def times(self, scalar: int) -> Point:
        found, doubled = IDENTITY, self
        while scalar:
            if scalar & 1:
                found += doubled
            doubled, scalar = doubled + doubled, scalar >> 1
        return found

    def encoded(self) -> bytes:
        return encoding(self.y, self.x & 1)


def encoding(y: int, sign: int) -> bytes:
    """Return 32 bytes for any y below 2^255, whether it is a canonical one or not."""
    return (y | sign << 255).to_bytes(32, "little")


def x_of(y: int) -> int | None:
    """Return the even x that belongs to y, if the curve has one."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return x if x % 2 == 0 else P - x


def at(y: int) -> Point:
    """Return the point with this y and an even x."""
    x = x_of(y)
    assert x is not None
    return Point(x, y)


IDENTITY = Point(0, 1)
BASE = at(4 * pow(5, -1, P) % P)


def small_order_points() -> list[Point]:
    """Return the eight points whose order divides 8, found by clearing the large part."""
    y = 2
    while True:
        x = x_of(y)
        if x is not None:
            torsion = Point(x, y).times(L)
            if torsion.times(4) != IDENTITY:
                return [torsion.times(factor) for factor in range(8)]
        y += 1


def challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    """Return k = SHA-512(R ‖ A ‖ M) mod L."""
    return int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % L


def secret_scalar(seed: bytes) -> int:
    """Return the scalar of a private key."""
    raw = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return raw & ((1 << 254) - 8) | 1 << 254


def signature(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")
