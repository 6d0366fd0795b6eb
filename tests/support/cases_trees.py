"""Inclusion and consistency proofs, true and false, for every implementation of the tree.

Made by the recursive definitions of RFC 9162, section 2.1 (MTH, PATH, SUBPROOF), apart from the
code that they test. The first eight leaves and their roots are those by which implementations of
Certificate Transparency have been compared since RFC 6962.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

REFERENCE_LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
REFERENCE_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LARGER = ((6, 31, 300), (99, 100, 300), (256, 257, 300), (0, 128, 300), (299, 299, 300))
NOISE = sha256(b"noise").digest()


@dataclass(frozen=True)
class Inclusion:
    """One claim that a leaf is in a tree."""

    name: str
    leaf_hash: bytes
    leaf_index: int
    tree_size: int
    root_hash: bytes
    path: tuple[bytes, ...]
    valid: bool = True


@dataclass(frozen=True)
class Consistency:
    """One claim that a tree extends another."""

    name: str
    from_size: int
    from_root: bytes
    tree_size: int
    root_hash: bytes
    path: tuple[bytes, ...]
    valid: bool = True


def leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    """Section 2.1.1, over leaf hashes."""
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return d[0]
    k = split(len(d))
    return node(mth(d[:k]), mth(d[k:]))


def inclusion(m: int, d: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH, section 2.1.3.1."""
    if len(d) == 1:
        return ()
    k = split(len(d))
    if m < k:
        return (*inclusion(m, d[:k]), mth(d[k:]))
    return (*inclusion(m - k, d[k:]), mth(d[:k]))


