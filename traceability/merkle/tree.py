"""Leaf, node and root hashes of an RFC 9162 tree.

Source: RFC 9162 section 2.1.1 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1).
"""

from __future__ import annotations

from traceability.hashing.tree_hash import EMPTY_ROOT, leaf_hash, next_level, node_hash, root_hash

__all__ = ["EMPTY_ROOT", "leaf_hash", "next_level", "node_hash", "root_hash"]
