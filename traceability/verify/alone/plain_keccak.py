"""Keccak-256 in Python, in the form of `Crypto.Hash.keccak`: slow, short, and read in minutes.

Source: The Keccak reference, version 3.0, section 1.2; the padding is Keccak's own (0x01), which
Ethereum uses, not that of SHA-3.
"""

from __future__ import annotations

RATE = 136  # bytes: 1600 bits of state less twice 256
LANES = 25
ROUNDS = 24
_MASK = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """Return what ι adds in each round, from the linear shift register of the reference."""
    constants, register = [], 1
    for _ in range(ROUNDS):
        constant = 0
        for place in range(7):
            constant |= (register & 1) << ((1 << place) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _moves() -> tuple[tuple[int, int, int], ...]:
    """Return what ρ and π do: from which lane, to which, rotated by how much."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for step in range(LANES - 1):
        turned = ((step + 1) * (step + 2) // 2) % 64
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), turned))
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(moves)


_CONSTANTS, _MOVES = _round_constants(), _moves()


def _permute(state: list[int]) -> list[int]:
    """Return Keccak-f[1600] of 25 lanes of 64 bits; lane (x, y) stands at x + 5y."""
    for constant in _CONSTANTS:
        # θ: each lane takes the parity of two columns.
        parity = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
            for x in range(5)
        ]
        spread = [
            parity[x - 1] ^ ((parity[(x + 1) % 5] << 1 | parity[(x + 1) % 5] >> 63) & _MASK)
            for x in range(5)
        ]
        # ρ and π: lanes turn and change places.
        moved = [0] * LANES
        for source, target, turned in _MOVES:
            lane = state[source] ^ spread[source % 5]
            moved[target] = (lane << turned | lane >> (64 - turned)) & _MASK
        # χ: each bit takes the next but one where the next is not set.
        state = [
            lane ^ (~moved[at - at % 5 + (at + 1) % 5] & moved[at - at % 5 + (at + 2) % 5])
            for at, lane in enumerate(moved)
        ]
        # ι
        state[0] ^= constant
    return state


class _Keccak256:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def digest(self) -> bytes:
        """Return the 32 bytes."""
        padded = bytearray(self._data + b"\x01")
        padded += bytes(-len(padded) % RATE)
        padded[-1] |= 0x80
        state = [0] * LANES
        for start in range(0, len(padded), RATE):
            for lane in range(RATE // 8):
                at = start + 8 * lane
                state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
            state = _permute(state)
        return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def new(*, digest_bits: int, data: bytes) -> _Keccak256:
    """Return the hash of some bytes; of the lengths, only 256 bits are built."""
    if digest_bits != 256:  # noqa: PLR2004 # the only length in use
        raise ValueError(f"only 256 bits are built, got {digest_bits}")
    return _Keccak256(data)