def subproof(m: int, d: Sequence[bytes], *, whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF, section 2.1.4.1."""
    if m == len(d):
        return () if whole else (mth(d),)
    k = split(len(d))
    if m <= k:
        return (*subproof(m, d[:k], whole=whole), mth(d[k:]))
    return (*subproof(m - k, d[k:], whole=False), mth(d[:k]))


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 0x80]) + value[1:]


def included(leaves: Sequence[bytes], index: int, size: int) -> Inclusion:
    d = leaves[:size]
    name = f"leaf {index} of {size}"
    return Inclusion(name, d[index], index, size, mth(d), inclusion(index, d))


def consistent(leaves: Sequence[bytes], before: int, after: int) -> Consistency:
    d = leaves[:after]
    path = subproof(before, d, whole=True)
    return Consistency(f"{before} to {after}", before, mth(d[:before]), after, mth(d), path)


def bad_paths(path: tuple[bytes, ...]) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """Yield a path with one thing changed, in every way."""
    for i, value in enumerate(path):
        yield f"bit flipped in node {i}", (*path[:i], flipped(value), *path[i + 1 :])
        yield f"node {i} missing", (*path[:i], *path[i + 1 :])
    for i in range(len(path) + 1):
        yield f"extra node before {i}", (*path[:i], NOISE, *path[i:])
    for i in range(len(path) - 1):
        swapped = (*path[:i], path[i + 1], path[i], *path[i + 2 :])
        yield f"nodes {i} and {i + 1} swapped", swapped


def bad_inclusions(case: Inclusion) -> Iterator[Inclusion]:
    """Yield false claims beside a true one."""
    size, root = case.tree_size, case.root_hash
    longer: dict[str, object] = {"path": (*case.path, NOISE), "root_hash": node(NOISE, root)}
    changes: list[tuple[str, dict[str, object]]] = [
        ("flipped leaf", {"leaf_hash": flipped(case.leaf_hash)}),
        ("flipped root", {"root_hash": flipped(root)}),
        ("index outside the tree", {"leaf_index": size}),
        ("index far outside the tree", {"leaf_index": 2**53 - 1}),
        ("tree of no leaves", {"tree_size": 0}),
        ("root that fits a longer path", longer),
    ]
    changes += [(name, {"path": path}) for name, path in bad_paths(case.path)]
    for name, change in changes:
        yield replace(case, name=f"{case.name}: {name}", valid=False, **change)  # type: ignore[arg-type]  # fields of the case


def bad_consistencies(case: Consistency) -> Iterator[Consistency]:
    """Yield false claims beside a true one, whose sizes differ."""
    changes: list[tuple[str, dict[str, object]]] = [
        ("flipped earlier root", {"from_root": flipped(case.from_root)}),
        ("flipped later root", {"root_hash": flipped(case.root_hash)}),
        ("roots exchanged", {"from_root": case.root_hash, "root_hash": case.from_root}),
        ("from nothing", {"from_size": 0}),
        ("shrinking", {"from_size": case.tree_size + 1}),
        ("equal sizes", {"from_size": case.tree_size}),
        ("empty path", {"path": ()}),
    ]
    changes += [(name, {"path": path}) for name, path in bad_paths(case.path)]
    for name, change in changes:
        yield replace(case, name=f"{case.name}: {name}", valid=False, **change)  # type: ignore[arg-type]  # fields of the case


def all_leaves() -> list[bytes]:
    """Return the reference leaves' hashes and as many more as the larger cases need."""
    data = [bytes.fromhex(text) for text in REFERENCE_LEAVES]
    data += [f"leaf {index}".encode() for index in range(len(data), 300)]
    return [leaf(item) for item in data]


def inclusions() -> list[Inclusion]:
    leaves = all_leaves()
    true = [included(leaves, index, size) for size in range(1, 9) for index in range(size)]
    true += [included(leaves, index, size) for index, _, size in LARGER]
    false = [bad for index, size in ((0, 1), (0, 2), (2, 5), (6, 7)) for bad in
             bad_inclusions(included(leaves, index, size))]  # fmt: skip
    return [*true, *false, *interior_nodes(leaves)]


def interior_nodes(leaves: Sequence[bytes]) -> list[Inclusion]:
    """Return an inner node shown as a leaf: it passes under a size that was not the log's."""
    left, right = node(leaves[0], leaves[1]), node(leaves[2], leaves[3])
    root = node(left, right)
    name = "inner node as leaf"
    chosen = Inclusion(f"{name}, size of a prover's choice", left, 0, 2, root, (right,))
    preimage = leaf(leaves[0] + leaves[1])
    return [
        chosen,
        replace(chosen, name=f"{name}, true size", tree_size=4, valid=False),
        replace(chosen, name=f"{name}'s preimage as entry", leaf_hash=preimage, valid=False),
    ]


def consistencies() -> list[Consistency]:
    leaves = all_leaves()
    true = [consistent(leaves, m, n) for n in range(1, 9) for m in range(1, n + 1)]
    true += [consistent(leaves, m, n) for _, m, n in LARGER]
    false = [bad for m, n in ((1, 2), (2, 3), (3, 7), (4, 8), (6, 8)) for bad in
             bad_consistencies(consistent(leaves, m, n))]  # fmt: skip
    return [*true, *false, *dishonest_sizes(leaves), *equal_sizes(leaves)]


def dishonest_sizes(leaves: Sequence[bytes]) -> list[Consistency]:
    """Return a true proof from 2 to 3 under other sizes: a proof does not prove a size."""
    honest = consistent(leaves, 2, 3)
    return [
        replace(honest, name=f"2 to 3 called 2 to {size}", tree_size=size, valid=size == 4)
        for size in (4, 5, 6, 8)
    ]


def equal_sizes(leaves: Sequence[bytes]) -> list[Consistency]:
    root = mth(leaves[:5])
    return [
        Consistency("5 to 5: other root", 5, root, 5, flipped(root), (), valid=False),
        Consistency("5 to 5: needless node", 5, root, 5, root, (NOISE,), valid=False),
        Consistency("0 to 0", 0, mth([]), 0, mth([]), (), valid=False),
    ]
