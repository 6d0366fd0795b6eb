"""`/log/…`: heads, tiles, anchors and the trust file, as `itemproof mirror` copies them.

Source: C2SP tlog-tiles. Hash tiles are public; entry bundles are for auditors. Whatever has a
size in its address never changes; `ledger/mirror/folder.py` lists the addresses.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from ledger_api.auth import authenticate, require_role
from ledger_api.epcis.answers import takes_gzip
from ledger_api.services import Services, ServicesOf
from traceability.errors import InvalidInput, NotFound
from traceability.ledger.mirror.anchors import AnchorLine, anchors_text
from traceability.ledger.trust import trust_of
from traceability.merkle.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TilePath,
    entry_bundle,
    parse_tile_path,
    tile_key,
)

router = APIRouter(prefix="/log", tags=["log"])
# Sizes of a log are below 2^53 in every format.
Size = Annotated[int, Path(ge=0, lt=2**53)]
HASH_BYTES = 32
# A bundle becomes a seventh of its length; the highest level takes three times as long for the
# last twentieth, and was half of what a copy cost the node.
PACKING_LEVEL = 2
ANCHORS_AT_ONCE = 1_000
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
# What only auditors may see, no shared cache may keep.
FOREVER_PRIVATE = {"Cache-Control": "private, max-age=31536000, immutable"}


class TileUnknown(NotFound):
    """The log has no such tile, or not yet of that width."""

    code = "TILE_UNKNOWN"


class AnchorUnknown(NotFound):
    """No anchor of exactly this size is kept with its evidence."""

    code = "ANCHOR_UNKNOWN"


@router.get("/checkpoint", response_class=PlainTextResponse, summary="The newest signed head")
def get_checkpoint(services: ServicesOf) -> PlainTextResponse:
    """Return the newest checkpoint that is also in the second place."""
    served = services.node.second_place.latest()
    with services.node.store.reading() as repositories:
        row = None if served is None else repositories.tree.checkpoint(served.tree_size)
    if row is None:
        raise TileUnknown("log has no checkpoint yet")
    return PlainTextResponse(row.text, headers={"Cache-Control": "no-store"})


@router.get(
    "/checkpoints/{tree_size}",
    response_class=PlainTextResponse,
    summary="The signed head of an earlier size",
)
def get_checkpoint_of(tree_size: Size, services: ServicesOf) -> PlainTextResponse:
    """Return the signed head of exactly this size, if the log was served at it."""
    with services.node.store.reading() as repositories:
        row = repositories.tree.checkpoint(tree_size)
    if row is None or tree_size > _served_size(services):
        raise TileUnknown(f"log has no signed head of {tree_size} entries")
    return PlainTextResponse(row.text, headers=FOREVER)


@router.get("/tile/entries/{path:path}", summary="An entry bundle, for auditors")
def get_entries(
    path: str,
    services: ServicesOf,
    authorization: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Return up to 256 entries, each behind its length in two bytes."""
    require_role(authenticate(services.node.store, authorization), "operator", "auditor")
    tile = _parse(f"tile/entries/{path}")
    first, width = tile.index * TILE_WIDTH, tile.width
    with services.node.store.reading() as repositories:
        size = _served_size(services)
        rows = repositories.entries.envelopes(first, first + width)
    if first + width > size or len(rows) < width:
        raise TileUnknown(f"entry bundle {path[:80]!r} is not in the log yet")
    bundle, headers = entry_bundle(rows), FOREVER_PRIVATE
    if takes_gzip(accept_encoding):
        bundle = gzip.compress(bundle, PACKING_LEVEL, mtime=0)
        headers = {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(bundle, media_type="application/octet-stream", headers=headers)


@router.get("/tile/{level}/{path:path}", summary="A tile of hashes")
def get_tile(level: str, path: str, services: ServicesOf) -> Response:
    """Return the hashes of a tile, whole or partial."""
    tile = _parse(f"tile/{level}/{path}")
    if tile.level == "entries":
        raise AssertionError("entries have an address of their own")
    level_number, index, width = tile.level, tile.index, tile.width
    covered = (index * TILE_WIDTH + width) << (TILE_HEIGHT * level_number)
    if covered > _served_size(services):
        raise TileUnknown(f"tile {level[:2]}/{path[:80]} is not in the log yet")
    key = tile_key(level_number, index)
    with services.node.store.reading() as repositories:
        data = repositories.tree.read_log_tiles([key]).get(key, b"")
    if len(data) < width * HASH_BYTES:
        raise TileUnknown(f"tile {level[:2]}/{path[:80]} is not in the log yet")
    return Response(
        data[: width * HASH_BYTES], media_type="application/octet-stream", headers=FOREVER
    )


def _served_size(services: Services) -> int:
    served = services.node.second_place.latest()
    return 0 if served is None else served.tree_size


def _parse(path: str) -> TilePath:
    try:
        return parse_tile_path(path)
    except InvalidInput as error:
        raise TileUnknown(f"tile path {path[:80]!r} is malformed") from error


@router.get("/anchors", response_class=PlainTextResponse, summary="The final anchors")
def get_anchors(
    services: ServicesOf, after: Annotated[int, Query(ge=0, lt=2**53)] = 0
) -> StreamingResponse:
    """Return a line for each: size, earlier size, nonce, transaction hash; only sizes bind.

    `after` leaves out those up to a size; whoever has them need not read them again.
    """
    # The first page is read before the answer begins, so that a store that fails is told.
    pages = _anchor_pages(services, after)
    return StreamingResponse(
        chain([next(pages)], pages), media_type="text/plain", headers={"Cache-Control": "no-cache"}
    )


def _anchor_pages(services: Services, after: int) -> Iterator[bytes]:
    """Yield the list in pieces, each of a transaction of its own; the last is short."""
    while True:
        with services.node.store.reading() as repositories:
            rows = repositories.anchors.final(after=after, limit=ANCHORS_AT_ONCE)
        yield anchors_text(AnchorLine(*row) for row in rows)
        if len(rows) < ANCHORS_AT_ONCE:
            return
        after = rows[-1][0]


@router.get("/anchor/{tree_size}", summary="The evidence around an anchor")
def get_anchor(tree_size: Size, services: ServicesOf) -> Response:
    """Return header, account and storage proof, as captured at inclusion."""
    with services.node.store.reading() as repositories:
        row = repositories.anchors.of_size(tree_size)
    if row is None or row.evidence is None:
        raise AnchorUnknown(f"anchor of size {tree_size} is unknown or has no evidence")
    # A reorganisation may put the anchor into another block until that one is final.
    headers = FOREVER if row.state == "final" else {"Cache-Control": "no-cache"}
    return Response(row.evidence, media_type="application/json", headers=headers)


@router.get("/trust.json", summary="What the operator's own verifier trusts")
def get_trust(services: ServicesOf) -> dict[str, Any]:
    """Return the operator's trust file: convenient, and only the operator's word."""
    return dict(trust_of(services.node.store, services.node.identity).to_json())
