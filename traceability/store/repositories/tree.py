"""Tiles of the log and of large batches, and the signed checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from traceability.store.bulk import fetch, select_among
from traceability.store.tables import batch_tiles, checkpoints, log_tiles


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed tree head; `text` is the signed note."""

    tree_size: int
    root_hash: bytes
    text: str
    ends_with_state: bool
    signed: int


_CHECKPOINTS = "SELECT tree_size, root_hash, note, ends_with_state, signed FROM checkpoints"
_NEWEST = "ORDER BY tree_size DESC LIMIT 1"
_LATEST = f"{_CHECKPOINTS} {_NEWEST}"
_LATEST_WITH_STATE = f"{_CHECKPOINTS} WHERE ends_with_state {_NEWEST}"
_LOG_TILES = "SELECT tile, hashes FROM log_tiles WHERE tile"


def _checkpoint(row: Sequence[Any]) -> CheckpointRow:
    size, root, note, ends_with_state, signed = row
    return CheckpointRow(size, root, note, bool(ends_with_state), signed)


class TreeRepository:
    """SQL over `log_tiles`, `batch_tiles` and `checkpoints`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read_log_tiles(self, tiles: Sequence[int]) -> Mapping[int, bytes]:
        """Return the tiles that exist among these keys, in one query."""
        return dict(select_among(self._connection, _LOG_TILES, tiles))

    def log_tile_keys(self) -> set[int]:
        """Return the keys of all tiles of the log."""
        return set(self._connection.scalars(select(log_tiles.c.tile)))

    def batch_tile_keys(self, batch: int) -> set[int]:
        """Return the keys of all tiles of a batch."""
        found = select(batch_tiles.c.tile).where(batch_tiles.c.batch == batch)
        return set(self._connection.scalars(found))

    def write_log_tiles(self, tiles: Mapping[int, bytes]) -> None:
        """Replace tiles; a tile only ever grows."""
        self._connection.execute(delete(log_tiles).where(log_tiles.c.tile.in_(list(tiles))))
        self._connection.execute(
            insert(log_tiles), [{"tile": tile, "hashes": data} for tile, data in tiles.items()]
        )

    def read_batch_tiles(self, batch: int, tiles: Sequence[int]) -> Mapping[int, bytes]:
        """Return the tiles of a batch's tree that exist among these keys."""
        rows = self._connection.execute(
            select(batch_tiles.c.tile, batch_tiles.c.hashes).where(
                batch_tiles.c.batch == batch, batch_tiles.c.tile.in_(tiles)
            )
        )
        return {row.tile: row.hashes for row in rows}

    def add_batch_tiles(self, batch: int, tiles: Mapping[int, bytes]) -> None:
        """Keep the upper levels of a batch's tree."""
        if tiles:
            self._connection.execute(
                insert(batch_tiles),
                [{"batch": batch, "tile": tile, "hashes": data} for tile, data in tiles.items()],
            )

    def add_checkpoint(self, row: CheckpointRow) -> None:
        """Keep a signed checkpoint."""
        self._connection.execute(
            insert(checkpoints).values(
                tree_size=row.tree_size,
                root_hash=row.root_hash,
                note=row.text,
                ends_with_state=row.ends_with_state,
                signed=row.signed,
            )
        )

    def checkpoint(self, tree_size: int) -> CheckpointRow | None:
        """Return the checkpoint of exactly this size."""
        row = self._connection.execute(
            select(checkpoints).where(checkpoints.c.tree_size == tree_size)
        ).one_or_none()
        return None if row is None else CheckpointRow(*row)

    def latest_checkpoint(self, *, ends_with_state: bool = False) -> CheckpointRow | None:
        """Return the largest checkpoint, or the largest that ends with a state entry."""
        rows = fetch(self._connection, _LATEST_WITH_STATE if ends_with_state else _LATEST)
        return _checkpoint(rows[0]) if rows else None

    def checkpoints_between(self, first: int, last: int) -> list[CheckpointRow]:
        """Return the checkpoints with `first` ≤ size < `last`, smallest first."""
        rows = self._connection.execute(
            select(checkpoints)
            .where(checkpoints.c.tree_size >= first, checkpoints.c.tree_size < last)
            .order_by(checkpoints.c.tree_size)
        )
        return [CheckpointRow(*row) for row in rows]
