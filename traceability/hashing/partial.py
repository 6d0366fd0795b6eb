"""What is left of a record of which fields were erased: every leaf as salted field or as hash.

Other leaves stay provable: the secret from which their salts came is gone, so each is kept with
its own salt. Source: docs/formats.md, section 2 (erasing a field).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import InvalidInput
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.commitment import Commitment, Field, RecordKind
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.hashing.salts import SALT_BYTES
from traceability.hashing.statement_types import Ranges
from traceability.hashing.tree_hash import leaf_hash, root_hash
from traceability.strict_json import JSONValue


class PartialRecordInvalid(InvalidInput):
    """What is stored of a partly erased record is not in its one form."""

    code = "PARTIAL_RECORD_INVALID"


@dataclass(frozen=True, slots=True)
class PartialRecord:
    """The leaves of a record in order: fields, and hashes of those that were erased."""

    leaves: tuple[Field | bytes, ...]

    @classmethod
    def of(cls, fields: Sequence[Field]) -> PartialRecord:
        """Return a record of which nothing is erased yet."""
        return cls(tuple(fields))

    def without(self, erased: Ranges) -> PartialRecord:
        """Return the record with more of its leaves erased."""
        gone = {index for first, last in erased for index in range(first, last + 1)}
        return PartialRecord(
            tuple(
                leaf_hash(leaf.leaf_data()) if index in gone and isinstance(leaf, Field) else leaf
                for index, leaf in enumerate(self.leaves)
            )
        )

    def header_only(self) -> PartialRecord:
        """Return the record with every leaf erased but the header."""
        return self.without(((1, len(self.leaves) - 1),))

    @property
    def is_header_only(self) -> bool:
        """Tell whether exactly the header is left."""
        return self.erased == set(range(1, len(self.leaves)))

    @property
    def hashes(self) -> list[bytes]:
        """The leaf hash of each leaf."""
        return [
            leaf if isinstance(leaf, bytes) else leaf_hash(leaf.leaf_data()) for leaf in self.leaves
        ]

    @property
    def fields(self) -> dict[int, Field]:
        """The leaves that are there, by index."""
        return {
            index: leaf for index, leaf in enumerate(self.leaves) if not isinstance(leaf, bytes)
        }

    @property
    def erased(self) -> set[int]:
        """The indexes of those that are not."""
        return {index for index, leaf in enumerate(self.leaves) if isinstance(leaf, bytes)}

    def commitment(self, kind: RecordKind) -> Commitment:
        """Return what the leaves hash to."""
        return Commitment(kind, len(self.leaves), root_hash(self.hashes))

    def to_bytes(self) -> bytes:
        """Return the stored form: a list of [path, salt, value] and of hashes."""
        return canonicalize(
            [
                b64u_encode(leaf)
                if isinstance(leaf, bytes)
                else [list(leaf.path), b64u_encode(leaf.salt), leaf.value]
                for leaf in self.leaves
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> PartialRecord:
        """Read the stored form, which is canonical: nothing can be written in it in two ways.

        Raises
        ------
        NotCanonical, PartialRecordInvalid
        """
        value = parse_canonical(data)
        if not isinstance(value, list) or not value:
            raise PartialRecordInvalid("leaves of a partly erased record are no list")
        return cls(tuple(_leaf(part) for part in value))


def _leaf(part: JSONValue) -> Field | bytes:
    match part:
        case str():
            return b64u_decode(part, length=32)
        case [list(path), str(salt), value] if all(type(step) in (str, int) for step in path):
            steps = tuple(step for step in path if isinstance(step, str | int))
            return Field(steps, b64u_decode(salt, length=SALT_BYTES), value)
    raise PartialRecordInvalid("leaf of a partly erased record is malformed")
