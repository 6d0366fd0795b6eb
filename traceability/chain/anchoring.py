"""Following one checkpoint from the log to a final block; section "anchor" of docs/formats.md."""

from __future__ import annotations

from traceability.chain.anchor_store import AnchorStore, AttemptRow, CheckpointRow

__all__ = ["AnchorStore", "AttemptRow", "CheckpointRow"]
